"""The popular searches of each region, computed from the search log."""

from datetime import datetime

from sqlalchemy import String, bindparam, text
from sqlmodel import Session

MIN_POPULAR_VISITORS = 3  # a query of fewer visitors stays private

# Crawlers send no cookie back and would count as many visitors: only recognised ones count.
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
        GROUP BY place, folded HAVING count(DISTINCT visitor_id) >= :min_visitors) AS ranked
    WHERE rank <= :limit ORDER BY place, rank
    """
).bindparams(bindparam("region", type_=String))
SELECT_STORED_POPULAR = text("SELECT region, text FROM popular_search ORDER BY region, position")
DELETE_STORED_POPULAR = text("DELETE FROM popular_search")
INSERT_STORED_POPULAR = text("INSERT INTO popular_search VALUES (:region, :position, :text)")


def find_popular(session: Session, region: str, *, since: datetime, limit: int) -> list[str]:
    """Return the queries with results that most visitors of a region used."""
    return [text for _, text in _select_popular(session, region, since=since, limit=limit)]


def refresh_popular(session: Session, *, since: datetime, limit: int) -> int:
    """Replace the stored popular searches of all regions and return how many there are."""
    rows = []
    position, last = 0, None
    for region, query in _select_popular(session, None, since=since, limit=limit):
        position = position + 1 if region == last else 1
        last = region
        rows.append({"region": region, "position": position, "text": query})
    session.execute(DELETE_STORED_POPULAR)
    if rows:
        session.execute(INSERT_STORED_POPULAR, rows)
    return len(rows)


def read_popular(session: Session) -> dict[str, tuple[str, ...]]:
    """Return the stored popular searches by region, the most frequent first."""
    by_region: dict[str, tuple[str, ...]] = {}
    for region, query in session.execute(SELECT_STORED_POPULAR):
        by_region[region] = (*by_region.get(region, ()), query)
    return by_region


def _select_popular(
    session: Session, region: str | None, *, since: datetime, limit: int
) -> list[tuple[str, str]]:
    parameters = {
        "region": region,
        "since": since,
        "limit": limit,
        "min_visitors": MIN_POPULAR_VISITORS,
    }
    return [(row[0], row[1]) for row in session.execute(SELECT_POPULAR, parameters)]
