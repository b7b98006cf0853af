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
from recommend import taste
from recommend.event_fold import TitleRepresentation
from recommend.taste import TasteFeatures, unit_vector
from recommend.title_state import EMPTY_STATE
from viewers.interactions import (
    read_known_ids,
    read_taste,
    read_title_states,
    rebuild_viewer_state,
    record_interactions,
)
from vocabulary.ids import TitleId
from vocabulary.kinds import Event

NOW = datetime.now(UTC)
DIM = 16
TITLE_COUNT = 12  # the second without a vector; all after these are not there
VIEWERS = (UUID(int=1), UUID(int=2))


class SmallFeatureSource:
    """A catalogue of a few titles, as one model sees them."""

    def __init__(self, model: str | None = "first") -> None:
        self.model = model
        seed = len(model or "")
        vectors = np.random.default_rng(seed).normal(size=(TITLE_COUNT, DIM)).astype(np.float32)
        self._vectors = [unit_vector(each) for each in vectors]

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        return {
            each: TitleRepresentation(
                TasteFeatures(
                    languages=("te",), genres=(f"genre {each % 3}",), people=(f"{each}",)
                ),
                None if each == 1 or self.model is None else self._vectors[each],
            )
            for each in title_ids
            if each < TITLE_COUNT
        }


def make_interaction(event: Event | str, title_id: int = 0, **given: object) -> Interaction:
    return replace(Interaction(id=uuid4(), title_id=title_id, event=Event(event), at=NOW), **given)  # type: ignore[arg-type]  # fields


def rows_as_text(session: Session, *, table: str, viewer_id: UUID | None = None) -> list[str]:
    """Return every row as PostgreSQL writes it, to the last bit."""
    rows = session.execute(
        text(f"SELECT t::text FROM {table} t WHERE viewer_id = coalesce(:id, viewer_id)"),
        {"id": viewer_id},
    )
    return sorted(rows.scalars())


def viewer_state_rows(session: Session) -> list[str]:
    return [*rows_as_text(session, table="standing"), *rows_as_text(session, table="taste")]


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
                    title_id=draw(st.integers(0, TITLE_COUNT + 1)),
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
def test_rebuilding_gives_the_same_rows_to_the_last_bit(
    db_session: Session, batches: list[tuple[UUID, list[Interaction]]]
) -> None:
    for viewer_id, batch in batches:
        record_interactions(db_session, viewer_id, batch, SmallFeatureSource())
    online = viewer_state_rows(db_session)
    for viewer_id in VIEWERS:
        held = read_title_states(db_session, viewer_id)
        known = {title_id for title_id, each in held.items() if each.is_known}
        assert read_known_ids(db_session, viewer_id) == known
        rebuild_viewer_state(db_session, viewer_id, SmallFeatureSource())
    assert viewer_state_rows(db_session) == online
    db_session.rollback()


def test_a_like_changes_the_taste_and_a_repetition_does_not(db_session: Session) -> None:
    viewer_id, like = uuid4(), make_interaction("like", device="tv", row="because:7", position=3)
    first = record_interactions(
        db_session, viewer_id, [like, make_interaction("view", 3)], SmallFeatureSource()
    )
    before = viewer_state_rows(db_session)
    again = record_interactions(
        db_session, viewer_id, [like, replace(like, event=Event.DISLIKE)], SmallFeatureSource()
    )
    assert (first.stored_count, first.repeated_count, again.stored_count, again.repeated_count) == (
        2,
        0,
        0,
        2,
    )
    assert viewer_state_rows(db_session) == before
    learnt = read_taste(db_session, viewer_id, "first")
    assert learnt.long_term is not None
    assert learnt.affinity("language:te") > 0
    assert list(read_title_states(db_session, viewer_id)) == [0, 3]
    assert interactions.latest(db_session, viewer_id, limit=5, offset=1) == [like]


def test_of_several_events_with_one_id_the_first_is_stored(db_session: Session) -> None:
    like = make_interaction("like")
    counted = record_interactions(
        db_session, uuid4(), [like, replace(like, event=Event.DISLIKE)], SmallFeatureSource()
    )
    assert counted.new == [like]


