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
def test_percentiles_are_between_zero_and_one(values: np.ndarray) -> None:
    shares = percentiles(values)
    assert shares.shape == values.shape
    assert ((shares >= 0) & (shares <= 1)).all()
    assert ((shares == 0) == (values == 0)).all()


@given(ranked)
def test_higher_counts_have_higher_percentiles(values: np.ndarray) -> None:
    shares = percentiles(values)
    more = values[:, None] > values[None, :]
    assert (shares[:, None] > shares[None, :])[more].all()
    same = values[:, None] == values[None, :]
    assert (shares[:, None] == shares[None, :])[same].all()


@given(ranked, st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_scale_of_a_source_does_not_matter(values: np.ndarray, scale: float) -> None:
    np.testing.assert_array_equal(percentiles(values * scale), percentiles(values))


def test_the_highest_count_has_percentile_one() -> None:
    np.testing.assert_allclose(percentiles(np.array([1.0, 2, 3, 4, 5])), [0.2, 0.4, 0.6, 0.8, 1.0])


def test_too_few_counts_to_rank_get_a_half() -> None:
    np.testing.assert_array_equal(percentiles(np.array([1.0, 900.0, 0.0])), [0.5, 0.5, 0.0])


def test_the_best_source_decides_the_audience() -> None:
    rows = np.arange(5)
    votes, own = np.array([1.0, 2, 3, 4, 5]), np.array([50.0, 4, 3, 2, 1])
    np.testing.assert_allclose(
        audience_scores(6, [(rows, votes), (rows, own)]), [1.0, 0.64, 0.36, 0.64, 1.0, 0.0]
    )


def test_titles_without_counts_have_no_audience() -> None:
    np.testing.assert_array_equal(audience_scores(3, []), [0, 0, 0])


@given(ranked)
def test_a_further_source_never_lowers_an_audience(values: np.ndarray) -> None:
    rows = np.arange(len(values))
    alone = audience_scores(len(values), [(rows, values)])
    both = audience_scores(len(values), [(rows, values), (rows, values[::-1].copy())])
    assert (both >= alone).all()


@given(ranked)
def test_groups_keep_the_order_of_their_rows(values: np.ndarray) -> None:
    audiences = audience_scores(len(values), [(np.arange(len(values)), values)])
    rows = list(range(len(values)))[::-1]
    (own,) = popularity_within_groups({"te": rows}, audiences).values()
    assert own.shape == (len(rows),)
    more = audiences[rows][:, None] > audiences[rows][None, :]
    assert (own[:, None] > own[None, :])[more].all()


def test_the_top_titles_of_small_and_large_languages_are_equally_popular_there() -> None:
    audiences = np.concatenate([np.linspace(0.01, 0.1, 10), np.linspace(0.1, 1.0, 100)])
    own = popularity_within_groups({"kn": range(10), "hi": range(10, 110)}, audiences)
    assert own["kn"][-1] == own["hi"][-1] == 1.0
