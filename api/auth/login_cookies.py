"""The two cookies of a browser's login session, which scripts cannot read."""

from fastapi import Request

from api.auth.visitor_cookie import VISITOR_COOKIE
from api.middleware.response_cookies import EXPIRED, add_cookie
from viewers.login_sessions import ACCESS_TOKEN_LIFETIME, REFRESH_TOKEN_LIFETIME, TokenPair

ACCESS_COOKIE, REFRESH_COOKIE = "rasika_access", "rasika_refresh"


def set_login_cookies(request: Request, token_pair: TokenPair) -> None:
    """Store a login session in the browser."""
    add_cookie(request, ACCESS_COOKIE, token_pair.access, max_age=ACCESS_TOKEN_LIFETIME)
    add_cookie(request, REFRESH_COOKIE, token_pair.refresh, max_age=REFRESH_TOKEN_LIFETIME)


def clear_login_cookies(request: Request) -> None:
    """Remove the login session from the browser."""
    for name in (ACCESS_COOKIE, REFRESH_COOKIE):
        clear_cookie(request, name)


def clear_visitor_cookie(request: Request) -> None:
    """Remove the visitor's cookie from the browser, once an account replaces the visitor."""
    clear_cookie(request, VISITOR_COOKIE)


def clear_cookie(request: Request, name: str) -> None:
    """Remove a cookie that the browser sent."""
    if name in request.cookies:
        add_cookie(request, name, "", max_age=EXPIRED)
