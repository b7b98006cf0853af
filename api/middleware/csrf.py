"""Whether a browser's request to change something comes from a page of ours.

A browser sends its cookies along with whatever any page has it send. `SameSite=Lax` keeps them from
most of that; this keeps the rest out. It goes by what no page can forge: `Sec-Fetch-Site`, else
`Origin` (https://www.rfc-editor.org/rfc/rfc6454). A request that brings neither is no browser's,
for every one of today sends one of them when it writes.
"""

from collections.abc import Collection

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import login_cookies, visitor_cookie
from api.errors import CrossOriginRequest, handle_registered_error

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
TRUSTED_FETCH_SITES = frozenset({"same-origin", "none"})  # none: typed by hand, or a bookmark
IDENTITY_COOKIES = (
    login_cookies.ACCESS_COOKIE,
    login_cookies.REFRESH_COOKIE,
    visitor_cookie.VISITOR_COOKIE,
)
# What a page may send anywhere without asking first; a foreign one shall sign nobody in, either.
FORM_CONTENT_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class CsrfMiddleware:
    """ASGI middleware that refuses what pages of other origins send in somebody's name.

    `allowed` are other origins that may.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            request = Request(scope, receive)
            if _acts_for_user(request) and not self._is_trusted(request.headers):
                await (await handle_registered_error(request, CrossOriginRequest()))(
                    scope, receive, send
                )
                return
        await self._app(scope, receive, send)

    def _is_trusted(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin in self._allowed:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in TRUSTED_FETCH_SITES
        return origin is None or origin.partition("://")[2] == headers.get("host")


def _acts_for_user(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in FORM_CONTENT_TYPES or any(name in request.cookies for name in IDENTITY_COOKIES)
