import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from db.engine import connect
from db.searches import ClickLogEntry
from runtime.search_log import (
    MAX_CLICK_WAIT,
    MAX_OUTAGE,
    MAX_QUEUED_LINES,
    SearchLog,
)
from tests.runtime.search_lines import UNREACHABLE_URL, make_search


@pytest.fixture
def unreachable_database() -> Iterator[Engine]:
    """A PostgreSQL that does not answer."""
    engine = connect(UNREACHABLE_URL)
    yield engine
    engine.dispose()


def make_click(search_id: UUID, *, ago: timedelta = timedelta()) -> ClickLogEntry:
    return ClickLogEntry(
        id=uuid4(),
        visitor_id=None,
        search_id=search_id,
        folded="",
        title_id=7,
        position=1,
        at=datetime.now(UTC) - ago,
    )


def count_rows(engine: Engine, table: str = "search_query") -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_what_is_added_is_written_on_a_thread_and_at_the_end(own_database: Engine) -> None:
    dropped: list[int] = []
    log = SearchLog(own_database, dropped.append)
    log.start()

    def add() -> None:
        for _ in range(50):
            log.add(make_search())

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.stop()
    assert count_rows(own_database) == 200
    assert dropped == []


def test_a_log_that_was_never_started_can_be_stopped(own_database: Engine) -> None:
    log = SearchLog(own_database, lambda _: None)
    log.add(make_search())
    log.stop()
    assert count_rows(own_database) == 1


def test_more_than_can_wait_is_dropped_and_counted(own_database: Engine) -> None:
    dropped: list[int] = []
    log = SearchLog(own_database, dropped.append)
    for _ in range(MAX_QUEUED_LINES + 3):
        log.add(make_search())
    log.flush()
    assert sum(dropped) == 3
    assert count_rows(own_database) == MAX_QUEUED_LINES


def test_without_postgresql_nothing_waits_but_the_lines_which_are_counted_at_the_end(
    unreachable_database: Engine,
) -> None:
    dropped: list[int] = []
    log = SearchLog(unreachable_database, dropped.append)
    log.add(make_search())
    log.add(make_search(ago=MAX_OUTAGE))
    log.flush()
    assert dropped == [1]  # the one that waited long
    log.stop()
    assert sum(dropped) == 2


def test_lines_are_written_once_postgresql_is_back(own_database: Engine) -> None:
    log = SearchLog(own_database, lambda _: None)
    search = make_search()
    log.add(search)
    log.add(make_click(search.id))
    with own_database.begin() as connection:
        connection.execute(text("ALTER DATABASE own SET default_transaction_read_only = on"))
    own_database.dispose()
    log.flush()
    assert count_rows(own_database) == 0
    with own_database.begin() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        connection.execute(text("ALTER DATABASE own RESET default_transaction_read_only"))
    own_database.dispose()
    log.flush()
    assert (count_rows(own_database), count_rows(own_database, "search_click")) == (1, 1)


def test_what_postgresql_refuses_does_not_hold_up_the_rest(own_database: Engine) -> None:
    dropped: list[int] = []
    log = SearchLog(own_database, dropped.append)
    log.add(make_search("\0"))
    log.flush()
    log.add(make_search())
    log.flush()
    assert dropped == [1]
    assert count_rows(own_database) == 1


def test_a_click_waits_for_a_search_that_another_process_writes(own_database: Engine) -> None:
    log, other = SearchLog(own_database, lambda _: None), SearchLog(own_database, lambda _: None)
    search = make_search()
    log.add(make_click(search.id))
    log.add(make_click(uuid4(), ago=MAX_CLICK_WAIT))  # of a search that never was
    log.flush()
    other.add(search)
    other.flush()
    log.flush()
    assert count_rows(own_database, "search_click") == 1
