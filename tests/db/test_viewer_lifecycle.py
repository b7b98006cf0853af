"""A viewer's row: who holds it goes first, and who was forgotten does not come back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from db import searches, viewer_lifecycle
from db.engine import open_session
from db.searches import SearchLogEntry
from db.viewer_lifecycle import ViewerDeleted, delete, lock


def stored_viewer_ids(engine: Engine) -> set[UUID]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT id FROM viewer")).scalars())


def assert_waits(own: Engine, first: Callable[[Session], object], second: UUID) -> None:
    """Do the first, see that whoever holds the second waits for its commit, and commit it."""
    held = Event()

    def hold_too() -> None:
        with open_session(own) as writing:
            held.set()
            lock(writing, second)
            writing.commit()

    with ThreadPoolExecutor(1) as beside, open_session(own) as writing:
        first(writing)
        waiting = beside.submit(hold_too)
        assert held.wait(5)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.2)
        writing.commit()
        waiting.result(timeout=5)


def test_locking_inserts_new_viewers_and_makes_others_wait(own_database: Engine) -> None:
    known, new = uuid4(), uuid4()
    with open_session(own_database) as writing:
        lock(writing, known)
        writing.commit()
    assert_waits(own_database, lambda first: lock(first, new, known), known)
    assert stored_viewer_ids(own_database) == {known, new}


def test_two_transactions_of_a_new_viewer_wait_for_each_other(own_database: Engine) -> None:
    new = uuid4()
    assert_waits(own_database, lambda first: lock(first, new), new)
    assert stored_viewer_ids(own_database) == {new}


@pytest.mark.parametrize("there", [True, False])
def test_a_write_during_the_deletion_is_refused(own_database: Engine, there: bool) -> None:
    gone = uuid4()
    if there:
        with open_session(own_database) as writing:
            lock(writing, gone)
            writing.commit()
    with pytest.raises(ViewerDeleted):
        assert_waits(own_database, lambda first: delete(first, gone), gone)
    assert stored_viewer_ids(own_database) == set()


def test_deleting_twice_or_an_unknown_viewer_is_not_an_error(db_session: Session) -> None:
    gone = uuid4()
    for _ in range(2):
        delete(db_session, gone, uuid4())
    with pytest.raises(ViewerDeleted):
        lock(db_session, uuid4(), gone)


def test_a_viewer_deleted_long_ago_may_come_back(db_session: Session) -> None:
    gone = uuid4()
    delete(db_session, gone)
    viewer_lifecycle.delete_leftovers(db_session)
    with pytest.raises(ViewerDeleted):
        lock(db_session, gone)
    db_session.execute(text("UPDATE forgotten SET at = at - make_interval(hours => 1)"))
    viewer_lifecycle.delete_leftovers(db_session)
    lock(db_session, gone)


def test_searches_stored_after_the_deletion_are_deleted(db_session: Session) -> None:
    gone, other = uuid4(), uuid4()
    delete(db_session, gone)
    for visitor_id in (gone, other, None):
        late = SearchLogEntry(
            id=uuid4(),
            visitor_id=visitor_id,
            recognised=True,
            text="eega",
            folded="eega",
            region="IN",
            results=1,
            degraded=False,
            relaxed=False,
            took_ms=1.0,
            at=datetime.now(UTC),
        )
        searches.record(db_session, [late])
    db_session.execute(text("UPDATE forgotten SET at = at - make_interval(mins => 9)"))
    assert viewer_lifecycle.delete_leftovers(db_session) == 1
    left = db_session.execute(text("SELECT visitor_id FROM search_query")).scalars()
    assert set(left) == {other, None}
