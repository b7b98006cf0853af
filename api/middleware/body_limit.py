"""A limit on request bodies, which are held in memory whole."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1 << 20  # 500 interactions of maximum size take half of it


class BodyLimitMiddleware:
    """ASGI middleware that answers 413 once a route reads a body that is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, reading at most the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        header = Headers(scope=scope).get("content-length", "")
        length = int(header) if header.isdecimal() else 0
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = {} if length > MAX_BODY_BYTES else await receive()
            received += len(message.get("body", b""))
            if max(length, received) > MAX_BODY_BYTES:
                raise HTTPException(413, f"a request body may have at most {MAX_BODY_BYTES} bytes")
            return message

        await self._app(scope, receive_limited, send)
