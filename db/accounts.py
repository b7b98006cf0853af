"""Queries over accounts, sign-ins and refresh tokens."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, delete, or_, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from db.tables.users import Account, ProviderIdentity, RefreshToken, SignIn, Viewer
from vocabulary.kinds import Role

# Runs on every request of a signed-in user.
SELECT_ACTIVE_SIGN_IN = text(
    """
    SELECT s.viewer_id, a.role FROM sign_in s JOIN account a ON a.viewer_id = s.viewer_id
    WHERE s.id = :id AND s.revoked_at IS NULL AND s.expires_at > :now
    """
)


class ActiveSignIn(NamedTuple):
    """The account of a sign-in and its role."""

    viewer_id: UUID
    role: Role


class TokenRotation(NamedTuple):
    """A refresh token being exchanged; `used_at` is set if it was used before."""

    sign_in_id: UUID
    used_at: datetime | None
    viewer_id: UUID


def add(session: Session, account: Account) -> bool:
    """Store a viewer and the account; return false if the e-mail address already has one."""
    session.add(Viewer(id=account.viewer_id))
    session.flush()
    stored = session.execute(
        insert(Account)
        .values(**account.model_dump())
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(col(Account.viewer_id))
    ).scalar_one_or_none()
    return stored is not None


def find(session: Session, viewer_id: UUID) -> Account | None:
    """Return a viewer's account."""
    return session.get(Account, viewer_id)


def find_by_email(session: Session, email: str) -> Account | None:
    """Return the account of a normalised e-mail."""
    return session.exec(select(Account).where(Account.email == email)).first()


def set_password(session: Session, viewer_id: UUID, password_hash: str) -> None:
    """Replace the hash of a password."""
    session.execute(
        update(Account)
        .where(col(Account.viewer_id) == viewer_id)
        .values(password_hash=password_hash)
    )


def set_role(session: Session, viewer_id: UUID, role: Role) -> None:
    """Replace the role of an account."""
    session.execute(update(Account).where(col(Account.viewer_id) == viewer_id).values(role=role))


def find_by_identity(session: Session, issuer: str, subject: str) -> UUID | None:
    """Return the account that an identity at a provider is linked to."""
    found = session.get(ProviderIdentity, (issuer, subject))
    return found.viewer_id if found else None


def link_identity(session: Session, identity: ProviderIdentity) -> bool:
    """Link an identity that is not linked yet; return whether it is linked to this account now."""
    session.execute(
        insert(ProviderIdentity)
        .values(**identity.model_dump())
        .on_conflict_do_nothing(index_elements=["issuer", "subject"])
    )
    return find_by_identity(session, identity.issuer, identity.subject) == identity.viewer_id


def add_sign_in(session: Session, sign_in: SignIn, token_id: UUID) -> None:
    """Store a sign-in and its first refresh token."""
    session.add(sign_in)
    session.flush()
    session.add(RefreshToken(id=token_id, sign_in_id=sign_in.id, issued_at=sign_in.created_at))
    session.flush()


def find_active_sign_in(
    session: Session, sign_in_id: UUID, *, now: datetime
) -> ActiveSignIn | None:
    """Return the account of a sign-in; none if the sign-in expired or was revoked."""
    row = session.execute(SELECT_ACTIVE_SIGN_IN, {"id": sign_in_id, "now": now}).first()
    return None if row is None else ActiveSignIn(row[0], Role(row[1]))


def use_refresh_token(session: Session, token_id: UUID, *, now: datetime) -> TokenRotation | None:
    """Mark a refresh token as used and return it as it was before.

    None if it does not exist or its sign-in has ended. Of several concurrent requests with the same
    token, only the first finds it unused.
    """
    row = session.execute(
        select(RefreshToken.sign_in_id, RefreshToken.used_at, SignIn.viewer_id)
        .join(SignIn, col(SignIn.id) == col(RefreshToken.sign_in_id))
        .where(RefreshToken.id == token_id, _is_active(now))
        .with_for_update()
    ).first()
    if row is None:
        return None
    rotation = TokenRotation(*row)
    if rotation.used_at is None:
        session.execute(
            update(RefreshToken).where(col(RefreshToken.id) == token_id).values(used_at=now)
        )
    return rotation


def successor_id(token_id: UUID) -> UUID:
    """Return the id of the token that replaces another; always the same one."""
    return uuid5(token_id, "successor")


def add_successor_token(
    session: Session,
    rotation: TokenRotation,
    token_id: UUID,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Store the refresh token that replaces a used one, and extend the sign-in."""
    session.add(RefreshToken(id=token_id, sign_in_id=rotation.sign_in_id, issued_at=now))
    session.execute(
        update(SignIn).where(col(SignIn.id) == rotation.sign_in_id).values(expires_at=expires_at)
    )


def revoke_sign_in(session: Session, sign_in_id: UUID, *, now: datetime) -> None:
    """End a sign-in."""
    _revoke_where(session, col(SignIn.id) == sign_in_id, now)


def revoke_all_sign_ins(session: Session, viewer_id: UUID, *, now: datetime) -> None:
    """End every sign-in of a viewer."""
    _revoke_where(session, col(SignIn.viewer_id) == viewer_id, now)


def delete_expired_sign_ins(session: Session, *, ended_before: datetime) -> int:
    """Delete sign-ins that ended before and return how many.

    Tokens that old have expired, so they no longer reveal a theft.
    """
    ended = or_(col(SignIn.expires_at) < ended_before, col(SignIn.revoked_at) < ended_before)
    deleted = session.execute(delete(SignIn).where(ended))
    session.execute(delete(RefreshToken).where(col(RefreshToken.issued_at) < ended_before))
    return int(getattr(deleted, "rowcount", 0))


def _revoke_where(session: Session, condition: ColumnElement[bool], now: datetime) -> None:
    is_active = col(SignIn.revoked_at).is_(None)
    session.execute(update(SignIn).where(condition, is_active).values(revoked_at=now))


def _is_active(now: datetime) -> ColumnElement[bool]:
    return (col(SignIn.revoked_at).is_(None)) & (col(SignIn.expires_at) > now)
