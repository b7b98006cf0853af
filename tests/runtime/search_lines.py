"""Lines of the search log for tests."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from db.searches import SearchLogEntry

UNREACHABLE_URL = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"


def make_search(
    words: str = "eega", *, ago: timedelta = timedelta(), **given: object
) -> SearchLogEntry:
    plain: dict[str, object] = {
        "id": uuid4(),
        "visitor_id": None,
        "recognised": False,
        "text": words,
        "folded": words,
        "region": "IN",
        "results": 20,
        "degraded": False,
        "relaxed": False,
        "took_ms": 12.5,
        "at": datetime.now(UTC) - ago,
    }
    return SearchLogEntry(**{**plain, **given})  # type: ignore[arg-type]  # the tests' own words
