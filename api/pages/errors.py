"""Error pages, for requests that accept HTML."""

from collections.abc import Mapping

from fastapi import Request, Response

from api.pages.layout import render_page

RETRYABLE_STATUSES = frozenset({429, 500, 503})
ERROR_TEXTS = {
    401: ("Please sign in", "This page needs an account."),
    403: ("Not allowed", "We blocked this request because it came from another site."),
    404: ("This reel is missing", "There is no such page, or the title left the catalogue."),
    410: ("The account is gone", "It was deleted, with everything that belonged to it."),
    422: ("That form was not valid", "Something in the request was not understood."),
    429: ("One moment, please", "There were too many requests. Wait a little and try again."),
    500: ("Something broke on our side", "The error has been logged. Please try again."),
    503: (
        "Intermission",
        "This page needs our database, which is away for a moment. Please try again shortly.",
    ),
}
"""Heading and text by HTTP status."""


def wants_page(request: Request) -> bool:
    """Tell whether an error should be a page rather than problem details."""
    accepts = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and "text/html" in accepts


def render_error_page(
    request: Request, status: int, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the page for an error status, with a link back and perhaps a retry."""
    known = status if status in ERROR_TEXTS else 500 if status >= 500 else 404
    heading, text = ERROR_TEXTS[known]
    context = {"heading": heading, "text": text, "retry": known in RETRYABLE_STATUSES}
    response = render_page(request, "error.html", context, status=status)
    response.headers.update(headers or {})
    return response
