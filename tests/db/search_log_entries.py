"""Searches and clicks in the log, with defaults for what a test does not care about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session

from db import searches
from db.searches import ClickLogEntry, SearchLogEntry
from vocabulary.name_folding import fold

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)
ANNA, BALA, CHITRA, DEVI = (uuid4() for _ in range(4))


def make_search(
    session: Session,
    query_text: str,
    visitor: UUID | None = ANNA,
    *,
    seconds_ago: float = 0,
    **fields: object,
) -> UUID:
    plain: dict[str, object] = {
        "id": uuid4(),
        "visitor_id": visitor,
        "recognised": visitor is not None,
        "text": query_text,
        "folded": fold(query_text),
        "region": "IN-TG",
        "results": 20,
        "degraded": False,
        "relaxed": False,
        "took_ms": 12.5,
        "at": NOW - timedelta(seconds=seconds_ago),
    }
    search = SearchLogEntry(**{**plain, **fields})  # type: ignore[arg-type]  # fields by name
    searches.record(session, [search])
    return search.id


def make_click(
    session: Session,
    *,
    search_id: UUID | None = None,
    query_text: str = "",
    visitor: UUID | None = ANNA,
    **fields: object,
) -> bool:
    plain: dict[str, object] = {
        "id": uuid4(),
        "visitor_id": visitor,
        "search_id": search_id,
        "folded": fold(query_text),
        "title_id": 7,
        "position": 1,
        "at": NOW,
    }
    return searches.record_click(session, ClickLogEntry(**{**plain, **fields}))  # type: ignore[arg-type]  # fields by name
