"""Popularity of titles, from the counts of sources.

Each source counts on a scale of its own (votes, TMDB's popularity, an editor's estimate), so only
ranks within a source are compared: the audience of a title is its best percentile among the titles
of any source. Squared, so that well known titles stand out from the middle.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]  # (n,)

MIN_RANKED_TITLES = 5  # of a source; ranks among fewer mean nothing


def audience_scores(n: int, measures: Iterable[tuple[NDArray[np.int64], Values]]) -> Values:
    """Return (n,) values in 0..1; a measure is the rows of one source and their counts."""
    best = np.zeros(n)
    for rows, counts in measures:
        np.maximum.at(best, rows, percentiles(counts))
    return best**2


def percentiles(values: Values) -> Values:
    """Return for each value the share of values that are not greater; zero for zero.

    Equal values share the highest rank. With too few values to rank, each gets 0.5.
    """
    ordered = np.sort(values)
    ranks = np.searchsorted(ordered, values, side="right") / max(len(values), 1)
    if len(values) < MIN_RANKED_TITLES:
        ranks = np.full(len(values), 0.5)
    return np.where(values > 0, ranks, 0.0)


def popularity_within_groups(
    groups: Mapping[str, Sequence[int]], audiences: Values
) -> dict[str, Values]:
    """Return for each group of rows their popularity within the group, 0..1, in order."""
    return {name: percentiles(audiences[list(rows)]) ** 2 for name, rows in groups.items()}
