"""What stands between viewers and titles, as it is kept; `recommend.title_state` works it out."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session


class StoredTitleState(NamedTuple):
    """A title and the standing of a viewer towards it; moments in UTC."""

    title_id: int
    rating: float | None
    progress: float | None
    rated_at: datetime | None
    liked_at: datetime | None
    disliked_at: datetime | None
    dismissed_at: datetime | None
    undismissed_at: datetime | None
    favorite_at: datetime | None
    unfavorite_at: datetime | None
    watchlist_at: datetime | None
    unwatchlist_at: datetime | None
    watched_at: datetime | None
    completed_at: datetime | None
    viewed_at: datetime | None
    shared_at: datetime | None


class TitleList(StrEnum):
    """A list that follows from standings."""

    WATCHLIST = "watchlist"
    FAVORITES = "favorites"
    HISTORY = "history"
    RATINGS = "ratings"


class ListEntry(NamedTuple):
    """A title on a list, and since when."""

    title_id: int
    at: datetime
    rating: float | None
    progress: float | None


NUMBER_FIELD_COUNT = 3  # of the fields; the others are moments
TIME_FIELDS = StoredTitleState._fields[NUMBER_FIELD_COUNT:]
_COLUMNS = ", ".join(StoredTitleState._fields)
_COLUMN_TYPES = ("integer", "float8", "float8", *["timestamptz"] * len(TIME_FIELDS))
_ARRAY_CASTS = ", ".join(
    f"CAST(:{name} AS {kind}[])"
    for name, kind in zip(StoredTitleState._fields, _COLUMN_TYPES, strict=True)
)

SELECT_BY_TITLES = text(
    f"SELECT {_COLUMNS} FROM standing WHERE viewer_id = :viewer_id AND title_id = ANY(:ids)"  # noqa: S608  # names from above
)
SELECT_LATEST = text(
    f"""
    SELECT {_COLUMNS} FROM standing WHERE viewer_id = :viewer_id
    ORDER BY greatest({", ".join(TIME_FIELDS)}) DESC, title_id LIMIT :limit
    """  # noqa: S608  # names from above
)
SELECT_KNOWN_IDS = text(
    """
    SELECT title_id FROM standing WHERE viewer_id = :viewer_id
        AND coalesce(watched_at, completed_at, favorite_at, watchlist_at, rated_at, liked_at,
            disliked_at, dismissed_at) IS NOT NULL
    """
)
UPSERT_STATES = text(
    f"""
    INSERT INTO standing (viewer_id, {_COLUMNS})
    SELECT CAST(:viewer_id AS uuid), new.* FROM unnest({_ARRAY_CASTS}) AS new
    ON CONFLICT (viewer_id, title_id) DO UPDATE
        SET {", ".join(f"{name} = excluded.{name}" for name in StoredTitleState._fields[1:])}
    """  # noqa: S608  # names from above
)
DELETE_STATES = text("DELETE FROM standing WHERE viewer_id = :viewer_id")

_LIST_TIME_COLUMNS = {
    TitleList.WATCHLIST: "watchlist_at",
    TitleList.FAVORITES: "favorite_at",
    TitleList.HISTORY: "greatest(watched_at, completed_at)",
    TitleList.RATINGS: "rated_at",
}
# A title that has gone is on no list, so that pages are full and their total is right.
_LIST_QUERIES = {
    shelf: f"""
        SELECT title_id, {since} AS at, rating, progress FROM (
            SELECT standing.* FROM standing JOIN title ON title.id = title_id
            WHERE viewer_id = :viewer_id) AS there
        WHERE {since} IS NOT NULL
        """  # noqa: S608  # names from above
    for shelf, since in _LIST_TIME_COLUMNS.items()
}
SELECT_LIST_PAGE = {
    shelf: text(f"{shelved} ORDER BY at DESC, title_id LIMIT :limit OFFSET :offset")
    for shelf, shelved in _LIST_QUERIES.items()
}
COUNT_LIST = {
    shelf: text(f"SELECT count(*) FROM ({shelved}) AS shelved")  # noqa: S608  # from above
    for shelf, shelved in _LIST_QUERIES.items()
}


def read_states(
    session: Session, viewer_id: UUID, title_ids: Iterable[int]
) -> list[StoredTitleState]:
    """Return a viewer's standings towards some titles."""
    asked = {"viewer_id": viewer_id, "ids": sorted(set(title_ids))}
    return [_to_state(row) for row in session.execute(SELECT_BY_TITLES, asked)]


def latest(
    session: Session, viewer_id: UUID, *, limit: int | None = None
) -> list[StoredTitleState]:
    """Return a viewer's standings, the latest changed first; all of them without a limit."""
    return [
        _to_state(row)
        for row in session.execute(SELECT_LATEST, {"viewer_id": viewer_id, "limit": limit})
    ]


def known_ids(session: Session, viewer_id: UUID) -> list[int]:
    """Return the titles that a viewer saw, judged or put on a list: `Standing.known`."""
    return list(session.execute(SELECT_KNOWN_IDS, {"viewer_id": viewer_id}).scalars())


def store(session: Session, viewer_id: UUID, states: Sequence[StoredTitleState]) -> None:
    """Write a viewer's standings over those of the same titles."""
    if states:
        columns = zip(StoredTitleState._fields, map(list, zip(*states, strict=True)), strict=True)
        session.execute(UPSERT_STATES, {"viewer_id": viewer_id, **dict(columns)})


def list_entries(
    session: Session, viewer_id: UUID, title_list: TitleList, *, limit: int, offset: int
) -> list[ListEntry]:
    """Return a part of a viewer's list, the latest first."""
    asked = {"viewer_id": viewer_id, "limit": limit, "offset": offset}
    return [ListEntry(*row) for row in session.execute(SELECT_LIST_PAGE[title_list], asked)]


def count_entries(session: Session, viewer_id: UUID, title_list: TitleList) -> int:
    """Return how many titles are on a viewer's list."""
    return int(session.execute(COUNT_LIST[title_list], {"viewer_id": viewer_id}).scalar_one())


def delete_all(session: Session, viewer_id: UUID) -> None:
    """Delete a viewer's standings."""
    session.execute(DELETE_STATES, {"viewer_id": viewer_id})


def _to_state(row: Row[Any]) -> StoredTitleState:
    # In UTC, for Python subtracts moments of one zone by its clocks, which change twice a year.
    numbers, moments = row[:NUMBER_FIELD_COUNT], row[NUMBER_FIELD_COUNT:]
    return StoredTitleState._make([*numbers, *[at and at.astimezone(UTC) for at in moments]])
