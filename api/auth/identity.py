"""Who asks: somebody with an account, a visitor with a cookie, or nobody we know.

An account comes with a bearer token or, in browsers, with cookies (`api.auth.login_cookies`), which
are renewed on the way when they have grown old.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.auth import login_cookies, visitor_cookie
from api.auth.visitor_cookie import VisitorDep
from config.resources import Resources
from db.engine import OUTAGES, open_session
from viewers import login_sessions
from viewers.login_sessions import NotSignedIn
from viewers.tokens import TokenSigner
from vocabulary.kinds import Role

BEARER_PREFIX = "bearer"


@dataclass(frozen=True, slots=True)
class Identity:
    """A viewer, by his number; `role` is none without an account."""

    id: UUID
    role: Role | None = None
    sign_in_id: UUID | None = None

    @property
    def is_logged_in(self) -> bool:
        """Whether he has an account and is signed in to it."""
        return self.role is not None


async def identify(request: Request, visitor: VisitorDep) -> Identity | None:
    """Return who asks; none for who brings neither a token nor a visitor's cookie.

    Raises `NotSignedIn` for a bearer token of ours that is good no more: its owner has to know.
    """
    bearer = bearer_token(request)
    if bearer is not None and looks_like_access_token(bearer):
        return await run_in_threadpool(_identity_from_bearer, request, bearer)
    if (
        login_cookies.ACCESS_COOKIE in request.cookies
        or login_cookies.REFRESH_COOKIE in request.cookies
    ):
        found = await run_in_threadpool(_identity_from_cookies, request)
        if found is not None:
            return found
    return Identity(visitor.id) if visitor else None


async def identify_leniently(request: Request, visitor: VisitorDep) -> Identity | None:
    """Return who asks, the visitor while PostgreSQL cannot tell who is signed in.

    For what goes on without it: searches, rows, pages.
    """
    try:
        return await identify(request, visitor)
    except OUTAGES:
        request.app.state.metrics.degraded.labels("accounts").inc()
        return Identity(visitor.id) if visitor else None


async def identify_viewer(request: Request, identity: "IdentityDep") -> Identity | None:
    """Return who asks, a new visitor with a cookie of his own if need be.

    None for who asks not to be followed (`DNT`, `Sec-GPC`) and has no account.
    """
    if identity is not None:
        return identity
    return (
        None
        if visitor_cookie.has_do_not_track(request)
        else Identity(visitor_cookie.create_visitor(request).id)
    )


async def require_account(identity: "IdentityDep") -> Identity:
    """Return who is signed in.

    Raises `NotSignedIn`.
    """
    if identity is None or not identity.is_logged_in:
        raise NotSignedIn("sign in first: send an access token as a bearer token")
    return identity


def declines_storage(request: Request, identity: Identity | None) -> bool:
    """Tell whether nothing may be kept of what is done: no account, and a browser that says so."""
    return not (identity and identity.is_logged_in) and visitor_cookie.has_do_not_track(request)


def bearer_token(request: Request) -> str | None:
    """Return the bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == BEARER_PREFIX and token.strip() else None


def looks_like_access_token(token: str) -> bool:
    """Tell whether a token could be one of ours, not an operator's secret key."""
    return token.count(".") == 2  # header, claims, signature


def _identity_from_bearer(request: Request, token: str) -> Identity:
    found = _identity_from_access_token(request, token)
    if found is None:
        raise NotSignedIn("the access token has expired, or its sign-in has ended")
    return found


def _identity_from_cookies(request: Request) -> Identity | None:
    """Return who a browser is signed in as; its cookies are renewed, or taken away."""
    found = _identity_from_access_token(
        request, request.cookies.get(login_cookies.ACCESS_COOKIE, "")
    )
    return found or _identity_from_refresh_token(
        request, request.cookies.get(login_cookies.REFRESH_COOKIE, "")
    )


def _identity_from_refresh_token(request: Request, token: str) -> Identity | None:
    tokens: TokenSigner = request.app.state.tokens
    with open_session(_resources(request).engine) as writing:
        renewed = login_sessions.refresh(
            writing, token, tokens=tokens, grace=login_sessions.REUSE_GRACE_PERIOD
        )
        found = login_sessions.find_active(writing, renewed.id) if renewed else None
        writing.commit()
    if renewed is None or found is None:
        login_cookies.clear_login_cookies(request)
        return None
    login_cookies.set_login_cookies(request, renewed.token_pair)
    return Identity(found.viewer_id, found.role, renewed.id)


def _identity_from_access_token(request: Request, token: str) -> Identity | None:
    tokens: TokenSigner = request.app.state.tokens
    sign_in_id = login_sessions.id_of_access_token(tokens, token)
    if sign_in_id is None:
        return None
    with open_session(_resources(request).engine) as reading:
        found = login_sessions.find_active(reading, sign_in_id)
    return Identity(found.viewer_id, found.role, sign_in_id) if found else None


def _resources(request: Request) -> Resources:
    found: Resources = request.app.state.resources
    return found


IdentityDep = Annotated[Identity | None, Depends(identify)]
LenientIdentityDep = Annotated[Identity | None, Depends(identify_leniently)]
ViewerIdentityDep = Annotated[Identity | None, Depends(identify_viewer)]
AccountIdentityDep = Annotated[Identity, Depends(require_account)]
