"""How much of a request is read: a body is held whole, so nobody may send one without end."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1 << 20  # bytes; 500 interactions with all that they may hold take half of it


class BodyLimitMiddleware:
    """ASGI middleware that has whoever reads a body that is too long answer 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, reading no more than that of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "")
        length = int(told) if told.isdecimal() else 0
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = {} if length > MAX_BODY_BYTES else await receive()
            read += len(message.get("body", b""))
            if max(length, read) > MAX_BODY_BYTES:
                raise HTTPException(413, f"a request may have {MAX_BODY_BYTES} bytes")
            return message

        await self._app(scope, bounded, send)
