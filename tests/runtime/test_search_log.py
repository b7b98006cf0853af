import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from db import searches
from db.engine import connect, open_session
from db.searches import ClickLogEntry, SearchLogEntry
from runtime.search_log import CLICK_WAITS, MOST, OUTAGE, Popular, SearchLog

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"


@pytest.fixture
def away() -> Iterator[Engine]:
    """A PostgreSQL that does not answer."""
    engine = connect(NOWHERE)
    yield engine
    engine.dispose()


def asked(words: str = "eega", *, ago: timedelta = timedelta(), **given: object) -> SearchLogEntry:
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


def opened(search_id: UUID, *, ago: timedelta = timedelta()) -> ClickLogEntry:
    return ClickLogEntry(
        id=uuid4(),
        visitor_id=None,
        search_id=search_id,
        folded="",
        title_id=7,
        position=1,
        at=datetime.now(UTC) - ago,
    )


def kept(engine: Engine, table: str = "search_query") -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_what_is_added_is_written_on_a_thread_and_at_the_end(own: Engine) -> None:
    dropped: list[int] = []
    log = SearchLog(own, dropped.append)
    log.start()

    def add() -> None:
        for _ in range(50):
            log.add(asked())

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.stop()
    assert kept(own) == 200
    assert dropped == []


def test_a_log_that_was_never_started_can_be_stopped(own: Engine) -> None:
    log = SearchLog(own, lambda _: None)
    log.add(asked())
    log.stop()
    assert kept(own) == 1


def test_more_than_can_wait_is_dropped_and_counted(own: Engine) -> None:
    dropped: list[int] = []
    log = SearchLog(own, dropped.append)
    for _ in range(MOST + 3):
        log.add(asked())
    log.flush()
    assert sum(dropped) == 3
    assert kept(own) == MOST


def test_without_postgresql_nothing_waits_but_the_lines_which_are_counted_at_the_end(
    away: Engine,
) -> None:
    dropped: list[int] = []
    log = SearchLog(away, dropped.append)
    log.add(asked())
    log.add(asked(ago=OUTAGE))
    log.flush()
    assert dropped == [1]  # the one that waited long
    log.stop()
    assert sum(dropped) == 2


def test_lines_are_written_once_postgresql_is_back(own: Engine) -> None:
    log = SearchLog(own, lambda _: None)
    search = asked()
    log.add(search)
    log.add(opened(search.id))
    with own.begin() as connection:
        connection.execute(text("ALTER DATABASE own SET default_transaction_read_only = on"))
    own.dispose()
    log.flush()
    assert kept(own) == 0
    with own.begin() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        connection.execute(text("ALTER DATABASE own RESET default_transaction_read_only"))
    own.dispose()
    log.flush()
    assert (kept(own), kept(own, "search_click")) == (1, 1)


def test_what_postgresql_refuses_does_not_hold_up_the_rest(own: Engine) -> None:
    dropped: list[int] = []
    log = SearchLog(own, dropped.append)
    log.add(asked("\0"))
    log.flush()
    log.add(asked())
    log.flush()
    assert dropped == [1]
    assert kept(own) == 1


def test_a_click_waits_for_a_search_that_another_process_writes(own: Engine) -> None:
    log, other = SearchLog(own, lambda _: None), SearchLog(own, lambda _: None)
    search = asked()
    log.add(opened(search.id))
    log.add(opened(uuid4(), ago=CLICK_WAITS))  # of a search that never was
    log.flush()
    other.add(search)
    other.flush()
    log.flush()
    assert kept(own, "search_click") == 1


def popular(own: Engine, words: str, region: str) -> None:
    with open_session(own) as writing:
        searches.record(
            writing,
            [
                asked(words, visitor_id=uuid4(), recognised=True, region=region)
                for _ in range(searches.MIN_POPULAR_VISITORS)
            ],
        )
        since = datetime.now(UTC) - timedelta(days=1)
        searches.refresh_popular(writing, since=since, limit=9)
        writing.commit()


def test_popular_searches_are_a_regions_own_or_its_countrys(own: Engine) -> None:
    found = Popular(own)
    assert list(found.of("IN-TG")) == []
    popular(own, "eega", "IN-TG")
    popular(own, "robot", "IN-TN")
    found.refresh()
    assert list(found.of("IN-TG")) == ["eega"]
    assert list(found.of("IN-KL")) == list(found.of("IN")) == ["eega", "robot"]
    assert list(found.of("US")) == []


def test_popular_searches_are_read_on_a_thread(own: Engine) -> None:
    popular(own, "eega", "IN")
    found = Popular(own)
    found.start()
    found.stop()
    assert list(found.of("IN")) == ["eega"]


def test_without_postgresql_nothing_is_popular(away: Engine) -> None:
    found = Popular(away)
    found.start()
    found.stop()
    assert list(found.of("IN")) == []
