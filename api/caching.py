"""Responses that must not be cached."""

from fastapi import Depends, Response


async def forbid_caching(response: Response) -> None:
    """Keep browsers and proxies from caching a personal response."""
    response.headers["Cache-Control"] = "no-store"


NO_STORE = Depends(forbid_caching)
