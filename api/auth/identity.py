"""Who sends a request: an account, a visitor with a cookie, or neither.

Accounts send a bearer token or, in browsers, cookies (`api.auth.login_cookies`), which are renewed
on the way when the access token has expired.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.auth import login_cookies
from api.auth.visitor_cookie import VISITOR_COOKIE, Visitor
from api.state import app_state
from db.engine import OUTAGES, open_session
from viewers import login_sessions
from viewers.login_sessions import NotSignedIn
from vocabulary.kinds import Role

BEARER_SCHEME = "bearer"
ACCESS_TOKEN_DOTS = 2  # between header, claims and signature of a JWT


@dataclass(frozen=True, slots=True)
class Identity:
    """A viewer; `role` and `sign_in_id` are none without an account."""

    id: UUID
    role: Role | None = None
    sign_in_id: UUID | None = None

    @property
    def is_logged_in(self) -> bool:
        """Whether the viewer is signed in to an account."""
        return self.role is not None


async def current_visitor(request: Request) -> Visitor | None:
    """Return the visitor whose cookie the request carries."""
    cookie = request.cookies.get(VISITOR_COOKIE)
    return app_state(request.app).visitor_cookies.read(cookie) if cookie else None


VisitorDep = Annotated[Visitor | None, Depends(current_visitor)]


async def identify(request: Request, visitor: VisitorDep) -> Identity | None:
    """Return who sends the request; none without a token or cookie.

    Raises `NotSignedIn` for an expired or revoked bearer token.
    """
    bearer = bearer_token(request)
    if bearer is not None and looks_like_access_token(bearer):
        return await run_in_threadpool(_identity_from_bearer, request, bearer)
    if (
        login_cookies.ACCESS_COOKIE in request.cookies
        or login_cookies.REFRESH_COOKIE in request.cookies
    ):
        identity = await run_in_threadpool(_identity_from_cookies, request)
        if identity is not None:
            return identity
    return Identity(visitor.id) if visitor else None


async def identify_leniently(request: Request, visitor: VisitorDep) -> Identity | None:
    """Return who sends the request, the visitor alone while PostgreSQL is away.

    For what works without it: searches, rows, pages.
    """
    try:
        return await identify(request, visitor)
    except OUTAGES:
        app_state(request.app).metrics.degraded.labels("accounts").inc()
        return Identity(visitor.id) if visitor else None


IdentityDep = Annotated[Identity | None, Depends(identify)]
LenientIdentityDep = Annotated[Identity | None, Depends(identify_leniently)]


async def require_account(identity: IdentityDep) -> Identity:
    """Return the account that is signed in.

    Raises `NotSignedIn`.
    """
    if identity is None or not identity.is_logged_in:
        raise NotSignedIn("sign in first: send an access token as a bearer token")
    return identity


AccountIdentityDep = Annotated[Identity, Depends(require_account)]


def bearer_token(request: Request) -> str | None:
    """Return the bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == BEARER_SCHEME and token.strip() else None


def looks_like_access_token(token: str) -> bool:
    """Tell an access token from a secret key, by its form."""
    return token.count(".") == ACCESS_TOKEN_DOTS


def _identity_from_bearer(request: Request, token: str) -> Identity:
    identity = _identity_from_access_token(request, token)
    if identity is None:
        raise NotSignedIn("the access token has expired or was revoked")
    return identity


def _identity_from_cookies(request: Request) -> Identity | None:
    """Return who is signed in; expired cookies are renewed, invalid ones cleared."""
    access = request.cookies.get(login_cookies.ACCESS_COOKIE, "")
    refresh = request.cookies.get(login_cookies.REFRESH_COOKIE, "")
    return _identity_from_access_token(request, access) or _identity_from_refresh_token(
        request, refresh
    )


def _identity_from_refresh_token(request: Request, token: str) -> Identity | None:
    state = app_state(request.app)
    with open_session(state.resources.engine) as session:
        renewed = login_sessions.refresh(
            session, token, tokens=state.tokens, grace=login_sessions.REUSE_GRACE_PERIOD
        )
        active = login_sessions.find_active(session, renewed.id) if renewed else None
        session.commit()
    if renewed is None or active is None:
        login_cookies.clear_login_cookies(request)
        return None
    login_cookies.set_login_cookies(request, renewed.token_pair)
    return Identity(active.viewer_id, active.role, renewed.id)


def _identity_from_access_token(request: Request, token: str) -> Identity | None:
    state = app_state(request.app)
    sign_in_id = login_sessions.id_of_access_token(state.tokens, token)
    if sign_in_id is None:
        return None
    with open_session(state.resources.engine) as session:
        active = login_sessions.find_active(session, sign_in_id)
    return Identity(active.viewer_id, active.role, sign_in_id) if active else None
