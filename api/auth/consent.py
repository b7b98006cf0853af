"""Do Not Track: visitors whose browser sends it get no cookie, and nothing they do is stored."""

from typing import Annotated

from fastapi import Depends, Request

from api.auth.identity import Identity, IdentityDep
from api.auth.visitor_cookie import Visitor


class DoNotTrackEnabled(PermissionError):
    """The visitor's browser asks not to be tracked, so there is nothing to write to."""


def has_do_not_track(request: Request) -> bool:
    """Tell whether the browser sends `DNT` or `Sec-GPC`."""
    return "1" in (request.headers.get("dnt"), request.headers.get("sec-gpc"))


def declines_storage(request: Request, identity: Identity | None) -> bool:
    """Tell whether nothing may be stored: no account, and a browser that sends Do Not Track."""
    return not (identity and identity.is_logged_in) and has_do_not_track(request)


def create_visitor(request: Request) -> Identity:
    """Return a new visitor, whose cookie goes out with the response."""
    visitor = Visitor.new()
    request.state.new_visitor = visitor
    return Identity(visitor.id)


async def identify_viewer(request: Request, identity: IdentityDep) -> Identity | None:
    """Return the viewer, a new visitor if need be; none with Do Not Track and no account."""
    if identity is not None:
        return identity
    return None if has_do_not_track(request) else create_visitor(request)


ViewerIdentityDep = Annotated[Identity | None, Depends(identify_viewer)]


async def require_storage_consent(request: Request, identity: ViewerIdentityDep) -> Identity:
    """Return the viewer if what they do may be stored.

    Raises `DoNotTrackEnabled`.
    """
    if identity is None or declines_storage(request, identity):
        raise DoNotTrackEnabled(
            "your browser asks not to be tracked (DNT, Sec-GPC), so nothing is stored: "
            "sign in, or turn that off for this site"
        )
    return identity


ConsentingIdentityDep = Annotated[Identity, Depends(require_storage_consent)]
