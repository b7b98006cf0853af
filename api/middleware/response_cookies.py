"""Cookies and the search id, added to whatever the request is answered with.

Pages, redirects and errors get them alike, because this runs outside of all of them.
"""

from datetime import timedelta

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.visitor_cookie import VISITOR_COOKIE, VISITOR_COOKIE_MAX_AGE_S
from api.state import app_state

SEARCH_ID_HEADER = "X-Search-Id"
IDENTITY_HEADERS = frozenset({b"authorization", b"cookie"})
EXPIRED = timedelta(0)


class ResponseCookiesMiddleware:
    """ASGI middleware that sends cookies set during a request, and the id of a logged search.

    Responses to requests with cookies or a token are not cached, unless they say otherwise.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and add the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(Request(scope), MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def add_cookie(
    request: Request, name: str, value: str, *, max_age: timedelta, path: str = "/"
) -> None:
    """Set a cookie with the response; the last one of a name counts."""
    response = Response()
    response.set_cookie(
        name,
        value,
        max_age=int(max_age.total_seconds()),
        path=path,
        httponly=True,
        samesite="lax",
        secure=requires_secure_cookies(request),
    )
    if not hasattr(request.state, "cookies"):
        request.state.cookies = {}
    request.state.cookies[name] = response.headers["set-cookie"]


def requires_secure_cookies(request: Request) -> bool:
    """Tell whether cookies are sent over https only."""
    if app_state(request.app).settings.is_production:
        return True
    # A forged header only costs its sender the cookie.
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))


def _add_headers(request: Request, headers: MutableHeaders) -> None:
    if IDENTITY_HEADERS & {name for name, _ in request.scope["headers"]}:
        headers.setdefault("cache-control", "no-store")
    if hasattr(request.state, "search_id"):
        headers[SEARCH_ID_HEADER] = str(request.state.search_id)
    cookies = getattr(request.state, "cookies", {})
    if hasattr(request.state, "new_visitor") and VISITOR_COOKIE not in cookies:
        cookie = app_state(request.app).visitor_cookies.sign(request.state.new_visitor)
        max_age = timedelta(seconds=VISITOR_COOKIE_MAX_AGE_S)
        add_cookie(request, VISITOR_COOKIE, cookie, max_age=max_age)
    for cookie in getattr(request.state, "cookies", {}).values():
        headers.append("set-cookie", cookie)
