from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from db import popular_searches, searches
from db.engine import connect, open_session
from runtime.popular_searches import PopularSearches
from tests.runtime.search_lines import UNREACHABLE_URL, make_search


@pytest.fixture
def unreachable_database() -> Iterator[Engine]:
    """A PostgreSQL that does not answer."""
    engine = connect(UNREACHABLE_URL)
    yield engine
    engine.dispose()


def record_popular_search(database: Engine, words: str, region: str) -> None:
    with open_session(database) as writing:
        searches.record(
            writing,
            [
                make_search(words, visitor_id=uuid4(), recognised=True, region=region)
                for _ in range(popular_searches.MIN_POPULAR_VISITORS)
            ],
        )
        since = datetime.now(UTC) - timedelta(days=1)
        popular_searches.refresh_popular(writing, since=since, limit=9)
        writing.commit()


def test_a_region_without_popular_searches_has_those_of_its_country(own_database: Engine) -> None:
    popular = PopularSearches(own_database)
    assert list(popular.in_region("IN-TG")) == []
    record_popular_search(own_database, "eega", "IN-TG")
    record_popular_search(own_database, "robot", "IN-TN")
    popular.refresh()
    assert list(popular.in_region("IN-TG")) == ["eega"]
    assert list(popular.in_region("IN-KL")) == list(popular.in_region("IN")) == ["eega", "robot"]
    assert list(popular.in_region("US")) == []


def test_popular_searches_are_read_on_a_thread(own_database: Engine) -> None:
    record_popular_search(own_database, "eega", "IN")
    popular = PopularSearches(own_database)
    popular.start()
    popular.stop()
    assert list(popular.in_region("IN")) == ["eega"]


def test_nothing_is_popular_while_postgresql_is_away(unreachable_database: Engine) -> None:
    popular = PopularSearches(unreachable_database)
    popular.start()
    popular.stop()
    assert list(popular.in_region("IN")) == []
