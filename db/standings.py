"""What stands between viewers and titles, as it is kept; `recommend.standing` works it out."""

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
    CONTINUE = "continue"


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
STORE = text(
    f"""
    INSERT INTO standing (viewer_id, {_FIELDS})
    SELECT CAST(:viewer_id AS uuid), new.* FROM unnest({_ARRAYS}) AS new
    ON CONFLICT (viewer_id, title_id) DO UPDATE
        SET {", ".join(f"{name} = excluded.{name}" for name in Kept._fields[1:])}
    """  # noqa: S608  # names from above
)
CLEAR = text("DELETE FROM standing WHERE viewer_id = :viewer_id")

# A title that has gone is on no list, so that pages are full and their total is right.
_SHELF = """
    SELECT standing.title_id, {at} AS at, standing.rating, standing.progress
    FROM standing JOIN title ON title.id = standing.title_id
    WHERE standing.viewer_id = :viewer_id AND {at} IS NOT NULL AND {when}
    """
_PLACES = {
    Shelf.WATCHLIST: ("standing.watchlist_at", "TRUE"),
    Shelf.FAVORITES: ("standing.favorite_at", "TRUE"),
    Shelf.HISTORY: ("greatest(standing.watched_at, standing.completed_at)", "TRUE"),
    Shelf.RATINGS: ("standing.rated_at", "TRUE"),
    Shelf.CONTINUE: (
        "standing.watched_at",
        "standing.progress >= :started AND standing.progress < :done"
        " AND coalesce(standing.dismissed_at < standing.watched_at, TRUE)",
    ),
}
SHELVES = {shelf: _SHELF.format(at=at, when=when) for shelf, (at, when) in _PLACES.items()}
PAGES = {
    shelf: text(f"{shelved} ORDER BY at DESC, title_id LIMIT :limit OFFSET :offset")
    for shelf, shelved in SHELVES.items()
}
COUNTS = {
    shelf: text(f"SELECT count(*) FROM ({shelved}) AS shelf")  # noqa: S608  # from above
    for shelf, shelved in SHELVES.items()
}


def of_titles(session: Session, viewer_id: UUID, title_ids: Iterable[int]) -> list[Kept]:
    """Return a viewer's standings towards some titles."""
    asked = {"viewer_id": viewer_id, "ids": sorted(set(title_ids))}
    return [_kept(row) for row in session.execute(OF_TITLES, asked)]


def latest(session: Session, viewer_id: UUID, *, limit: int | None = None) -> list[Kept]:
    """Return a viewer's standings, the latest changed first; all of them without a limit."""
    return [_kept(row) for row in session.execute(LATEST, {"viewer_id": viewer_id, "limit": limit})]


def store(session: Session, viewer_id: UUID, kept: Sequence[Kept]) -> None:
    """Write a viewer's standings over those of the same titles."""
    if kept:
        columns = zip(Kept._fields, map(list, zip(*kept, strict=True)), strict=True)
        session.execute(STORE, {"viewer_id": viewer_id, **dict(columns)})


def clear(session: Session, viewer_id: UUID) -> None:
    """Delete a viewer's standings."""
    session.execute(CLEAR, {"viewer_id": viewer_id})


def _kept(row: Row[Any]) -> Kept:
    # In UTC, for Python subtracts moments of one zone by its clocks, which change twice a year.
    numbers, moments = row[:NUMBERS], row[NUMBERS:]
    return Kept._make([*numbers, *[at and at.astimezone(UTC) for at in moments]])
