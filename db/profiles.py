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
    f"SELECT {', '.join(PROFILE_FIELDS)} FROM profile WHERE viewer_id = :viewer_id"
)  # names from above
# What was left open is filled in; what a favourite of one is a dislike of the other stays as it is.
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
    """Somebody as he described himself; `account` is none for a visitor."""

    profile: Profile
    account: Account | None
    created_at: datetime | None  # none for who has left nothing with us yet

    @classmethod
    def anonymous(cls) -> "ViewerProfile":
        """Return what is known of who brings no number."""
        return cls(Profile(viewer_id=ANONYMOUS_ID), None, None)


class ProfileSummary(NamedTuple):
    """What a viewer said of himself."""

    birth_year: int | None = None
    region: str | None = None
    display_language: str | None = None
    languages: Mapping[str, float] = {}
    favourite_genres: Sequence[str] = ()
    disliked_genres: Sequence[str] = ()
    personal_search: bool = True


EMPTY_PROFILE = ProfileSummary()


def read_summary(session: Session, viewer_id: UUID) -> ProfileSummary:
    """Return what a viewer said of himself, for what has to be quick; nothing of a new one."""
    row = session.execute(SELECT_PROFILE, {"viewer_id": viewer_id}).one_or_none()
    return EMPTY_PROFILE if row is None else ProfileSummary(*row)


def get(session: Session, viewer_id: UUID) -> Profile:
    """Return a viewer's profile, an empty one for who said nothing of himself."""
    return session.get(Profile, viewer_id) or Profile(viewer_id=viewer_id)


def read_viewer_profile(session: Session, viewer_id: UUID) -> ViewerProfile:
    """Return a viewer's profile and account."""
    query = (
        select(Viewer, Profile, Account)
        .join(Profile, col(Profile.viewer_id) == Viewer.id, isouter=True)
        .join(Account, col(Account.viewer_id) == Viewer.id, isouter=True)
        .where(Viewer.id == viewer_id)
    )
    found = session.exec(query).first()
    if found is None:
        return ViewerProfile(Profile(viewer_id=viewer_id), None, None)
    viewer, profile, account = found
    return ViewerProfile(profile or Profile(viewer_id=viewer_id), account, viewer.created_at)


def replace(session: Session, viewer_id: UUID, profile: Mapping[str, Any]) -> None:
    """Replace a profile whole by what was said (`FIELDS`); the viewer is held."""
    values = {name: profile[name] for name in PROFILE_FIELDS} | {"updated_at": utc_now()}
    session.execute(
        insert(Profile)
        .values(viewer_id=viewer_id, **values)
        .on_conflict_do_update(index_elements=["viewer_id"], set_=values)
    )


def set_account_name(session: Session, viewer_id: UUID, name: str | None) -> None:
    """Say what somebody with an account is called."""
    account = session.get(Account, viewer_id)
    if account is not None:
        account.name = name


def merge(session: Session, visitor_id: UUID, *, into: UUID) -> None:
    """Complete a profile by what a visitor said."""
    session.execute(MERGE_PROFILE, {"visitor_id": visitor_id, "into": into})
