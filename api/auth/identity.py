"""Who asks: somebody with an account, a visitor with a cookie, or nobody we know.

An account comes with a bearer token or, in browsers, with cookies (`api.auth.login_cookies`), which
are renewed on the way when they have grown old.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.auth import login_cookies, visitor_cookie
from api.auth.visitor_cookie import VisitorDep
from config.resources import Resources
from db.engine import open_session
from viewers import login_sessions
from viewers.login_sessions import NotSignedIn
from viewers.tokens import TokenSigner
from vocabulary.kinds import Role

BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Who:
    """A viewer, by his number; `role` is none without an account."""

    id: UUID
    role: Role | None = None
    sign_in_id: UUID | None = None

    @property
    def signed_in(self) -> bool:
        """Whether he has an account and is signed in to it."""
        return self.role is not None


async def who(request: Request, visitor: VisitorDep) -> Who | None:
    """Return who asks; none for who brings neither a token nor a visitor's cookie.

    Raises `NotSignedIn` for a bearer token of ours that is good no more: its owner has to know.
    """
    bearer = bearer_of(request)
    if bearer is not None and looks_signed(bearer):
        return await run_in_threadpool(_of_bearer, request, bearer)
    if login_cookies.ACCESS in request.cookies or login_cookies.REFRESH in request.cookies:
        found = await run_in_threadpool(_of_cookies, request)
        if found is not None:
            return found
    return Who(visitor.id) if visitor else None


async def anybody(request: Request, visitor: VisitorDep) -> Who | None:
    """Return who asks, the visitor while PostgreSQL cannot tell who is signed in.

    For what goes on without it: searches, rows, pages.
    """
    try:
        return await who(request, visitor)
    except (DBAPIError, PoolTimeout):
        request.app.state.metrics.degraded.labels("accounts").inc()
        return Who(visitor.id) if visitor else None


async def viewer(request: Request, known: "WhoDep") -> Who | None:
    """Return who asks, a new visitor with a cookie of his own if need be.

    None for who asks not to be followed (`DNT`, `Sec-GPC`) and has no account.
    """
    if known is not None:
        return known
    return None if visitor_cookie.is_private(request) else Who(visitor_cookie.welcome(request).id)


async def signed_in(known: "WhoDep") -> Who:
    """Return who is signed in.

    Raises `NotSignedIn`.
    """
    if known is None or not known.signed_in:
        raise NotSignedIn("sign in first: send an access token as a bearer token")
    return known


def is_private(request: Request, asking: Who | None) -> bool:
    """Tell whether nothing may be kept of what is done: no account, and a browser that says so."""
    return not (asking and asking.signed_in) and visitor_cookie.is_private(request)


def bearer_of(request: Request) -> str | None:
    """Return the bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == BEARER and token.strip() else None


def looks_signed(token: str) -> bool:
    """Tell whether a token could be one of ours, not an operator's secret key."""
    return token.count(".") == 2  # header, claims, signature


def _of_bearer(request: Request, token: str) -> Who:
    found = _of_access(request, token)
    if found is None:
        raise NotSignedIn("the access token has expired, or its sign-in has ended")
    return found


def _of_cookies(request: Request) -> Who | None:
    """Return who a browser is signed in as; its cookies are renewed, or taken away."""
    found = _of_access(request, request.cookies.get(login_cookies.ACCESS, ""))
    return found or _renewed(request, request.cookies.get(login_cookies.REFRESH, ""))


def _renewed(request: Request, token: str) -> Who | None:
    tokens: TokenSigner = request.app.state.tokens
    with open_session(_resources(request).engine) as writing:
        renewed = login_sessions.refresh(
            writing, token, tokens=tokens, grace=login_sessions.REUSE_GRACE_PERIOD
        )
        found = login_sessions.find_active(writing, renewed.id) if renewed else None
        writing.commit()
    if renewed is None or found is None:
        login_cookies.clear(request)
        return None
    login_cookies.set_cookies(request, renewed.token_pair)
    return Who(found.viewer_id, found.role, renewed.id)


def _of_access(request: Request, token: str) -> Who | None:
    tokens: TokenSigner = request.app.state.tokens
    sign_in_id = login_sessions.id_of_access_token(tokens, token)
    if sign_in_id is None:
        return None
    with open_session(_resources(request).engine) as reading:
        found = login_sessions.find_active(reading, sign_in_id)
    return Who(found.viewer_id, found.role, sign_in_id) if found else None


def _resources(request: Request) -> Resources:
    found: Resources = request.app.state.resources
    return found


WhoDep = Annotated[Who | None, Depends(who)]
AnybodyDep = Annotated[Who | None, Depends(anybody)]
ViewerDep = Annotated[Who | None, Depends(viewer)]
SignedInDep = Annotated[Who, Depends(signed_in)]
