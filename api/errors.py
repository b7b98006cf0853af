"""The status and RFC 9457 problem of every error that routes let through."""

import math

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.auth.authorization import InsufficientRole
from api.auth.consent import DoNotTrackEnabled
from api.auth.rate_limits import TooManyAttempts
from api.middleware.csrf import CrossOriginRequest
from api.pages.errors import render_error_page, wants_page
from db.engine import DatabaseUnavailable, first_line
from db.reviews import ReviewChanged, ReviewNotFound
from db.titles import TitleNotFound
from db.viewer_lifecycle import ViewerDeleted
from db.viewings import ViewingEnded, ViewingIdTaken, ViewingNotFound
from index.query import IndexUnavailable
from viewers.accounts import EmailNotVerified, EmailTaken, InvalidCredentials, ProviderIdentityTaken
from viewers.login_sessions import NotSignedIn
from viewers.oidc import OidcLoginRefused, OidcProviderUnavailable, OidcProviderUnknown

RETRY_AFTER_S = 2
MIN_SERVER_ERROR_STATUS = 500

log = structlog.get_logger()


STATUS_TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    413: "Content too large",
    422: "Invalid parameters",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
}

PROBLEMS_BY_ERROR: dict[type[Exception], tuple[int, str, str | None]] = {
    TitleNotFound: (404, "title-not-found", None),
    NoSuchJobError: (404, "job-not-found", "there is no such job, or its result has expired"),
    NotSignedIn: (401, "not-signed-in", None),
    InvalidCredentials: (401, "not-recognised", None),
    EmailTaken: (409, "email-taken", None),
    EmailNotVerified: (403, "email-unproven", None),
    ProviderIdentityTaken: (409, "identity-taken", None),
    OidcProviderUnknown: (404, "provider-unknown", None),
    OidcProviderUnavailable: (503, "provider-unavailable", None),
    OidcLoginRefused: (401, "provider-refused", None),
    TooManyAttempts: (429, "too-many-attempts", None),
    CrossOriginRequest: (403, "cross-origin", None),
    InsufficientRole: (403, "not-administrator", None),
    DoNotTrackEnabled: (403, "nothing-kept", None),
    ViewerDeleted: (410, "viewer-forgotten", None),
    ReviewNotFound: (404, "review-not-found", None),
    ReviewChanged: (409, "review-changed", None),
    ViewingNotFound: (404, "viewing-not-found", None),
    ViewingEnded: (409, "viewing-over", None),
    ViewingIdTaken: (409, "viewing-taken", None),
    DatabaseUnavailable: (503, "database-unavailable", "the database does not answer; try again"),
    PoolTimeout: (503, "database-unavailable", "the database does not answer in time; try again"),
    IndexUnavailable: (503, "index-unavailable", "the search engine does not answer; try again"),
    RedisError: (503, "queue-unavailable", "the job queue does not answer; try again"),
}
"""Status, end of the problem type and, if the message is only for the log, a detail for clients."""


def install_exception_handlers(app: FastAPI) -> None:
    """Answer every error with a problem or, for browsers, an error page."""
    for error in PROBLEMS_BY_ERROR:
        app.add_exception_handler(error, handle_registered_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_error)
    app.add_exception_handler(Exception, _handle_unexpected_error)


def problem_response(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
) -> JSONResponse:
    """Return a problem; `code` is stable and ends its type."""
    body: dict[str, object] = {
        "type": f"urn:rasika:problem:{code}",
        "title": STATUS_TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    if errors is not None:
        body["errors"] = errors
    return JSONResponse(
        jsonable_encoder(body),
        status,
        _problem_headers(status),
        media_type="application/problem+json",
    )


def _problem_headers(status: int, error: Exception | None = None) -> dict[str, str]:
    """Return the headers that tell a client how to proceed."""
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status in (429, 503):
        return {"Retry-After": str(getattr(error, "retry_after_s", RETRY_AFTER_S))}
    return {}


def problem_code(error: Exception) -> str:
    """Return the end of the problem type of a registered error."""
    return PROBLEMS_BY_ERROR[_registered_type(error)][1]


async def handle_registered_error(request: Request, error: Exception) -> Response:
    """Return the response for an error of the table."""
    status, code, detail = PROBLEMS_BY_ERROR[_registered_type(error)]
    if status >= MIN_SERVER_ERROR_STATUS:
        log.warning("dependency_failed", problem=code, error=first_line(error))
    if wants_page(request):
        return render_error_page(request, status, headers=_problem_headers(status, error))
    response = problem_response(request, status, code, detail or str(error))
    response.headers.update(_problem_headers(status, error))
    return response


def _registered_type(error: Exception) -> type[Exception]:
    return next(base for base in type(error).__mro__ if base in PROBLEMS_BY_ERROR)


async def _handle_validation_error(request: Request, error: Exception) -> Response:
    if wants_page(request):
        return render_error_page(request, 422)
    invalid_fields = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {
            "field": _field_name(each["loc"]),
            "message": str(each["msg"]).removeprefix("Value error, "),
            "got": "" if _has_secret_body(request) else _shortened(each.get("input")),
        }
        for each in invalid_fields
    ]
    detail = "; ".join(f"{each['field']}: {each['message']}" for each in errors)
    return problem_response(request, 422, "invalid-parameters", detail, errors=errors)


async def _handle_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if wants_page(request):
        return render_error_page(request, status)
    detail = str(error.detail) if isinstance(error, HTTPException) else "unexpected"
    code = STATUS_TITLES.get(status, "error").lower().replace(" ", "-")
    response = problem_response(request, status, code, detail)
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


async def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    log.error(
        "request_failed",
        method=request.method,
        path=request.url.path,
        exc_info=(type(error), error, error.__traceback__),
    )
    if wants_page(request):
        return render_error_page(request, 500)
    return problem_response(
        request, 500, "internal-error", "something went wrong; it has been logged"
    )


def _has_secret_body(request: Request) -> bool:
    """Tell whether the body may contain a password or a token, which is not echoed."""
    return request.url.path.startswith("/api/auth/")


def _field_name(location: tuple[str | int, ...]) -> str:
    """Return the client's name of a value: a parameter's name, or its path in the body."""
    source, *path = location
    parts = path[:1] if source in ("query", "path", "header", "cookie") else path
    return ".".join(map(str, parts or [source]))


def _shortened(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
