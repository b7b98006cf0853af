"""What a browser keeps of a sign-in: two cookies that no script can read.

They go with whatever the request is answered with, a page, a redirection or an error, by way of
`api.auth.visitor_cookie.Remembering`.
"""

from datetime import timedelta

from fastapi import Request
from starlette.responses import Response

from api.auth import visitor_cookie
from viewers.login_sessions import ACCESS_TOKEN_LIFETIME, REFRESH_TOKEN_LIFETIME, TokenPair

ACCESS_COOKIE, REFRESH_COOKIE = "rasika_access", "rasika_refresh"
EXPIRED = timedelta(0)


def set_login_cookies(request: Request, pair: TokenPair) -> None:
    """Have the browser keep a sign-in."""
    add_cookie(request, ACCESS_COOKIE, pair.access, max_age=ACCESS_TOKEN_LIFETIME)
    add_cookie(request, REFRESH_COOKIE, pair.refresh, max_age=REFRESH_TOKEN_LIFETIME)


def clear_login_cookies(request: Request) -> None:
    """Have the browser forget that it was signed in."""
    for name in (ACCESS_COOKIE, REFRESH_COOKIE):
        if name in request.cookies:
            add_cookie(request, name, "", max_age=EXPIRED)


def clear_visitor_cookie(request: Request) -> None:
    """Have the browser forget its visitor's number, for he is somebody now."""
    if visitor_cookie.VISITOR_COOKIE in request.cookies:
        add_cookie(request, visitor_cookie.VISITOR_COOKIE, "", max_age=EXPIRED)


def add_cookie(
    request: Request, name: str, value: str, *, max_age: timedelta, path: str = "/"
) -> None:
    """Have the browser keep a cookie; the last one of a name counts."""
    response = Response()
    response.set_cookie(
        name,
        value,
        max_age=int(max_age.total_seconds()),
        path=path,
        httponly=True,
        samesite="lax",
        secure=visitor_cookie.requires_secure_cookies(request),
    )
    if not hasattr(request.state, "cookies"):
        request.state.cookies = {}
    request.state.cookies[name] = response.headers["set-cookie"]
