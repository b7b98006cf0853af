"""Tables of viewers: accounts, what viewers did, and what is computed from it.

A viewer has an account or is an anonymous visitor. Everything stored about a viewer references the
viewer's row and is deleted with it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from db.tables.columns import enum_column, timestamp, utc_now
from vocabulary.kinds import Event, ReviewState, Role, Space


def _viewer_key(**column: Any) -> Any:
    return Field(foreign_key="viewer.id", ondelete="CASCADE", **column)


def _account_key(**column: Any) -> Any:
    return Field(foreign_key="account.viewer_id", ondelete="CASCADE", **column)


class Viewer(SQLModel, table=True):
    """A viewer; the id is that of the account, or the one in a visitor's cookie."""

    id: UUID = Field(primary_key=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


class Account(SQLModel, table=True):
    """The account of a viewer."""

    viewer_id: UUID = _viewer_key(primary_key=True)
    email: str = Field(unique=True)  # as `viewers.accounts` normalises it
    name: str | None = None
    password_hash: str | None = None  # argon2id; none: signs in through a provider
    role: Role = Field(default=Role.USER, sa_type=enum_column(Role))
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


class ProviderIdentity(SQLModel, table=True):
    """An account's identity at an OpenID provider."""

    __tablename__ = "provider_identity"
    __table_args__ = (Index("ix_provider_identity_viewer_id", "viewer_id"),)

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    viewer_id: UUID = _account_key()


class SignIn(SQLModel, table=True):
    """A sign-in; revoking it revokes all its tokens."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_viewer_id", "viewer_id"),)

    id: UUID = Field(primary_key=True)
    viewer_id: UUID = _account_key()
    created_at: datetime = timestamp()
    expires_at: datetime = timestamp()  # of its latest refresh token
    revoked_at: datetime | None = timestamp(nullable=True)


class RefreshToken(SQLModel, table=True):
    """A refresh token, by its id; it is used once, and a second use revokes the sign-in."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index("ix_refresh_token_sign_in_id", "sign_in_id"),)

    id: UUID = Field(primary_key=True)
    sign_in_id: UUID = Field(foreign_key="sign_in.id", ondelete="CASCADE")
    issued_at: datetime = timestamp()
    used_at: datetime | None = timestamp(nullable=True)


class Profile(SQLModel, table=True):
    """The preferences of a viewer; every field is optional."""

    viewer_id: UUID = _viewer_key(primary_key=True)
    birth_year: int | None = None
    region: str | None = None  # ISO 3166
    display_language: str | None = None  # ISO 639-1, of reasons
    languages: dict[str, float] = Field(  # ISO 639-1 to weight, 0..1
        default_factory=dict,
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")),
    )
    favourite_genres: list[str] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(String), nullable=False, server_default=text("'{}'")),
    )
    disliked_genres: list[str] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(String), nullable=False, server_default=text("'{}'")),
    )
    personal_search: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    updated_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


class InteractionRow(SQLModel, table=True):
    """An event of the append-only log; only its viewer changes, when a visitor signs in."""

    __tablename__ = "interaction"

    __table_args__ = (
        Index("ix_interaction_client", "viewer_id", "client_id", unique=True),
        Index("ix_interaction_viewer", "viewer_id", "id"),
        Index("ix_interaction_title", "title_id", "at"),
        Index("ix_interaction_at", "at"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=False), primary_key=True)
    )
    client_id: UUID  # chosen by the client: the same id sent twice is stored once
    viewer_id: UUID = _viewer_key()
    title_id: int  # no foreign key: the title may have been deleted
    event: Event = Field(sa_type=enum_column(Event))
    value: float | None = None  # of `rate`, 0.5..5
    progress: float | None = None  # of `watch`, 0..1
    at: datetime = timestamp()
    received_at: datetime = timestamp()
    session_id: str | None = None  # the client's
    device: str | None = None
    row: str | None = None  # key of the row that contained the title
    position: int | None = None  # from 1


class TitleStateRow(SQLModel, table=True):
    """The state of a title for a viewer, as `recommend.title_state` computes it."""

    __tablename__ = "standing"

    viewer_id: UUID = _viewer_key(primary_key=True)
    title_id: int = Field(primary_key=True)
    rating: float | None = None  # 0.5..5
    progress: float | None = None  # 0..1, the latest
    rated_at: datetime | None = timestamp(nullable=True)
    liked_at: datetime | None = timestamp(nullable=True)
    disliked_at: datetime | None = timestamp(nullable=True)
    dismissed_at: datetime | None = timestamp(nullable=True)
    undismissed_at: datetime | None = timestamp(nullable=True)
    favorite_at: datetime | None = timestamp(nullable=True)
    unfavorite_at: datetime | None = timestamp(nullable=True)
    watchlist_at: datetime | None = timestamp(nullable=True)
    unwatchlist_at: datetime | None = timestamp(nullable=True)
    watched_at: datetime | None = timestamp(nullable=True)
    completed_at: datetime | None = timestamp(nullable=True)
    viewed_at: datetime | None = timestamp(nullable=True)
    shared_at: datetime | None = timestamp(nullable=True)


class TasteRow(SQLModel, table=True):
    """A viewer's taste in a space, as `recommend.taste` computes it."""

    __tablename__ = "taste"

    viewer_id: UUID = _viewer_key(primary_key=True)
    space: Space = Field(sa_type=enum_column(Space), primary_key=True)
    model: str  # of the vectors; those of different models cannot be compared
    numbers: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    vectors: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # float32, in order
    updated_at: datetime = timestamp()


class ViewingRow(SQLModel, table=True):
    """One viewing of a title by a viewer, from start to stop."""

    __tablename__ = "viewing"

    __table_args__ = (
        Index("ix_viewing_viewer", "viewer_id", "started_at"),
        Index("ix_viewing_open", "updated_at", postgresql_where=text("stopped_at IS NULL")),
        Index("ix_viewing_started_at", "started_at"),
    )

    id: UUID = Field(primary_key=True)  # chosen by the client
    viewer_id: UUID = _viewer_key()
    title_id: int
    device: str | None = None
    progress: float = 0.0  # 0..1, the furthest
    started_at: datetime = timestamp()
    updated_at: datetime = timestamp()
    stopped_at: datetime | None = timestamp(nullable=True)


class ReviewRow(SQLModel, table=True):
    """A viewer's review of a title; others see it once it is approved."""

    __tablename__ = "review"

    __table_args__ = (
        Index("ix_review_viewer_title", "viewer_id", "title_id", unique=True),
        Index("ix_review_title", "title_id", "state", "created_at"),
        Index("ix_review_state", "state", "updated_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    viewer_id: UUID = _viewer_key()
    title_id: int
    text: str
    language: str | None = None  # ISO 639-1
    spoiler: bool = False
    state: ReviewState = Field(default=ReviewState.PENDING, sa_type=enum_column(ReviewState))
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


class DeletedViewerRow(SQLModel, table=True):
    """A viewer who was just deleted: later writes are refused (see `db.viewer_lifecycle`).

    A digest, so that only a process that knows the id can recognise it.
    """

    __tablename__ = "forgotten"

    digest: bytes = Field(
        sa_column=Column(LargeBinary, primary_key=True)
    )  # SHA-256 of the viewer's id
    at: datetime = timestamp()
