"""The search log: searches and the titles opened from them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

MAX_FOLDED_CHARACTERS = 200  # PostgreSQL's indexes need short keys
TYPING_PAUSE_S = 5.0  # a query that was not edited for this long is a search of its own
MAX_CLICK_DELAY_S = 3600.0  # a click after this belongs to another search

# While a visitor types, each query replaces the previous one, if one is a prefix of the other and
# no title was opened from the previous one. Requests may arrive out of order, so the next query may
# be stored already: then this one is not stored.
INSERT_SEARCH = text(
    """
    WITH typing AS (
        DELETE FROM search_query s
        WHERE s.id = (
            SELECT id FROM search_query
            WHERE visitor_id = :visitor_id
                AND at > :at - make_interval(secs => :pause_s) AND at <= :at
            ORDER BY at DESC LIMIT 1)
        AND s.id <> :id
        AND (starts_with(s.folded, :folded) OR starts_with(:folded, s.folded))
        AND NOT EXISTS (SELECT FROM search_click c WHERE c.search_id = s.id)
    ), next AS (
        SELECT folded FROM search_query
        WHERE visitor_id = :visitor_id
            AND at > :at AND at < :at + make_interval(secs => :pause_s)
        ORDER BY at LIMIT 1
    )
    INSERT INTO search_query (id, visitor_id, recognised, text, folded, region, results, degraded,
        relaxed, took_ms, at)
    SELECT :id, :visitor_id, :recognised, :text, :folded, :region, :results, :degraded,
        :relaxed, :took_ms, :at
    WHERE NOT EXISTS (
        SELECT FROM next
        WHERE starts_with(next.folded, :folded) OR starts_with(:folded, next.folded))
    ON CONFLICT (id) DO NOTHING
    """
)
SELECT_CLICKED_SEARCH = text(
    """
    SELECT id FROM search_query
    WHERE visitor_id = :visitor_id AND folded = :folded
        AND at > :at - make_interval(secs => :click_s)
    ORDER BY at DESC LIMIT 1
    """
)
# The lock keeps the search from being deleted meanwhile. Only its own visitor can add a click.
INSERT_CLICK = text(
    """
    INSERT INTO search_click (id, search_id, title_id, position, at)
    SELECT :id, id, :title_id, :position, :at FROM search_query
    WHERE id = :search_id AND (visitor_id IS NULL OR visitor_id = :visitor_id)
    FOR KEY SHARE
    ON CONFLICT (id) DO NOTHING
    """
)
SELECT_HISTORY = text(
    """
    SELECT id, text, region, results, at, ARRAY(
        SELECT c.title_id FROM search_click c WHERE c.search_id = search.id ORDER BY c.at) AS opened
    FROM (
        SELECT DISTINCT ON (folded) id, text, region, results, at FROM search_query
        WHERE visitor_id = :visitor_id ORDER BY folded, at DESC) AS search
    ORDER BY at DESC, id LIMIT :limit OFFSET :offset
    """
)
COUNT_HISTORY = text(
    "SELECT count(DISTINCT folded) FROM search_query WHERE visitor_id = :visitor_id"
)
DELETE_HISTORY = text("DELETE FROM search_query WHERE visitor_id = :visitor_id")
DELETE_PAST_SEARCH = text(
    """
    DELETE FROM search_query WHERE visitor_id = :visitor_id AND folded = (
        SELECT folded FROM search_query WHERE id = :id AND visitor_id = :visitor_id)
    """
)
UPDATE_VISITOR = text("UPDATE search_query SET visitor_id = :into WHERE visitor_id = :visitor_id")
DELETE_OLD = text("DELETE FROM search_query WHERE at < now() - make_interval(days => :days)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLogEntry:
    """A search to store, without characters that PostgreSQL rejects; the visitor may be unknown."""

    id: UUID
    visitor_id: UUID | None
    recognised: bool
    text: str
    folded: str  # at most `MAX_FOLDED_CHARACTERS`
    region: str
    results: int
    degraded: bool
    relaxed: bool
    took_ms: float
    at: datetime  # of the request


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickLogEntry:
    """A title opened from a search: the one with `search_id`, or the visitor's last of the text."""

    id: UUID
    visitor_id: UUID | None
    search_id: UUID | None
    folded: str
    title_id: int
    position: int  # from 1
    at: datetime


class PastSearch(NamedTuple):
    """A search of the history and the titles opened from it, in order."""

    id: UUID
    text: str
    region: str
    results: int
    at: datetime
    opened: list[int]


def record(session: Session, searches: Sequence[SearchLogEntry]) -> None:
    """Store searches in any order; one that is stored already is ignored."""
    if searches:
        rows = [{**asdict(each), "pause_s": TYPING_PAUSE_S} for each in searches]
        session.execute(INSERT_SEARCH, rows)


def record_click(session: Session, click: ClickLogEntry) -> bool:
    """Store a click and return whether it is new and its search exists."""
    search_id = click.search_id or _find_clicked_search(session, click)
    if search_id is None:
        return False
    stored = session.execute(INSERT_CLICK, {**asdict(click), "search_id": search_id})
    return bool(getattr(stored, "rowcount", 0))


def _find_clicked_search(session: Session, click: ClickLogEntry) -> UUID | None:
    parameters = {**asdict(click), "click_s": MAX_CLICK_DELAY_S}
    search_id: UUID | None = session.execute(SELECT_CLICKED_SEARCH, parameters).scalar_one_or_none()
    return search_id


def history(session: Session, visitor_id: UUID, *, limit: int, offset: int) -> list[PastSearch]:
    """Return a visitor's searches, the latest first, each text once."""
    parameters = {"visitor_id": visitor_id, "limit": limit, "offset": offset}
    return [PastSearch(*row) for row in session.execute(SELECT_HISTORY, parameters)]


def count(session: Session, visitor_id: UUID) -> int:
    """Return how many different texts a visitor searched for."""
    return int(session.execute(COUNT_HISTORY, {"visitor_id": visitor_id}).scalar_one())


def delete_history(session: Session, visitor_id: UUID) -> int:
    """Delete a visitor's searches and clicks; return how many searches were deleted."""
    return _row_count(session.execute(DELETE_HISTORY, {"visitor_id": visitor_id}))


def delete_past_search(session: Session, visitor_id: UUID, search_id: UUID) -> int:
    """Delete a visitor's search and their others with the same text."""
    return _row_count(
        session.execute(DELETE_PAST_SEARCH, {"visitor_id": visitor_id, "id": search_id})
    )


def move(session: Session, visitor_id: UUID, *, into: UUID) -> None:
    """Move a visitor's searches to another viewer."""
    session.execute(UPDATE_VISITOR, {"visitor_id": visitor_id, "into": into})


def delete_old(session: Session, *, days: int) -> int:
    """Delete searches of all visitors older than that and return how many."""
    return _row_count(session.execute(DELETE_OLD, {"days": days}))


def _row_count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
