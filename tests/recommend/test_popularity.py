import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommend.popularity import (
    MIN_RANKED_TITLES,
    audience_scores,
    percentiles,
    popularity_within_groups,
)

counts = st.lists(
    st.integers(0, 10**9) | st.floats(0, 1e6, allow_subnormal=False), max_size=30
).map(lambda values: np.array(values, np.float64))
ranked = counts.filter(lambda values: len(values) >= MIN_RANKED_TITLES)


@given(counts)
def test_every_share_is_between_none_and_all(values: np.ndarray) -> None:
    shares = percentiles(values)
    assert shares.shape == values.shape
    assert ((shares >= 0) & (shares <= 1)).all()
    assert ((shares == 0) == (values == 0)).all()


@given(ranked)
def test_more_counts_for_more_and_equal_for_equal(values: np.ndarray) -> None:
    shares = percentiles(values)
    more = values[:, None] > values[None, :]
    assert (shares[:, None] > shares[None, :])[more].all()
    same = values[:, None] == values[None, :]
    assert (shares[:, None] == shares[None, :])[same].all()


@given(ranked, st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_scale_of_a_source_does_not_matter(values: np.ndarray, scale: float) -> None:
    np.testing.assert_array_equal(percentiles(values * scale), percentiles(values))


def test_the_highest_is_all_of_them() -> None:
    np.testing.assert_allclose(percentiles(np.array([1.0, 2, 3, 4, 5])), [0.2, 0.4, 0.6, 0.8, 1.0])


def test_too_few_to_rank_count_half() -> None:
    np.testing.assert_array_equal(percentiles(np.array([1.0, 900.0, 0.0])), [0.5, 0.5, 0.0])


def test_a_title_is_as_known_as_its_best_source_says() -> None:
    rows = np.arange(5)
    votes, own = np.array([1.0, 2, 3, 4, 5]), np.array([50.0, 4, 3, 2, 1])
    np.testing.assert_allclose(
        audience_scores(6, [(rows, votes), (rows, own)]), [1.0, 0.64, 0.36, 0.64, 1.0, 0.0]
    )


def test_nobody_counted_is_nobody_known() -> None:
    np.testing.assert_array_equal(audience_scores(3, []), [0, 0, 0])


@given(ranked)
def test_a_source_that_counts_more_titles_never_makes_one_less_known(values: np.ndarray) -> None:
    rows = np.arange(len(values))
    alone = audience_scores(len(values), [(rows, values)])
    both = audience_scores(len(values), [(rows, values), (rows, values[::-1].copy())])
    assert (both >= alone).all()


@given(ranked)
def test_a_group_keeps_the_order_of_its_members(values: np.ndarray) -> None:
    audiences = audience_scores(len(values), [(np.arange(len(values)), values)])
    rows = list(range(len(values)))[::-1]
    (own,) = popularity_within_groups({"te": rows}, audiences).values()
    assert own.shape == (len(rows),)
    more = audiences[rows][:, None] > audiences[rows][None, :]
    assert (own[:, None] > own[None, :])[more].all()


def test_the_best_of_a_small_language_is_as_popular_there_as_that_of_a_large_one() -> None:
    audiences = np.concatenate([np.linspace(0.01, 0.1, 10), np.linspace(0.1, 1.0, 100)])
    own = popularity_within_groups({"kn": range(10), "hi": range(10, 110)}, audiences)
    assert own["kn"][-1] == own["hi"][-1] == 1.0
