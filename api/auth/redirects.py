"""Redirects after a login, to addresses of this site only."""

from fastapi.responses import RedirectResponse, Response

SEE_OTHER = 303  # the browser follows with GET
MAX_DESTINATION_CHARACTERS = 2000


def redirect_to_local(*destinations: str) -> Response:
    """Redirect to the first destination on this site, else to the homepage."""
    return RedirectResponse(next(filter(is_local_destination, destinations), "/"), SEE_OTHER)


def is_local_destination(destination: str) -> bool:
    """Tell whether an address leads to this site in every browser."""
    # Browsers take "/\host", "/<tab>/host" and "///host" for "//host", which is another site.
    plain = (
        destination.isprintable()
        and "\\" not in destination
        and len(destination) <= MAX_DESTINATION_CHARACTERS
    )
    return plain and destination.startswith("/") and not destination.startswith("//")
