"""Login sessions (table `sign_in`): started, extended by refresh tokens, and ended.

An access token is valid for a quarter of an hour, and each request checks that its sign-in is still
active, so that signing out takes effect immediately. A refresh token can be used once: a second use
means that it was copied, and the sign-in ends for both holders. Only browsers get a grace period
(`REUSE_GRACE_PERIOD`), because two tabs may send the same cookie: the second gets the same
successor token as the first. So there is always a single chain of tokens, and of two holders the
later one is noticed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session

from db import accounts
from db.accounts import ActiveSignIn
from db.tables.users import SignIn
from viewers.tokens import TokenPurpose, TokenSigner

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
REFRESH_TOKEN_LIFETIME = timedelta(days=30)
REUSE_GRACE_PERIOD = timedelta(seconds=10)  # two tabs that load at once; a slow response
NO_REUSE_GRACE = timedelta(0)


class NotSignedIn(PermissionError):
    """The request has no active sign-in."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The access and refresh tokens of a sign-in."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class LoginSession:
    """An active sign-in with new tokens."""

    id: UUID
    viewer_id: UUID
    token_pair: TokenPair


def start(session: Session, viewer_id: UUID, *, tokens: TokenSigner) -> TokenPair:
    """Sign an account in."""
    now = datetime.now(UTC)
    sign_in = SignIn(
        id=uuid4(), viewer_id=viewer_id, created_at=now, expires_at=now + REFRESH_TOKEN_LIFETIME
    )
    token_id = uuid4()
    accounts.add_sign_in(session, sign_in, token_id)
    return _issue_tokens(tokens, viewer_id, sign_in.id, token_id)


def id_of_access_token(tokens: TokenSigner, token: str) -> UUID | None:
    """Return the sign-in that an access token names, or none."""
    return _uuid_claim(tokens.read(TokenPurpose.ACCESS, token), "sid")


def ids_of_tokens(
    tokens: TokenSigner, *, access: Iterable[str | None], refresh: Iterable[str | None]
) -> set[UUID]:
    """Return the sign-ins named by the tokens of a request."""
    decoded = [
        *(tokens.read(TokenPurpose.ACCESS, each) for each in access if each),
        *(tokens.read(TokenPurpose.REFRESH, each) for each in refresh if each),
    ]
    return {each for each in (_uuid_claim(claims, "sid") for claims in decoded) if each is not None}


def find_active(session: Session, sign_in_id: UUID) -> ActiveSignIn | None:
    """Return the account and role of a sign-in; none if it has ended."""
    return accounts.find_active_sign_in(session, sign_in_id, now=datetime.now(UTC))


def refresh(
    session: Session, token: str, *, tokens: TokenSigner, grace: timedelta = NO_REUSE_GRACE
) -> LoginSession | None:
    """Exchange a refresh token for new tokens; none if the token is not valid.

    A token used before ends its sign-in, unless it was used within `grace`: commit either way.
    """
    token_id = _uuid_claim(tokens.read(TokenPurpose.REFRESH, token), "jti")
    now = datetime.now(UTC)
    rotation = None if token_id is None else accounts.use_refresh_token(session, token_id, now=now)
    if token_id is None or rotation is None:
        return None
    successor_id = accounts.successor_id(token_id)
    if rotation.used_at is None:
        expires_at = now + REFRESH_TOKEN_LIFETIME
        accounts.add_successor_token(
            session, rotation, successor_id, now=now, expires_at=expires_at
        )
    # A concurrent request may have used the token later than `now`.
    elif max(now - rotation.used_at, timedelta(0)) >= grace:
        accounts.revoke_sign_in(session, rotation.sign_in_id, now=now)
        return None
    token_pair = _issue_tokens(tokens, rotation.viewer_id, rotation.sign_in_id, successor_id)
    return LoginSession(rotation.sign_in_id, rotation.viewer_id, token_pair)


def end(session: Session, sign_in_id: UUID) -> None:
    """Sign out of one session."""
    accounts.revoke_sign_in(session, sign_in_id, now=datetime.now(UTC))


def end_all(session: Session, viewer_id: UUID) -> None:
    """Sign out of all sessions."""
    accounts.revoke_all_sign_ins(session, viewer_id, now=datetime.now(UTC))


def delete_expired(session: Session) -> int:
    """Delete the sign-ins that have ended, and every token that has expired."""
    return accounts.delete_expired_sign_ins(
        session, ended_before=datetime.now(UTC) - REFRESH_TOKEN_LIFETIME
    )


def _issue_tokens(
    tokens: TokenSigner, viewer_id: UUID, sign_in_id: UUID, token_id: UUID
) -> TokenPair:
    claims = {"sub": str(viewer_id), "sid": str(sign_in_id)}
    return TokenPair(
        access=tokens.sign(TokenPurpose.ACCESS, claims, lifetime=ACCESS_TOKEN_LIFETIME),
        refresh=tokens.sign(
            TokenPurpose.REFRESH, {**claims, "jti": str(token_id)}, lifetime=REFRESH_TOKEN_LIFETIME
        ),
    )


def _uuid_claim(claims: dict[str, str] | None, name: str) -> UUID | None:
    try:
        return UUID(claims[name]) if claims else None
    except (KeyError, ValueError):
        return None