def test_impressions_are_stored_and_change_nothing(db_session: Session) -> None:
    viewer_id = uuid4()
    record_interactions(
        db_session, viewer_id, [make_interaction("impression")], SmallFeatureSource()
    )
    assert interactions.count(db_session, viewer_id) == 1
    assert viewer_state_rows(db_session) == []
    assert read_taste(db_session, viewer_id, "first") == taste.EMPTY_TASTE


def test_events_of_a_missing_title_are_stored_without_changing_the_taste(
    db_session: Session,
) -> None:
    viewer_id = uuid4()
    record_interactions(
        db_session, viewer_id, [make_interaction("like", TITLE_COUNT + 1)], SmallFeatureSource()
    )
    assert read_title_states(db_session, viewer_id)[TITLE_COUNT + 1] != EMPTY_STATE
    assert read_taste(db_session, viewer_id, "first") == taste.EMPTY_TASTE


def test_title_states_are_read_latest_first_up_to_a_limit(db_session: Session) -> None:
    viewer_id = uuid4()
    for title_id, days in ((1, 5), (2, 1), (3, 9)):
        at = NOW - timedelta(days=days)
        record_interactions(
            db_session, viewer_id, [make_interaction("like", title_id, at=at)], SmallFeatureSource()
        )
    assert list(read_title_states(db_session, viewer_id)) == [2, 1, 3]
    assert list(read_title_states(db_session, viewer_id, limit=1)) == [2]


@pytest.mark.parametrize("model", ["second one", None])
def test_a_taste_of_another_model_is_recomputed(db_session: Session, model: str | None) -> None:
    viewer_id = uuid4()
    events = [
        make_interaction("like", 2),
        make_interaction("rate", 3, value=4.5),
        make_interaction("dislike", 4),
    ]
    record_interactions(db_session, viewer_id, events[:2], SmallFeatureSource())
    known = read_taste(db_session, viewer_id, model)
    assert known.long_term is None
    assert known.affinity("genre:genre 2") > 0
    record_interactions(db_session, viewer_id, events[2:], SmallFeatureSource(model))
    moved = viewer_state_rows(db_session)
    rebuild_viewer_state(db_session, viewer_id, SmallFeatureSource(model))
    assert viewer_state_rows(db_session) == moved
    assert (read_taste(db_session, viewer_id, model).aversion is None) == (model is None)


def test_viewers_do_not_affect_each_other(db_session: Session) -> None:
    mine, other = uuid4(), uuid4()
    like = make_interaction("like")
    record_interactions(db_session, mine, [like], SmallFeatureSource())
    before = rows_as_text(db_session, table="taste", viewer_id=mine)
    assert (
        record_interactions(
            db_session, other, [like, make_interaction("dislike", 3)], SmallFeatureSource()
        ).stored_count
        == 2
    )
    assert rows_as_text(db_session, table="taste", viewer_id=mine) == before


def test_events_of_a_deleted_viewer_are_refused(db_session: Session) -> None:
    viewer_id = uuid4()
    record_interactions(db_session, viewer_id, [make_interaction("like")], SmallFeatureSource())
    viewer_lifecycle.delete(db_session, viewer_id)
    assert viewer_state_rows(db_session) == []
    with pytest.raises(ViewerDeleted):
        record_interactions(db_session, viewer_id, [make_interaction("like")], SmallFeatureSource())


def test_concurrent_events_of_one_viewer_are_applied_in_sequence(
    own_database: Engine,
) -> None:
    viewer_id = uuid4()
    every = [
        make_interaction(event, number % TITLE_COUNT) for number, event in enumerate([*Event] * 4)
    ]
    every = [replace(each, value=3.5 if each.event is Event.RATE else None) for each in every]

    def tell(client: int) -> int:
        stored = 0
        for start in range(client % 4, len(every), 4):  # two clients tell of each
            with open_session(own_database) as writing:
                stored += record_interactions(
                    writing, viewer_id, every[start : start + 2], SmallFeatureSource()
                ).stored_count
                writing.commit()
        return stored

    with ThreadPoolExecutor(8) as clients:
        assert sum(clients.map(tell, range(8))) == len(every)
    with open_session(own_database) as writing:
        assert interactions.count(writing, viewer_id) == len(every)
        online = viewer_state_rows(writing)
        rebuild_viewer_state(writing, viewer_id, SmallFeatureSource())
        assert viewer_state_rows(writing) == online
