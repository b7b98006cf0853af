from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommend import metrics
from recommend.metrics import RecentLists
from vocabulary.arrays import Matrix

lists_by_viewer = st.lists(st.sets(st.integers(1, 12), max_size=6), max_size=8)
EYE: Matrix = np.eye(4, dtype=np.float32)


def unit_rows(n: int, seed: int) -> Matrix:
    rows: Matrix = np.random.default_rng(seed).standard_normal((n, 5)).astype(np.float32)
    units: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units


@given(st.integers(2, 12), st.integers(0, 9))
def test_diversity_is_the_mean_distance_of_all_pairs(n: int, seed: int) -> None:
    rows = unit_rows(n, seed)
    pairs = [1 - float(rows[one] @ rows[other]) for one, other in combinations(range(n), 2)]
    assert metrics.intra_list_diversity(rows) == pytest.approx(np.mean(pairs), abs=1e-5)


def test_equal_titles_are_not_diverse_and_unrelated_ones_are() -> None:
    assert metrics.intra_list_diversity(EYE[[0, 0, 0]]) == pytest.approx(0)
    assert metrics.intra_list_diversity(EYE) == pytest.approx(1)
    assert metrics.intra_list_diversity(EYE[:1]) == 0


def test_novelty_is_in_bits_and_bounded() -> None:
    assert metrics.novelty(np.array([1.0, 1.0])) == 0
    assert metrics.novelty(np.array([0.5, 0.125])) == 2
    assert metrics.novelty(np.array([0.0])) == metrics.novelty(np.array([1e-9])) == 10
    assert metrics.novelty(np.array([])) == 0


def test_coverage_counts_a_title_once() -> None:
    assert metrics.coverage([[1, 2], [2, 3], []], 6) == 0.5
    assert metrics.coverage([], 6) == metrics.coverage([[]], 0) == 0


def test_concentration_is_zero_for_even_and_highest_for_single_titles() -> None:
    assert metrics.concentration([[1, 2], [3, 4]], 4) == pytest.approx(0)
    assert metrics.concentration([[1]] * 9, 100) == pytest.approx(0.99)
    halves = [[1], [1], [1], [2]]
    assert 0 < metrics.concentration(halves, 2) < metrics.concentration(halves, 10) < 1
    assert metrics.concentration([], 4) == 0


def test_serendipity_counts_unexpected_relevant_titles() -> None:
    liked = EYE[[0]]
    ids, vectors = [1, 2, 3, 4], EYE[[0, 0, 1, 1]]
    assert metrics.serendipity(ids, vectors, expected=set(), liked=liked) == 0.5
    assert metrics.serendipity(ids, vectors, expected={1, 3}, liked=liked) == 0.25
    assert metrics.serendipity(ids, vectors, expected=set(ids), liked=liked) == 0
    assert metrics.serendipity(ids, vectors, expected=set(), liked=EYE[:0]) == 0
    assert metrics.serendipity([], EYE[:0], expected=set(), liked=liked) == 0


def test_freshness_is_the_mean() -> None:
    assert metrics.freshness(np.array([1.0, 0.5])) == 0.75
    assert metrics.freshness(np.array([])) == 0


@given(lists_by_viewer)
def test_personalisation_is_the_mean_distance_of_all_pairs_of_lists(lists: list[set[int]]) -> None:
    shown = [each for each in lists if each]
    apart = [
        1 - len(one & other) / (len(one) * len(other)) ** 0.5
        for one, other in combinations(shown, 2)
    ]
    assert metrics.personalisation(lists) == pytest.approx(np.mean(apart) if apart else 0)


@given(lists_by_viewer)
def test_recent_lists_have_the_metrics_of_the_last_lists(lists: list[set[int]]) -> None:
    observed = RecentLists(max_viewers=3)
    for number, shown in enumerate(lists):
        observed.add(number, shown)
    last = [each for each in lists if each][-3:]
    assert len(observed) == len(last)
    assert observed.coverage(12) == metrics.coverage(last, 12)
    assert observed.personalisation() == pytest.approx(metrics.personalisation(last), abs=1e-9)


@given(lists_by_viewer)
def test_a_second_list_of_a_viewer_replaces_the_first(lists: list[set[int]]) -> None:
    observed = RecentLists()
    for shown in lists:
        observed.add("somebody", shown)
        observed.add("else", {99})
    assert len(observed) <= 2
    if lists and lists[-1]:
        assert observed.coverage(100) == (len(lists[-1]) + 1) / 100
        assert observed.personalisation() == pytest.approx(1)


def test_personalisation_falls_as_lists_overlap() -> None:
    shared = [
        metrics.personalisation([{1, 2, 3}, {each, each + 1, each + 2}]) for each in range(1, 5)
    ]
    assert shared[0] == pytest.approx(0)
    assert shared[-1] == pytest.approx(1)
    assert all(less < more for less, more in pairwise(shared))
