"""Whose things are kept, and that nobody between us and him keeps a copy."""

from typing import Annotated

from fastapi import Depends, Request, Response

from api.auth.identity import Identity, ViewerIdentityDep, declines_storage
from api.errors import DoNotTrackEnabled


async def require_storage_consent(request: Request, identity: ViewerIdentityDep) -> Identity:
    """Return who asks, somebody of whom something may be kept.

    Raises `NothingKept`.
    """
    if identity is None or declines_storage(request, identity):
        raise DoNotTrackEnabled(
            "your browser asks that nothing be kept of what you do (DNT, Sec-GPC): "
            "sign in, or do without asking so"
        )
    return identity


async def forbid_caching(response: Response) -> None:
    """Have no cache keep an answer that is one person's."""
    response.headers["Cache-Control"] = "no-store"


ConsentingIdentityDep = Annotated[Identity, Depends(require_storage_consent)]
NO_STORE = Depends(forbid_caching)
