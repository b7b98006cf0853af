"""What viewers do and what follows from it, in PostgreSQL: once, in order, and again by replay."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import Session

from db import interactions, viewer_lifecycle
from db.engine import open_session
from db.interactions import Interaction
from db.viewer_lifecycle import ViewerDeleted
from index.query import TitleId
from recommend import taste
from recommend.taste import Features, unit
from recommend.title_state import NOTHING
from viewers.interactions import Described, hear, known_of, replay, standings_of, taste_of
from vocabulary.kinds import Event

NOW = datetime.now(UTC)
DIM = 16
TITLES = 12  # the second without a vector; all after these are not there
VIEWERS = (UUID(int=1), UUID(int=2))


class Shelf:
    """A catalogue of a few titles, as one model sees them."""

    def __init__(self, model: str | None = "first") -> None:
        self.model = model
        seed = len(model or "")
        vectors = np.random.default_rng(seed).normal(size=(TITLES, DIM)).astype(np.float32)
        self._vectors = [unit(each) for each in vectors]

    def described(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, Described]:
        return {
            each: Described(
                Features(languages=("te",), genres=(f"genre {each % 3}",), people=(f"{each}",)),
                None if each == 1 or self.model is None else self._vectors[each],
            )
            for each in title_ids
            if each < TITLES
        }


def told(event: Event | str, title_id: int = 0, **given: object) -> Interaction:
    return replace(Interaction(id=uuid4(), title_id=title_id, event=Event(event), at=NOW), **given)  # type: ignore[arg-type]  # fields


def kept(session: Session, *, table: str, viewer_id: UUID | None = None) -> list[str]:
    """Return every row as PostgreSQL writes it, to the last bit."""
    rows = session.execute(
        text(f"SELECT t::text FROM {table} t WHERE viewer_id = coalesce(:id, viewer_id)"),
        {"id": viewer_id},
    )
    return sorted(rows.scalars())


def state(session: Session) -> list[str]:
    return [*kept(session, table="standing"), *kept(session, table="taste")]


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[UUID, list[Interaction]]]:
    """What two viewers tell in turn: late, repeated, undone, of titles that are not there too."""
    found = []
    for _ in range(draw(st.integers(1, 8))):
        batch = []
        for _ in range(draw(st.integers(1, 6))):
            event = draw(st.sampled_from(Event))
            batch.append(
                Interaction(
                    id=UUID(int=draw(st.integers(0, 60))),
                    title_id=draw(st.integers(0, TITLES + 1)),
                    event=event,
                    at=NOW - timedelta(seconds=draw(st.integers(0, 10**7))),
                    value=draw(st.integers(1, 10)) / 2 if event is Event.RATE else None,
                    progress=draw(st.floats(0, 1)) if event is Event.WATCH else None,
                )
            )
        found.append((draw(st.sampled_from(VIEWERS)), batch))
    return found


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=batches())
def test_a_replay_leads_to_the_same_rows_to_the_last_bit(
    database: Session, batches: list[tuple[UUID, list[Interaction]]]
) -> None:
    for viewer_id, batch in batches:
        hear(database, viewer_id, batch, Shelf())
    online = state(database)
    for viewer_id in VIEWERS:
        held = standings_of(database, viewer_id)
        known = {title_id for title_id, each in held.items() if each.known}
        assert known_of(database, viewer_id) == known
        replay(database, viewer_id, Shelf())
    assert state(database) == online
    database.rollback()


def test_a_like_moves_the_taste_and_a_repetition_does_nothing(database: Session) -> None:
    viewer_id, like = uuid4(), told("like", device="tv", row="because:7", position=3)
    first = hear(database, viewer_id, [like, told("view", 3)], Shelf())
    before = state(database)
    again = hear(database, viewer_id, [like, replace(like, event=Event.DISLIKE)], Shelf())
    assert (first.stored, first.repeated, again.stored, again.repeated) == (2, 0, 0, 2)
    assert state(database) == before
    learnt = taste_of(database, viewer_id, "first")
    assert learnt.long_term is not None
    assert learnt.affinity("language:te") > 0
    assert list(standings_of(database, viewer_id)) == [0, 3]
    assert interactions.latest(database, viewer_id, limit=5, offset=1) == [like]


def test_of_several_with_one_number_the_first_is_stored(database: Session) -> None:
    like = told("like")
    counted = hear(database, uuid4(), [like, replace(like, event=Event.DISLIKE)], Shelf())
    assert counted.new == [like]


def test_what_was_shown_is_kept_and_changes_nothing(database: Session) -> None:
    viewer_id = uuid4()
    hear(database, viewer_id, [told("impression")], Shelf())
    assert interactions.count(database, viewer_id) == 1
    assert state(database) == []
    assert taste_of(database, viewer_id, "first") == taste.NOTHING


def test_a_title_that_is_not_there_is_kept_and_teaches_nothing(database: Session) -> None:
    viewer_id = uuid4()
    hear(database, viewer_id, [told("like", TITLES + 1)], Shelf())
    assert standings_of(database, viewer_id)[TITLES + 1] != NOTHING
    assert taste_of(database, viewer_id, "first") == taste.NOTHING


def test_standings_come_the_latest_first_as_many_as_are_asked_for(database: Session) -> None:
    viewer_id = uuid4()
    for title_id, days in ((1, 5), (2, 1), (3, 9)):
        at = NOW - timedelta(days=days)
        hear(database, viewer_id, [told("like", title_id, at=at)], Shelf())
    assert list(standings_of(database, viewer_id)) == [2, 1, 3]
    assert list(standings_of(database, viewer_id, limit=1)) == [2]


@pytest.mark.parametrize("model", ["second one", None])
def test_a_taste_of_another_model_is_worked_out_anew(database: Session, model: str | None) -> None:
    viewer_id = uuid4()
    events = [told("like", 2), told("rate", 3, value=4.5), told("dislike", 4)]
    hear(database, viewer_id, events[:2], Shelf())
    known = taste_of(database, viewer_id, model)
    assert known.long_term is None
    assert known.affinity("genre:genre 2") > 0
    hear(database, viewer_id, events[2:], Shelf(model))
    moved = state(database)
    replay(database, viewer_id, Shelf(model))
    assert state(database) == moved
    assert (taste_of(database, viewer_id, model).aversion is None) == (model is None)


def test_one_viewer_says_nothing_of_another(database: Session) -> None:
    mine, other = uuid4(), uuid4()
    like = told("like")
    hear(database, mine, [like], Shelf())
    before = kept(database, table="taste", viewer_id=mine)
    assert hear(database, other, [like, told("dislike", 3)], Shelf()).stored == 2
    assert kept(database, table="taste", viewer_id=mine) == before


def test_who_was_forgotten_is_not_heard(database: Session) -> None:
    viewer_id = uuid4()
    hear(database, viewer_id, [told("like")], Shelf())
    viewer_lifecycle.delete(database, viewer_id)
    assert state(database) == []
    with pytest.raises(ViewerDeleted):
        hear(database, viewer_id, [told("like")], Shelf())


def test_many_who_tell_of_one_viewer_at_once_are_heard_one_after_another(own: Engine) -> None:
    viewer_id = uuid4()
    every = [told(event, number % TITLES) for number, event in enumerate([*Event] * 4)]
    every = [replace(each, value=3.5 if each.event is Event.RATE else None) for each in every]

    def tell(client: int) -> int:
        stored = 0
        for start in range(client % 4, len(every), 4):  # two clients tell of each
            with open_session(own) as writing:
                stored += hear(writing, viewer_id, every[start : start + 2], Shelf()).stored
                writing.commit()
        return stored

    with ThreadPoolExecutor(8) as clients:
        assert sum(clients.map(tell, range(8))) == len(every)
    with open_session(own) as writing:
        assert interactions.count(writing, viewer_id) == len(every)
        online = state(writing)
        replay(writing, viewer_id, Shelf())
        assert state(writing) == online
