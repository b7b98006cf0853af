"""The blend as one inner product, for engines that order by such products and nothing else.

    similarity + sum of weight * signal  =  [vector, weights] · [vector, signals]

A title's vector is followed by its signals, a query's by their weights: so the blend comes before
the cut, in a scan and in a graph alike, however large the boosts. Regions have a slot each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import blend
from index.query import Boosts, Hit, Query
from vocabulary.arrays import Float32Array, Vector
from vocabulary.ids import Region

REGION_SLOTS = (
    30  # regions; with popularity and freshness 32 numbers, a multiple of what kernels take
)
SIGNAL_WIDTH = REGION_SLOTS + 2

# Signals of 0..1 stand behind vectors whose numbers are around 0.05: divided by eight, exactly,
# they keep graphs close to neighbourhoods of meaning, and eight-bit codes fine. Weights are
# multiplied by it.
SIGNAL_SCALE = np.float32(8)

FLOAT32_ERROR = 1e-4  # of a product of two vectors of length one, at most 1,500 numbers long
FLOAT16_ERROR = 2.0**-10 + FLOAT32_ERROR  # where both are rounded to halves: 2^-11 each


class TooManyRegions(ValueError):
    """More regions have a popularity of their own than an engine has room for."""

    def __init__(self, region: Region) -> None:
        super().__init__(f"no room for the region {region}: at most {REGION_SLOTS} are kept")
        self.region = region


@dataclass(slots=True)
class CandidateColumns:
    """Titles that may be among the best, with what their exact scores are made of."""

    ids: NDArray[np.int64]
    popularity: NDArray[np.float64]
    freshness: NDArray[np.float64]
    regional_by_title: Sequence[Mapping[Region, float]]
    vectors: Float32Array | None  # (n, d), where the query has one

    def regional_signal(self, region: Region) -> NDArray[np.float64]:
        """Return a region's signal for every title."""
        return np.array([each.get(region, 0.0) for each in self.regional_by_title], np.float64)

    def top_hits(self, query: Query) -> list[Hit]:
        """Return the `query.k` best by the exact score."""
        n = len(self.ids)
        if not n:
            return []
        if query.vector is None or self.vectors is None:
            similarities = np.zeros(n)
        else:
            similarities = blend.cosine_similarities(self.vectors, query.vector)
        return blend.top_hits(self, query.boosts, np.arange(n), similarities, k=query.k)


def signal_row(
    popularity: float,
    freshness: float,
    regional: Mapping[Region, float],
    region_slots: Mapping[str, int],
) -> Float32Array:
    """Return a title's signals, each in its place."""
    row = np.zeros(SIGNAL_WIDTH, np.float32)
    row[0], row[1] = popularity, freshness
    for region, value in regional.items():
        row[2 + region_slots[region]] = value
    return row


def weight_row(boosts: Boosts, region_slots: Mapping[str, int]) -> Float32Array:
    """Return the weights of the signals; a region that no title has a signal of weighs nothing."""
    known = {region: weight for region, weight in boosts.regional.items() if region in region_slots}
    return signal_row(boosts.popularity, boosts.freshness, known, region_slots)


def blended_vector(vector: Vector, row: Float32Array) -> Float32Array:
    """Return a title's vector with its signals behind it."""
    return np.concatenate([vector, row / SIGNAL_SCALE])


def query_operand(vector: Vector, row: Float32Array) -> Float32Array:
    """Return a query's vector with the weights behind it."""
    return np.concatenate([vector, row * SIGNAL_SCALE])


def max_product(row: Float32Array, vector: Vector | None = None) -> float:
    """Return the greatest product that a query's vector and weights can have.

    A query's vector may be longer than one, where a taste was added to it.
    """
    length = 0.0 if vector is None else float(np.linalg.norm(vector))
    return length + float(np.abs(row).sum())


def assign_region_slots(
    region_slots: Mapping[Region, int], needed_regions: Sequence[Region]
) -> dict[Region, int]:
    """Return slots for those regions that have none, the next ones.

    Raises `TooManyRegions`.
    """
    new: dict[Region, int] = {}
    for region in dict.fromkeys(needed_regions):
        if region not in region_slots:
            slot = len(region_slots) + len(new)
            if slot >= REGION_SLOTS:
                raise TooManyRegions(region)
            new[region] = slot
    return new
