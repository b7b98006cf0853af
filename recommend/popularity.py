"""How well known titles are, from what sources count.

Sources count in scales of their own (votes, TMDB's popularity, an editor's estimate), so only
ranks within a source are compared: the audience of a title is its best percentile among the
titles that one source counts. Squared, so that the well known stand out from the middle.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]  # (n,)

MIN_RANKED_TITLES = 5  # titles that a source must count before its ranks say anything


def audience_scores(n: int, measures: Iterable[tuple[NDArray[np.int64], Values]]) -> Values:
    """Return (n,) values in 0..1; a measure gives rows and what one source counts for them."""
    best = np.zeros(n)
    for rows, counted in measures:
        np.maximum.at(best, rows, percentiles(counted))
    return best**2


def percentiles(values: Values) -> Values:
    """Return each value's share of values no greater, zero for what is zero.

    Equal values share the rank of the highest. Few values are too few to rank: they count half.
    """
    ordered = np.sort(values)
    ranks = np.searchsorted(ordered, values, side="right") / max(len(values), 1)
    if len(values) < MIN_RANKED_TITLES:
        ranks = np.full(len(values), 0.5)
    return np.where(values > 0, ranks, 0.0)


def popularity_within_groups(
    groups: Mapping[str, Sequence[int]], audiences: Values
) -> dict[str, Values]:
    """Return, per group of rows, the rows' popularity among themselves, 0..1, in their order."""
    return {name: percentiles(audiences[list(rows)]) ** 2 for name, rows in groups.items()}
