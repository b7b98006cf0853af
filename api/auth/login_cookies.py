"""What a browser keeps of a sign-in: two cookies that no script can read.

They go with whatever the request is answered with, a page, a redirection or an error, by way of
`api.auth.visitor_cookie.Remembering`.
"""

from datetime import timedelta

from fastapi import Request
from starlette.responses import Response

from api.auth import visitor_cookie
from viewers.login_sessions import ACCESS_TOKEN_LIFETIME, REFRESH_TOKEN_LIFETIME, TokenPair

ACCESS, REFRESH = "rasika_access", "rasika_refresh"
GONE = timedelta(0)


def set_cookies(request: Request, pair: TokenPair) -> None:
    """Have the browser keep a sign-in."""
    add(request, ACCESS, pair.access, lasts=ACCESS_TOKEN_LIFETIME)
    add(request, REFRESH, pair.refresh, lasts=REFRESH_TOKEN_LIFETIME)


def clear(request: Request) -> None:
    """Have the browser forget that it was signed in."""
    for name in (ACCESS, REFRESH):
        if name in request.cookies:
            add(request, name, "", lasts=GONE)


def forget_visitor(request: Request) -> None:
    """Have the browser forget its visitor's number, for he is somebody now."""
    if visitor_cookie.COOKIE in request.cookies:
        add(request, visitor_cookie.COOKIE, "", lasts=GONE)


def add(request: Request, name: str, value: str, *, lasts: timedelta, path: str = "/") -> None:
    """Have the browser keep a cookie; the last one of a name counts."""
    response = Response()
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path=path,
        httponly=True,
        samesite="lax",
        secure=visitor_cookie.is_secure(request),
    )
    if not hasattr(request.state, "cookies"):
        request.state.cookies = {}
    request.state.cookies[name] = response.headers["set-cookie"]
