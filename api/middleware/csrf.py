"""Protection against cross-site requests.

A browser sends its cookies with whatever any page makes it send. `SameSite=Lax` stops most of that,
this the rest, by headers that no page can forge: `Sec-Fetch-Site`, else `Origin`
(https://www.rfc-editor.org/rfc/rfc6454). Current browsers send one of them with every write, so a
request with neither is not a browser's.
"""

from collections.abc import Awaitable, Callable, Collection

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth.login_cookies import ACCESS_COOKIE, REFRESH_COOKIE
from api.auth.visitor_cookie import VISITOR_COOKIE

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
TRUSTED_FETCH_SITES = frozenset({"same-origin", "none"})  # none: the address bar or a bookmark
IDENTITY_COOKIES = (ACCESS_COOKIE, REFRESH_COOKIE, VISITOR_COOKIE)
# Forms of any site can send these without a CORS preflight; a foreign one must not sign a user in.
FORM_CONTENT_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class CrossOriginRequest(PermissionError):
    """A page of another site sends a request with the user's cookies."""

    def __init__(self) -> None:
        super().__init__("a page of another site may not do this in your name")


class CsrfMiddleware:
    """ASGI middleware that refuses writes from pages of other sites, save allowed origins."""

    def __init__(
        self,
        app: ASGIApp,
        allowed_origins: Collection[str],
        respond_to_error: Callable[[Request, Exception], Awaitable[Response]],
    ) -> None:
        self._app = app
        self._allowed_origins = frozenset(allowed_origins)
        self._respond_to_error = respond_to_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            request = Request(scope, receive)
            if _acts_for_user(request) and not self._is_trusted(request.headers):
                response = await self._respond_to_error(request, CrossOriginRequest())
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_trusted(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin in self._allowed_origins:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in TRUSTED_FETCH_SITES
        return origin is None or origin.partition("://")[2] == headers.get("host")


def _acts_for_user(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in FORM_CONTENT_TYPES or any(name in request.cookies for name in IDENTITY_COOKIES)
