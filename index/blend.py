"""The one score of Rasika, exactly as the design states it.

score = similarity + popularity boost + regional boosts + freshness boost

Everything here is computed in float64, row by row, so that a title's score does not depend on
which other titles were scored with it, and equal titles tie exactly.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.query import Boosts, Hit, hits_from_columns
from vocabulary.arrays import Float64Array, RowNumbers, Vector
from vocabulary.ids import Region


class BoostSignals(Protocol):
    """Where a blend finds the signals of rows, each (n,) and 0..1."""

    ids: NDArray[np.int64]
    popularity: NDArray[np.float64]
    freshness: NDArray[np.float64]

    def regional_signal(self, region: Region) -> NDArray[np.float64] | None:
        """Return a region's signal, or none where no title has one."""
        ...


def cosine_similarities(vectors: NDArray[Any], vector: Vector) -> Float64Array:
    """Return the cosines (m,) of unit rows (m, d) to a unit vector (d,)."""
    product = vectors.astype(np.float64) * vector.astype(np.float64)
    # NumPy sums each contiguous row pairwise in the same order, wherever the row stands.
    total: Float64Array = product.sum(axis=1)
    return total


def boost_scores(signals: BoostSignals, boosts: Boosts, n: int) -> Float64Array | None:
    """Return what boosts add to the first `n` rows, or none when they add nothing."""
    terms = [
        weight * values[:n]
        for weight, values in _weighted_signals(signals, boosts)
        if weight and values is not None
    ]
    return np.add.reduce(terms) if terms else None


def top_hits(
    signals: BoostSignals, boosts: Boosts, rows: RowNumbers, similarities: Float64Array, *, k: int
) -> list[Hit]:
    """Return the `k` best of the rows, best first, ties by the smaller title id."""
    ids = signals.ids[rows]
    popularity = boosts.popularity * signals.popularity[rows]
    regional = np.zeros(len(rows))
    for region, weight in sorted(boosts.regional.items()):
        values = signals.regional_signal(region)
        if values is not None:
            regional += weight * values[rows]
    freshness = boosts.freshness * signals.freshness[rows]
    scores = similarities + popularity + regional + freshness
    first = np.lexsort((ids, -scores))[:k]
    terms = (similarities, popularity, regional, freshness)
    return hits_from_columns(ids[first].tolist(), *(term[first].tolist() for term in terms))


def _weighted_signals(
    signals: BoostSignals, boosts: Boosts
) -> list[tuple[float, NDArray[np.float64] | None]]:
    regional: Mapping[Region, float] = boosts.regional
    return [
        (boosts.popularity, signals.popularity),
        *((weight, signals.regional_signal(region)) for region, weight in sorted(regional.items())),
        (boosts.freshness, signals.freshness),
    ]
