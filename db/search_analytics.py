"""Search analytics for operators: popular, unsuccessful and reformulated queries."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

# A different query within this time, with no title opened between, is a reformulation.
MAX_REFORMULATION_DELAY_S = 120.0

SELECT_TOTALS = text(
    """
    SELECT count(DISTINCT s.id), count(DISTINCT s.visitor_id),
        count(DISTINCT s.id) FILTER (WHERE s.results = 0 OR s.relaxed),
        count(DISTINCT c.search_id), avg(c.position)::float8
    FROM search_query s LEFT JOIN search_click c ON c.search_id = s.id
    WHERE s.at >= :since
    """
)
SELECT_POPULAR = text(
    """
    SELECT mode() WITHIN GROUP (ORDER BY s.text), count(DISTINCT s.id) AS searches,
        count(DISTINCT s.visitor_id), count(DISTINCT c.search_id), avg(c.position)::float8
    FROM search_query s LEFT JOIN search_click c ON c.search_id = s.id
    WHERE s.at >= :since
    GROUP BY s.folded ORDER BY searches DESC, s.folded LIMIT :limit
    """
)
SELECT_ZERO_RESULTS = text(
    """
    SELECT mode() WITHIN GROUP (ORDER BY text), count(*) AS searches,
        count(DISTINCT visitor_id), max(at)
    FROM search_query WHERE at >= :since AND (results = 0 OR relaxed)
    GROUP BY folded ORDER BY searches DESC, folded LIMIT :limit
    """
)
SELECT_REFORMULATIONS = text(
    """
    SELECT mode() WITHIN GROUP (ORDER BY text), mode() WITHIN GROUP (ORDER BY next_text),
        count(*) AS times, count(DISTINCT visitor_id)
    FROM (
        SELECT id, visitor_id, text, folded, at, lead(text) OVER later AS next_text,
            lead(folded) OVER later AS next_folded, lead(at) OVER later AS next_at
        FROM search_query WHERE at >= :since AND visitor_id IS NOT NULL
        WINDOW later AS (PARTITION BY visitor_id ORDER BY at)) AS queries
    WHERE next_folded <> folded AND next_at <= at + make_interval(secs => :within_s)
        AND NOT EXISTS (SELECT FROM search_click c WHERE c.search_id = queries.id)
    GROUP BY folded, next_folded ORDER BY times DESC, folded, next_folded LIMIT :limit
    """
)


class SearchTotals(NamedTuple):
    """Totals of a period; `clicked` are the searches from which a title was opened."""

    searches: int
    visitors: int
    without_results: int  # no title, or none that matched everything
    clicked: int
    mean_position: float | None  # of the titles opened, from 1

    @property
    def click_through(self) -> float | None:
        """Return the share of searches from which a title was opened, 0..1."""
        return self.clicked / self.searches if self.searches else None


class PopularQuery(NamedTuple):
    """A query, in its most frequent spelling."""

    text: str
    searches: int
    visitors: int
    clicked: int
    mean_position: float | None

    @property
    def click_through(self) -> float:
        """Return the share of searches from which a title was opened, 0..1."""
        return self.clicked / self.searches


class ZeroResultQuery(NamedTuple):
    """A query without a title that matches all of it."""

    text: str
    searches: int
    visitors: int
    last_at: datetime


class Reformulation(NamedTuple):
    """A query that visitors replaced with another one."""

    text: str
    then: str
    times: int
    visitors: int


def totals(session: Session, *, since: datetime) -> SearchTotals:
    """Return the totals since a moment."""
    return SearchTotals(*session.execute(SELECT_TOTALS, {"since": since}).one())


def popular_queries(session: Session, *, since: datetime, limit: int) -> list[PopularQuery]:
    """Return the most frequent queries."""
    rows = session.execute(SELECT_POPULAR, {"since": since, "limit": limit})
    return [PopularQuery(*row) for row in rows]


def zero_result_queries(session: Session, *, since: datetime, limit: int) -> list[ZeroResultQuery]:
    """Return the queries without results, the most frequent first."""
    rows = session.execute(SELECT_ZERO_RESULTS, {"since": since, "limit": limit})
    return [ZeroResultQuery(*row) for row in rows]


def reformulations(session: Session, *, since: datetime, limit: int) -> list[Reformulation]:
    """Return which queries visitors soon replaced with which, the most frequent first."""
    rows = session.execute(
        SELECT_REFORMULATIONS,
        {"since": since, "limit": limit, "within_s": MAX_REFORMULATION_DELAY_S},
    )
    return [Reformulation(*row) for row in rows]
