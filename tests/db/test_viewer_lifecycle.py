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
from db.engine import session
from db.searches import Search
from db.viewer_lifecycle import ViewerForgotten, forget, hold


def viewers(engine: Engine) -> set[UUID]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT id FROM viewer")).scalars())


def waits(own: Engine, first: Callable[[Session], object], second: UUID) -> None:
    """Do the first, see that whoever holds the second waits for its commit, and commit it."""
    held = Event()

    def hold_too() -> None:
        with session(own) as writing:
            held.set()
            hold(writing, second)
            writing.commit()

    with ThreadPoolExecutor(1) as beside, session(own) as writing:
        first(writing)
        waiting = beside.submit(hold_too)
        assert held.wait(5)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.2)
        writing.commit()
        waiting.result(timeout=5)


def test_who_is_held_is_there_and_others_wait(own: Engine) -> None:
    known, new = uuid4(), uuid4()
    with session(own) as writing:
        hold(writing, known)
        writing.commit()
    waits(own, lambda first: hold(first, new, known), known)
    assert viewers(own) == {known, new}


def test_a_new_viewer_waits_for_himself(own: Engine) -> None:
    new = uuid4()
    waits(own, lambda first: hold(first, new), new)
    assert viewers(own) == {new}


@pytest.mark.parametrize("there", [True, False])
def test_who_comes_while_he_is_forgotten_is_refused(own: Engine, there: bool) -> None:
    gone = uuid4()
    if there:
        with session(own) as writing:
            hold(writing, gone)
            writing.commit()
    with pytest.raises(ViewerForgotten):
        waits(own, lambda first: forget(first, gone), gone)
    assert viewers(own) == set()


def test_to_forget_twice_or_nobody_is_no_error(database: Session) -> None:
    gone = uuid4()
    for _ in range(2):
        forget(database, gone, uuid4())
    with pytest.raises(ViewerForgotten):
        hold(database, uuid4(), gone)


def test_who_was_forgotten_long_ago_may_come_back(database: Session) -> None:
    gone = uuid4()
    forget(database, gone)
    viewer_lifecycle.sweep(database)
    with pytest.raises(ViewerForgotten):
        hold(database, gone)
    database.execute(text("UPDATE forgotten SET at = at - make_interval(hours => 1)"))
    viewer_lifecycle.sweep(database)
    hold(database, gone)


def test_searches_that_came_late_are_swept(database: Session) -> None:
    gone, other = uuid4(), uuid4()
    forget(database, gone)
    for visitor_id in (gone, other, None):
        late = Search(
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
        searches.record(database, [late])
    database.execute(text("UPDATE forgotten SET at = at - make_interval(mins => 9)"))
    assert viewer_lifecycle.sweep(database) == 1
    left = database.execute(text("SELECT visitor_id FROM search_query")).scalars()
    assert set(left) == {other, None}
