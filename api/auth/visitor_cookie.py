"""Who asks, as far as we know: a number in a signed cookie, until somebody signs in.

Pages give the cookie, and so does the search history, for whoever asks for one wants one; other
JSON routes recognise it and never give it. Who asks not to be followed (`DNT`, `Sec-GPC`) gets
none, and nothing is kept of what he does.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Request
from itsdangerous import BadSignature, Signer
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import Settings
from config.signing_keys import signing_keys

VISITOR_COOKIE = "rasika_visitor"
VISITOR_COOKIE_MAX_AGE_S = 365 * 86_400
SEARCH_ID_HEADER = "X-Search-Id"
IDENTITY_HEADERS = frozenset({b"authorization", b"cookie"})  # headers that tell who asks


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody without an account."""

    id: UUID


class VisitorCookies:
    """Signs and reads cookies; a forged or broken one is nobody's."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, cookie: str) -> Visitor | None:
        """Return whose cookie it is."""
        try:
            return Visitor(UUID(bytes=bytes.fromhex(self._signer.unsign(cookie).decode())))
        except (BadSignature, ValueError):
            return None

    def sign(self, visitor: Visitor) -> str:
        """Return the cookie of a visitor."""
        return self._signer.sign(visitor.id.hex).decode()

    @cached_property
    def _signer(self) -> Signer:
        # Where no key is set one is kept at home, which is not touched before somebody needs it.
        keys = [*reversed(signing_keys(self._settings))]  # the last one signs
        return Signer(keys, VISITOR_COOKIE, key_derivation="hmac", digest_method=hashlib.sha256)


class ResponseCookiesMiddleware:
    """ASGI middleware that hands out what a request was given: cookies, a search's number.

    What is answered to somebody who is known is kept by no cache, unless it says otherwise.
    """

    def __init__(self, app: ASGIApp, visitors: VisitorCookies) -> None:
        self._app = app
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and add the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = scope.setdefault("state", {})

        async def remembered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if IDENTITY_HEADERS & {name for name, _ in scope["headers"]}:
                    headers.setdefault("cache-control", "no-store")
                if "search_id" in given:
                    headers[SEARCH_ID_HEADER] = str(given["search_id"])
                if "new_visitor" in given:
                    headers.append("set-cookie", self._cookie(Request(scope), given["new_visitor"]))
                for cookie in given.get("cookies", {}).values():
                    headers.append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, remembered)

    def _cookie(self, request: Request, visitor: Visitor) -> str:
        response = Response()
        response.set_cookie(
            VISITOR_COOKIE,
            self._visitors.sign(visitor),
            max_age=VISITOR_COOKIE_MAX_AGE_S,
            httponly=True,
            samesite="lax",
            secure=requires_secure_cookies(request),
        )
        return response.headers["set-cookie"]


async def current_visitor(request: Request) -> Visitor | None:
    """Return the visitor whose cookie the request brought."""
    cookie = request.cookies.get(VISITOR_COOKIE)
    visitors: VisitorCookies = request.app.state.visitors
    return visitors.read(cookie) if cookie else None


def create_visitor(request: Request) -> Visitor:
    """Return a new visitor, who gets his cookie with the answer."""
    new = Visitor(uuid4())
    request.state.new_visitor = new
    return new


def has_do_not_track(request: Request) -> bool:
    """Tell whether the browser asks us to keep nothing."""
    return "1" in (request.headers.get("dnt"), request.headers.get("sec-gpc"))


def requires_secure_cookies(request: Request) -> bool:
    """Tell whether cookies shall go over https alone."""
    if request.app.state.resources.settings.is_production:
        return True
    # Whoever forges the header only keeps the cookie from himself.
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))


VisitorDep = Annotated[Visitor | None, Depends(current_visitor)]
