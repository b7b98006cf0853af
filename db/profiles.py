"""What viewers said of themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from db.tables.columns import utc_now
from db.tables.users import Account, Profile, Viewer

ANONYMOUS_ID = UUID(int=0)
PROFILE_FIELDS = (
    "birth_year",
    "region",
    "display_language",
    "languages",
    "favourite_genres",
    "disliked_genres",
    "personal_search",
)

SELECT_PROFILE = text(
    f"SELECT {', '.join(PROFILE_FIELDS)} FROM profile WHERE viewer_id = :viewer_id"  # noqa: S608
)
# Only empty fields are filled in; a genre that one likes and the other dislikes stays as it is.
MERGE_PROFILE = text(
    """
    INSERT INTO profile AS own (viewer_id, birth_year, region, display_language, languages,
        favourite_genres, disliked_genres, personal_search, updated_at)
    SELECT :into, birth_year, region, display_language, languages, favourite_genres,
        disliked_genres, personal_search, updated_at
    FROM profile WHERE viewer_id = :visitor_id
    ON CONFLICT (viewer_id) DO UPDATE SET
        birth_year = coalesce(own.birth_year, excluded.birth_year),
        region = coalesce(own.region, excluded.region),
        display_language = coalesce(own.display_language, excluded.display_language),
        languages = CASE own.languages WHEN '{}' THEN excluded.languages ELSE own.languages END,
        favourite_genres = CASE own.favourite_genres WHEN '{}' THEN ARRAY(
            SELECT slug FROM unnest(excluded.favourite_genres) AS slug
            WHERE slug <> ALL(own.disliked_genres)) ELSE own.favourite_genres END,
        disliked_genres = CASE own.disliked_genres WHEN '{}' THEN ARRAY(
            SELECT slug FROM unnest(excluded.disliked_genres) AS slug
            WHERE slug <> ALL(own.favourite_genres)) ELSE own.disliked_genres END
    """
)


@dataclass(frozen=True, slots=True)
class ViewerProfile:
    """A viewer's profile and account; a visitor has no account."""

    profile: Profile
    account: Account | None
    created_at: datetime | None  # none if nothing is stored about the viewer

    @classmethod
    def anonymous(cls) -> "ViewerProfile":
        """Return the empty profile of a request without a viewer."""
        return cls(Profile(viewer_id=ANONYMOUS_ID), None, None)


class ProfileSummary(NamedTuple):
    """The preferences of a viewer."""

    birth_year: int | None = None
    region: str | None = None
    display_language: str | None = None
    languages: Mapping[str, float] = {}
    favourite_genres: Sequence[str] = ()
    disliked_genres: Sequence[str] = ()
    personal_search: bool = True


EMPTY_PROFILE = ProfileSummary()


def read_summary(session: Session, viewer_id: UUID) -> ProfileSummary:
    """Return a viewer's preferences with one quick query; empty ones for a new viewer."""
    row = session.execute(SELECT_PROFILE, {"viewer_id": viewer_id}).one_or_none()
    return EMPTY_PROFILE if row is None else ProfileSummary(*row)


def get(session: Session, viewer_id: UUID) -> Profile:
    """Return a viewer's profile, an empty one if none is stored."""
    return session.get(Profile, viewer_id) or Profile(viewer_id=viewer_id)


def read_viewer_profile(session: Session, viewer_id: UUID) -> ViewerProfile:
    """Return a viewer's profile and account."""
    query = (
        select(Viewer, Profile, Account)
        .join(Profile, col(Profile.viewer_id) == Viewer.id, isouter=True)
        .join(Account, col(Account.viewer_id) == Viewer.id, isouter=True)
        .where(Viewer.id == viewer_id)
    )
    row = session.exec(query).first()
    if row is None:
        return ViewerProfile(Profile(viewer_id=viewer_id), None, None)
    viewer, profile, account = row
    return ViewerProfile(profile or Profile(viewer_id=viewer_id), account, viewer.created_at)


def replace(session: Session, viewer_id: UUID, profile: Mapping[str, Any]) -> None:
    """Replace all fields of a profile (`PROFILE_FIELDS`); the caller holds the viewer's lock."""
    values = {name: profile[name] for name in PROFILE_FIELDS} | {"updated_at": utc_now()}
    session.execute(
        insert(Profile)
        .values(viewer_id=viewer_id, **values)
        .on_conflict_do_update(index_elements=["viewer_id"], set_=values)
    )


def set_account_name(session: Session, viewer_id: UUID, name: str | None) -> None:
    """Replace the name of an account."""
    account = session.get(Account, viewer_id)
    if account is not None:
        account.name = name


def merge(session: Session, visitor_id: UUID, *, into: UUID) -> None:
    """Fill the empty fields of a profile from a visitor's."""
    session.execute(MERGE_PROFILE, {"visitor_id": visitor_id, "into": into})
