"""The searches that people asked and the titles they opened: kept, shown to them, forgotten."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import String, bindparam, text
from sqlmodel import Session

MAX_FOLDED_CHARACTERS = 200  # characters; PostgreSQL's indexes and groups want short keys
TYPING_PAUSE_S = (
    5.0  # a text that stood so long was meant; before, whoever goes on typing replaces it
)
MAX_CLICK_DELAY_S = 3600.0  # a result is opened within this, or from another search
MIN_POPULAR_VISITORS = 3  # visitors; what fewer ask is theirs alone to know

# While one types, each text replaces the last: the one that the visitor asked before this, if it is
# the beginning of this one, or this one of it, and nothing was opened from it. Answers overtake
# each other, so the text asked next may be here already: then this one was replaced.
INSERT_SEARCH = text(
    """
    WITH typing AS (
        DELETE FROM search_query s
        WHERE s.id = (
            SELECT id FROM search_query
            WHERE visitor_id = :visitor_id
                AND at > :at - make_interval(secs => :settled_s) AND at <= :at
            ORDER BY at DESC LIMIT 1)
        AND s.id <> :id
        AND (starts_with(s.folded, :folded) OR starts_with(:folded, s.folded))
        AND NOT EXISTS (SELECT FROM search_click c WHERE c.search_id = s.id)
    ), next AS (
        SELECT folded FROM search_query
        WHERE visitor_id = :visitor_id
            AND at > :at AND at < :at + make_interval(secs => :settled_s)
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
# The lock keeps the search while its click is written. A visitor's search takes his clicks alone.
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
        SELECT c.title_id FROM search_click c WHERE c.search_id = asked.id ORDER BY c.at) AS opened
    FROM (
        SELECT DISTINCT ON (folded) id, text, region, results, at FROM search_query
        WHERE visitor_id = :visitor_id ORDER BY folded, at DESC) AS asked
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

# Crawlers bring no cookie, so each would count as many visitors: only who was recognised counts.
SELECT_POPULAR = text(
    """
    SELECT place, text FROM (
        SELECT place, mode() WITHIN GROUP (ORDER BY text) AS text,
            row_number() OVER (
                PARTITION BY place ORDER BY count(DISTINCT visitor_id) DESC, folded) AS rank
        FROM search_query, LATERAL (SELECT region UNION SELECT split_part(region, '-', 1))
            AS places (place)
        WHERE at > :since AND recognised AND results > 0 AND NOT relaxed
            AND (place = :region OR :region IS NULL)
        GROUP BY place, folded HAVING count(DISTINCT visitor_id) >= :few) AS ranked
    WHERE rank <= :limit ORDER BY place, rank
    """
).bindparams(bindparam("region", type_=String))
SELECT_STORED_POPULAR = text("SELECT region, text FROM popular_search ORDER BY region, position")
DELETE_STORED_POPULAR = text("DELETE FROM popular_search")
INSERT_STORED_POPULAR = text("INSERT INTO popular_search VALUES (:region, :position, :text)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLogEntry:
    """A text that was asked, free of what PostgreSQL cannot store; without a visitor, anybody's."""

    id: UUID
    visitor_id: UUID | None
    recognised: bool
    text: str
    folded: str  # at most `FOLDED_KEPT`
    region: str
    results: int
    degraded: bool
    relaxed: bool
    took_ms: float
    at: datetime  # when it was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickLogEntry:
    """A title opened from a search: the one named, or the visitor's last one of a text."""

    id: UUID
    visitor_id: UUID | None
    search_id: UUID | None
    folded: str
    title_id: int
    position: int  # from 1
    at: datetime


class PastSearch(NamedTuple):
    """A search of the past and the titles opened from it, in that order."""

    id: UUID
    text: str
    region: str
    results: int
    at: datetime
    opened: list[int]


def record(session: Session, searches: Sequence[SearchLogEntry]) -> None:
    """Store searches, in whatever order; storing one again changes nothing."""
    if searches:
        rows = [{**asdict(each), "settled_s": TYPING_PAUSE_S} for each in searches]
        session.execute(INSERT_SEARCH, rows)


def record_click(session: Session, click: ClickLogEntry) -> bool:
    """Store a click and return whether it is new and its search there."""
    search_id = click.search_id or _find_clicked_search(session, click)
    if search_id is None:
        return False
    stored = session.execute(INSERT_CLICK, {**asdict(click), "search_id": search_id})
    return bool(getattr(stored, "rowcount", 0))


def _find_clicked_search(session: Session, click: ClickLogEntry) -> UUID | None:
    asked = {**asdict(click), "click_s": MAX_CLICK_DELAY_S}
    found: UUID | None = session.execute(SELECT_CLICKED_SEARCH, asked).scalar_one_or_none()
    return found


def history(session: Session, visitor_id: UUID, *, limit: int, offset: int) -> list[PastSearch]:
    """Return what a visitor asked, the latest first, each text once."""
    asked = {"visitor_id": visitor_id, "limit": limit, "offset": offset}
    return [PastSearch(*row) for row in session.execute(SELECT_HISTORY, asked)]


def count(session: Session, visitor_id: UUID) -> int:
    """Return how many texts a visitor asked."""
    return int(session.execute(COUNT_HISTORY, {"visitor_id": visitor_id}).scalar_one())


def delete_history(session: Session, visitor_id: UUID) -> int:
    """Delete all that a visitor asked and opened; return the searches deleted."""
    return _row_count(session.execute(DELETE_HISTORY, {"visitor_id": visitor_id}))


def delete_past_search(session: Session, visitor_id: UUID, search_id: UUID) -> int:
    """Delete a visitor's search and every other one of his with its text."""
    return _row_count(
        session.execute(DELETE_PAST_SEARCH, {"visitor_id": visitor_id, "id": search_id})
    )


def move(session: Session, visitor_id: UUID, *, into: UUID) -> None:
    """Give what a visitor asked to another."""
    session.execute(UPDATE_VISITOR, {"visitor_id": visitor_id, "into": into})


def delete_old(session: Session, *, days: int) -> int:
    """Delete what was asked longer ago, whoever asked, and return the searches deleted."""
    return _row_count(session.execute(DELETE_OLD, {"days": days}))


def find_popular(session: Session, region: str, *, since: datetime, limit: int) -> list[str]:
    """Return the texts that most visitors of a region asked with success, at least `FEW` each."""
    return [text for _, text in _select_popular(session, region, since=since, limit=limit)]


def refresh_popular(session: Session, *, since: datetime, limit: int) -> int:
    """Write down anew what is popular in every region and return how many texts that are."""
    rows = []
    position, last = 0, None
    for region, asked in _select_popular(session, None, since=since, limit=limit):
        position = position + 1 if region == last else 1
        last = region
        rows.append({"region": region, "position": position, "text": asked})
    session.execute(DELETE_STORED_POPULAR)
    if rows:
        session.execute(INSERT_STORED_POPULAR, rows)
    return len(rows)


def read_popular(session: Session) -> dict[str, tuple[str, ...]]:
    """Return what was last found popular, by region, most asked first."""
    found: dict[str, tuple[str, ...]] = {}
    for region, asked in session.execute(SELECT_STORED_POPULAR):
        found[region] = (*found.get(region, ()), asked)
    return found


def _select_popular(
    session: Session, region: str | None, *, since: datetime, limit: int
) -> list[tuple[str, str]]:
    asked = {"region": region, "since": since, "limit": limit, "few": MIN_POPULAR_VISITORS}
    return [(row[0], row[1]) for row in session.execute(SELECT_POPULAR, asked)]


def _row_count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
