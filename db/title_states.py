"""What stands between viewers and titles, as it is kept; `recommend.title_state` works it out."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session


class Kept(NamedTuple):
    """A title and the standing of a viewer towards it; moments in UTC."""

    title_id: int
    rating: float | None
    progress: float | None
    rated_at: datetime | None
    liked_at: datetime | None
    disliked_at: datetime | None
    dismissed_at: datetime | None
    favorite_at: datetime | None
    unfavorite_at: datetime | None
    watchlist_at: datetime | None
    unwatchlist_at: datetime | None
    watched_at: datetime | None
    completed_at: datetime | None
    viewed_at: datetime | None
    shared_at: datetime | None


class Shelf(StrEnum):
    """A list that follows from standings."""

    WATCHLIST = "watchlist"
    FAVORITES = "favorites"
    HISTORY = "history"
    RATINGS = "ratings"


class Placed(NamedTuple):
    """A title on a list, and since when."""

    title_id: int
    at: datetime
    rating: float | None
    progress: float | None


NUMBERS = 3  # of the fields; the others are moments
MOMENTS = Kept._fields[NUMBERS:]
_FIELDS = ", ".join(Kept._fields)
_TYPES = ("integer", "float8", "float8", *["timestamptz"] * len(MOMENTS))
_ARRAYS = ", ".join(
    f"CAST(:{name} AS {kind}[])" for name, kind in zip(Kept._fields, _TYPES, strict=True)
)

OF_TITLES = text(
    f"SELECT {_FIELDS} FROM standing WHERE viewer_id = :viewer_id AND title_id = ANY(:ids)"  # noqa: S608  # names from above
)
LATEST = text(
    f"""
    SELECT {_FIELDS} FROM standing WHERE viewer_id = :viewer_id
    ORDER BY greatest({", ".join(MOMENTS)}) DESC, title_id LIMIT :limit
    """  # noqa: S608  # names from above
)
KNOWN = text(
    """
    SELECT title_id FROM standing WHERE viewer_id = :viewer_id
        AND coalesce(watched_at, completed_at, favorite_at, watchlist_at, rated_at, liked_at,
            disliked_at, dismissed_at) IS NOT NULL
    """
)
STORE = text(
    f"""
    INSERT INTO standing (viewer_id, {_FIELDS})
    SELECT CAST(:viewer_id AS uuid), new.* FROM unnest({_ARRAYS}) AS new
    ON CONFLICT (viewer_id, title_id) DO UPDATE
        SET {", ".join(f"{name} = excluded.{name}" for name in Kept._fields[1:])}
    """  # noqa: S608  # names from above
)
CLEAR = text("DELETE FROM standing WHERE viewer_id = :viewer_id")

_SINCE = {
    Shelf.WATCHLIST: "watchlist_at",
    Shelf.FAVORITES: "favorite_at",
    Shelf.HISTORY: "greatest(watched_at, completed_at)",
    Shelf.RATINGS: "rated_at",
}
# A title that has gone is on no list, so that pages are full and their total is right.
_SHELVES = {
    shelf: f"""
        SELECT title_id, {since} AS at, rating, progress FROM (
            SELECT standing.* FROM standing JOIN title ON title.id = title_id
            WHERE viewer_id = :viewer_id) AS there
        WHERE {since} IS NOT NULL
        """  # noqa: S608  # names from above
    for shelf, since in _SINCE.items()
}
PLACED = {
    shelf: text(f"{shelved} ORDER BY at DESC, title_id LIMIT :limit OFFSET :offset")
    for shelf, shelved in _SHELVES.items()
}
COUNT = {
    shelf: text(f"SELECT count(*) FROM ({shelved}) AS shelved")  # noqa: S608  # from above
    for shelf, shelved in _SHELVES.items()
}


def of_titles(session: Session, viewer_id: UUID, title_ids: Iterable[int]) -> list[Kept]:
    """Return a viewer's standings towards some titles."""
    asked = {"viewer_id": viewer_id, "ids": sorted(set(title_ids))}
    return [_kept(row) for row in session.execute(OF_TITLES, asked)]


def latest(session: Session, viewer_id: UUID, *, limit: int | None = None) -> list[Kept]:
    """Return a viewer's standings, the latest changed first; all of them without a limit."""
    return [_kept(row) for row in session.execute(LATEST, {"viewer_id": viewer_id, "limit": limit})]


def known(session: Session, viewer_id: UUID) -> list[int]:
    """Return the titles that a viewer saw, judged or put on a list: `Standing.known`."""
    return list(session.execute(KNOWN, {"viewer_id": viewer_id}).scalars())


def store(session: Session, viewer_id: UUID, kept: Sequence[Kept]) -> None:
    """Write a viewer's standings over those of the same titles."""
    if kept:
        columns = zip(Kept._fields, map(list, zip(*kept, strict=True)), strict=True)
        session.execute(STORE, {"viewer_id": viewer_id, **dict(columns)})


def placed(
    session: Session, viewer_id: UUID, shelf: Shelf, *, limit: int, offset: int
) -> list[Placed]:
    """Return a part of a viewer's list, the latest first."""
    asked = {"viewer_id": viewer_id, "limit": limit, "offset": offset}
    return [Placed(*row) for row in session.execute(PLACED[shelf], asked)]


def count(session: Session, viewer_id: UUID, shelf: Shelf) -> int:
    """Return how many titles are on a viewer's list."""
    return int(session.execute(COUNT[shelf], {"viewer_id": viewer_id}).scalar_one())


def clear(session: Session, viewer_id: UUID) -> None:
    """Delete a viewer's standings."""
    session.execute(CLEAR, {"viewer_id": viewer_id})


def _kept(row: Row[Any]) -> Kept:
    # In UTC, for Python subtracts moments of one zone by its clocks, which change twice a year.
    numbers, moments = row[:NUMBERS], row[NUMBERS:]
    return Kept._make([*numbers, *[at and at.astimezone(UTC) for at in moments]])
