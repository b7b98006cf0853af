"""Stored states of titles for viewers; `recommend.title_state` computes them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session


class StoredTitleState(NamedTuple):
    """The state of a title for a viewer; moments in UTC."""

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
    """A list that is computed from title states."""

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
# Deleted titles are left out, so that pages are full and the total is right.
_LIST_QUERIES = {
    title_list: f"""
        SELECT title_id, {since} AS at, rating, progress FROM (
            SELECT standing.* FROM standing JOIN title ON title.id = title_id
            WHERE viewer_id = :viewer_id) AS own
        WHERE {since} IS NOT NULL
        """  # noqa: S608  # names from above
    for title_list, since in _LIST_TIME_COLUMNS.items()
}
SELECT_LIST_PAGE = {
    title_list: text(f"{entries} ORDER BY at DESC, title_id LIMIT :limit OFFSET :offset")
    for title_list, entries in _LIST_QUERIES.items()
}
COUNT_LIST = {
    title_list: text(f"SELECT count(*) FROM ({entries}) AS entries")  # noqa: S608  # from above
    for title_list, entries in _LIST_QUERIES.items()
}


def read_states(
    session: Session, viewer_id: UUID, title_ids: Iterable[int]
) -> list[StoredTitleState]:
    """Return a viewer's states of some titles."""
    parameters = {"viewer_id": viewer_id, "ids": sorted(set(title_ids))}
    return [_to_state(row) for row in session.execute(SELECT_BY_TITLES, parameters)]


def latest(
    session: Session, viewer_id: UUID, *, limit: int | None = None
) -> list[StoredTitleState]:
    """Return a viewer's title states, the latest changed first; all of them without a limit."""
    return [
        _to_state(row)
        for row in session.execute(SELECT_LATEST, {"viewer_id": viewer_id, "limit": limit})
    ]


def known_ids(session: Session, viewer_id: UUID) -> list[int]:
    """Return the titles that a viewer watched, judged or put on a list: `TitleState.is_known`."""
    return list(session.execute(SELECT_KNOWN_IDS, {"viewer_id": viewer_id}).scalars())


def store(session: Session, viewer_id: UUID, states: Sequence[StoredTitleState]) -> None:
    """Store a viewer's title states over those of the same titles."""
    if states:
        columns = zip(StoredTitleState._fields, map(list, zip(*states, strict=True)), strict=True)
        session.execute(UPSERT_STATES, {"viewer_id": viewer_id, **dict(columns)})


def list_entries(
    session: Session, viewer_id: UUID, title_list: TitleList, *, limit: int, offset: int
) -> list[ListEntry]:
    """Return a page of a viewer's list, the latest first."""
    parameters = {"viewer_id": viewer_id, "limit": limit, "offset": offset}
    return [ListEntry(*row) for row in session.execute(SELECT_LIST_PAGE[title_list], parameters)]


def count_entries(session: Session, viewer_id: UUID, title_list: TitleList) -> int:
    """Return how many titles are on a viewer's list."""
    return int(session.execute(COUNT_LIST[title_list], {"viewer_id": viewer_id}).scalar_one())


def delete_all(session: Session, viewer_id: UUID) -> None:
    """Delete a viewer's title states."""
    session.execute(DELETE_STATES, {"viewer_id": viewer_id})


def _to_state(row: Row[Any]) -> StoredTitleState:
    # In UTC: Python subtracts two moments of one zone by wall clock, which is wrong across DST.
    numbers, moments = row[:NUMBER_FIELD_COUNT], row[NUMBER_FIELD_COUNT:]
    return StoredTitleState._make([*numbers, *[at and at.astimezone(UTC) for at in moments]])
