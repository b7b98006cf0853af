"""Tastes: what they are sums of, and where they lie."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommend import title_state
from recommend.taste import EMPTY_TASTE, Taste, TasteFeatures, runtime_class, unit_vector
from recommend.taste_update import (
    HALF_LIFE,
    MAX_AFFINITIES,
    MAX_INTERESTS,
    SESSION_HALF_LIFE,
    OpinionChange,
    compare_opinions,
    decay_taste,
    update_taste,
)
from recommend.title_state import TitleEvent, TitleState, opinion_of
from vocabulary.arrays import Vector
from vocabulary.kinds import Event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DIM = 32
NO_FEATURES = TasteFeatures()
RNG = np.random.default_rng(7)
VECTORS = [unit_vector(each) for each in RNG.normal(size=(20, DIM)).astype(np.float32)]
FEATURES = [
    TasteFeatures(
        languages=("te",) if number % 2 else ("ta", "te"),
        genres=(f"genre {number % 3}",),
        people=(f"person {number}",),
        cast=(f"star {number % 4}", f"star {number % 5}"),
        year=1980 + 5 * number,
        runtime_minutes=100 + 10 * number,
    )
    for number in range(20)
]


def fold_changes(changes: Iterable[OpinionChange]) -> Taste:
    return reduce(update_taste, changes, EMPTY_TASTE)


def axis(number: int) -> Vector:
    vector: Vector = np.eye(DIM, dtype=np.float32)[number]
    return vector


def near_vector(middle: Vector, seed: int) -> Vector:
    """Return a vector with a cosine of about 0.8 to another."""
    noise = np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
    return unit_vector(middle + np.float32(0.75) * unit_vector(noise))


def like_change(
    vector: Vector | None, at: datetime = NOON, features: TasteFeatures = NO_FEATURES
) -> OpinionChange:
    return OpinionChange(before=0.0, after=1.0, at=at, vector=vector, features=features)


def dislike_change(vector: Vector, at: datetime = NOON) -> OpinionChange:
    return OpinionChange(before=0.0, after=-1.0, at=at, vector=vector, features=NO_FEATURES)


def fold_events(events: list[TitleEvent]) -> tuple[Taste, dict[int, TitleState]]:
    """Fold events as they are told."""
    taste, standings = EMPTY_TASTE, dict[int, TitleState]()
    for each in events:
        before = standings.get(each.title_id, title_state.EMPTY_STATE)
        after = standings[each.title_id] = title_state.apply_event(before, each)
        number = each.title_id
        told = compare_opinions(before, after, vector=VECTORS[number], features=FEATURES[number])
        taste = taste if told is None else update_taste(taste, told)
    return taste, standings


@st.composite
def histories(draw: st.DrawFn) -> list[TitleEvent]:
    return [
        TitleEvent(
            title_id=draw(st.integers(0, len(VECTORS) - 1)),
            event=(event := draw(st.sampled_from(Event))),
            at=NOON - timedelta(minutes=draw(st.integers(0, 60 * 24 * 300))),
            value=draw(st.integers(1, 10)) / 2 if event is Event.RATE else None,
            progress=draw(st.floats(0, 1)) if event is Event.WATCH else None,
        )
        for _ in range(draw(st.integers(1, 40)))
    ]


def is_close(found: Vector | None, expected: NDArray[np.float64]) -> bool:
    return bool(np.allclose(0.0 if found is None else found, expected, atol=0.01))


@settings(max_examples=150, deadline=None)
@given(histories())
def test_a_taste_is_the_sum_of_current_opinions_in_any_order(
    events: list[TitleEvent],
) -> None:
    taste, standings = fold_events(events)
    taste = decay_taste(taste, NOON)
    long_term, session, aversion = np.zeros((3, DIM))
    affinities, mass = dict[str, float](), 0.0
    for number, each in standings.items():
        worth, since = opinion_of(each)
        if since is None:
            continue
        left = 0.5 ** ((NOON - since) / HALF_LIFE)
        long_term += max(worth, 0) * left * VECTORS[number]
        session += max(worth, 0) * 0.5 ** ((NOON - since) / SESSION_HALF_LIFE) * VECTORS[number]
        aversion += max(-worth, 0) * left * VECTORS[number]
        mass += abs(worth) * left
        for name, weight in FEATURES[number].weights().items():
            affinities[name] = affinities.get(name, 0.0) + weight * worth * left
    assert is_close(taste.long_term, long_term)
    assert is_close(taste.session, session)
    assert is_close(taste.aversion, aversion)
    assert taste.mass == pytest.approx(mass, abs=0.01)
    for name, value in affinities.items():
        assert taste.affinities.get(name, 0.0) == pytest.approx(value, abs=0.01)


@given(vector=st.sampled_from(VECTORS), days=st.floats(0, 600))
def test_an_undone_event_leaves_nothing_however_old(vector: Vector, days: float) -> None:
    first = like_change(vector, features=FEATURES[0])
    undone = OpinionChange(
        before=1.0,
        after=0.0,
        at=NOON + timedelta(days=days),
        previous_at=NOON,
        vector=vector,
        features=FEATURES[0],
    )
    left = fold_changes([first, undone])
    assert (left.long_term, left.session, left.aversion) == (None, None, None)
    assert (left.interests, left.mass) == ((), 0.0)
    assert [*left.affinities.values()] == pytest.approx([0.0] * len(left.affinities))


def test_tastes_and_sessions_decay_by_their_half_lives() -> None:
    taste = update_taste(EMPTY_TASTE, like_change(axis(0), features=FEATURES[1]))
    later = decay_taste(taste, NOON + SESSION_HALF_LIFE)
    assert later.session is not None
    assert later.session[0] == pytest.approx(0.5)
    much_later = decay_taste(later, NOON + HALF_LIFE)
    assert much_later.long_term is not None
    assert much_later.long_term[0] == pytest.approx(0.5)
    assert much_later.session is None
    assert much_later.interests[0].weight == pytest.approx(0.5)
    assert much_later.affinities["language:te"] == pytest.approx(0.5)
    assert much_later.mass == pytest.approx(0.5)


def test_two_topics_are_two_interests() -> None:
    told = [like_change(near_vector(axis(each % 2), seed=each)) for each in range(20)]
    found = fold_changes(told).interests
    assert len(found) == 2
    assert sorted(int(np.argmax(each.direction)) for each in found) == [0, 1]
    assert [each.weight for each in found] == pytest.approx([10, 10])


def test_a_sixth_interest_merges_the_two_most_similar() -> None:
    alike = unit_vector(axis(0) + np.float32(0.25) * axis(1))
    found = fold_changes(
        [like_change(each) for each in (*map(axis, range(2, 6)), axis(0), alike)]
    ).interests
    assert len(found) == MAX_INTERESTS
    assert sorted(each.weight for each in found) == pytest.approx([1, 1, 1, 1, 2])


def test_a_dislike_changes_the_direction_but_not_the_liked_sum() -> None:
    towards, away = unit_vector(axis(0) + axis(1)), axis(1)
    taste = fold_changes([like_change(towards), dislike_change(away)])
    assert taste.long_term is not None
    np.testing.assert_allclose(taste.long_term, towards)
    pushed = taste.steer_from_aversion(towards)
    assert pushed @ away < towards @ away
    assert pushed @ axis(0) > towards @ axis(0)
    assert np.linalg.norm(pushed) == pytest.approx(1, abs=1e-6)
    lightly = fold_changes(
        [like_change(towards)] * 20 + [dislike_change(away)]
    ).steer_from_aversion(towards)
    assert pushed @ away < lightly @ away < towards @ away


def test_one_title_proves_less_than_many() -> None:
    one = fold_changes([like_change(None, features=FEATURES[1])])
    many = fold_changes([like_change(None, features=FEATURES[1])] * 30)
    assert 0 < one.affinity("language:te") < 0.5 < 0.9 < many.affinity("language:te") <= 1
    assert one.affinity("language:ta") == 0


def test_top_affinities_are_of_one_kind_the_strongest_first() -> None:
    told = [
        like_change(None, features=FEATURES[1]),
        like_change(None, features=FEATURES[2]),
        OpinionChange(before=0, after=-1, at=NOON, vector=None, features=FEATURES[3]),
    ]
    taste = fold_changes(told)
    assert [name for name, _ in taste.top_affinities("genre")] == ["genre 1", "genre 2"]
    assert [name for name, _ in taste.top_affinities("language")] == ["ta", "te"]
    assert taste.combined_affinity(FEATURES[4].traits(), {"genre": 1.0}) == pytest.approx(
        taste.affinity("genre:genre 1")
    )
    assert taste.combined_affinity(FEATURES[3].traits(), {"genre": 1.0}) < 0


def test_the_size_of_a_taste_is_bounded() -> None:
    taste = EMPTY_TASTE
    for number in range(600):
        features = TasteFeatures(people=[f"person {number} {each}" for each in range(6)])
        at = NOON + timedelta(hours=number)
        taste = update_taste(taste, like_change(VECTORS[number % 20], at, features))
        assert len(taste.interests) <= MAX_INTERESTS
        assert len(taste.affinities) <= MAX_AFFINITIES
    assert "person:person 599 5" in taste.affinities
    assert "person:person 0 0" not in taste.affinities


def test_undoing_an_event_of_a_dropped_affinity_does_not_make_it_negative() -> None:
    crowd = [
        like_change(
            None,
            NOON + timedelta(days=1),
            TasteFeatures(people=[f"person {each}" for each in range(start, start + 50)]),
        )
        for start in range(0, 300, 50)
    ]
    undone = OpinionChange(
        before=1, after=0, at=NOON, previous_at=NOON, vector=None, features=FEATURES[0]
    )
    taste = fold_changes([like_change(None, features=FEATURES[0]), *crowd, undone])
    assert "genre:genre 0" not in taste.affinities


@pytest.mark.parametrize(
    ("minutes", "expected"), [(24, "episode"), (95, "short"), (140, "medium"), (190, "long")]
)
def test_lengths_have_names(minutes: int, expected: str) -> None:
    assert runtime_class(minutes) == expected
    assert TasteFeatures(runtime_minutes=minutes, year=1999).traits() == {
        "era:1990",
        f"length:{expected}",
    }


def test_actors_billed_later_get_a_smaller_share_of_an_opinion() -> None:
    features = TasteFeatures(people=["Rajamouli"], cast=["Nani", "Samantha", "Rajamouli", "Nani"])
    taste = update_taste(EMPTY_TASTE, like_change(None, features=features))
    assert [name for name, _ in taste.top_affinities("person")] == ["Nani", "Rajamouli", "Samantha"]
    assert taste.affinity("person:Nani") == taste.affinity("person:Rajamouli")
    assert 0 < taste.affinity("person:Samantha") < taste.affinity("person:Nani")
