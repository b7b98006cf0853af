"""Inverted lists: rows of like vectors lie side by side, and a search looks at the nearest lists.

Jégou, Douze and Schmid, Product Quantization for Nearest Neighbor Search (2011), IVF. A search then
misses what boosts would have brought up from the other lists, too; so lists serve only where they
were measured, on the catalogue at hand, to find as much as was asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.filter_masks import pack_mask
from index.query import Boosts, Filter, Query
from index.row_store import SpaceVectors
from vocabulary.arrays import BitMask, Matrix, RowNumbers, Vector
from vocabulary.kinds import Space

TRAINING_ROWS_PER_LIST = 32  # rows that a middle is learnt from
K_MEANS_ROUNDS = 8
ROWS_PER_BLOCK = 8192  # rows that are compared with the middles at once
PROBE_SHARES = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4)  # of the lists, that a search may look at
RANDOM_SEED = 5
MIN_NORM = 1e-12
MIN_WIDE_FILTER_SHARE = (
    0.3  # of the rows; a filter that leaves fewer is quicker exactly than by lists
)

# What lists are tried with: neighbours of titles, as far from them as queries are.
SAMPLE_QUERIES = 64
SAMPLE_K = 50
SAMPLE_BOOSTS = (Boosts(), Boosts(popularity=0.2), Boosts(popularity=0.3, freshness=0.1))
SAMPLE_QUERY_NOISE = 0.5


@dataclass(frozen=True, slots=True)
class InvertedLists:
    """Lists of one space's rows."""

    space: Space
    centroids: Matrix  # (lists, d)
    row_bounds: RowNumbers  # (lists + 1,): list i is rows bounds[i] to bounds[i + 1]
    probes: int = 0
    """Lists that a search looks at."""
    recall: float = 1.0
    """The share of the exact answers that was found so."""

    def restrict_mask(self, query: Query, mask: BitMask | None, n: int) -> BitMask | None:
        """Return those of a mask's rows to look at: all of them where they are few."""
        if query.vector is None or (
            mask is not None and np.bitwise_count(mask).sum() < MIN_WIDE_FILTER_SHARE * n
        ):
            return mask
        near = self._rows_near(query.vector, n)
        return near if mask is None else mask & near

    def _rows_near(self, vector: Vector, n: int) -> BitMask:
        """Return the rows of the nearest lists, and those that came since the lists were made."""
        nearest = np.argpartition(self.centroids @ vector, -self.probes)[-self.probes :]
        mask = np.zeros(n, np.bool_)
        for number in nearest:
            mask[self.row_bounds[number] : self.row_bounds[number + 1]] = True
        mask[self.row_bounds[-1] :] = True
        return pack_mask(mask)


def build_inverted_lists(
    space: Space, vectors: SpaceVectors, n: int
) -> tuple[InvertedLists, RowNumbers]:
    """Return lists of the first `n` rows, and the order in which rows have to lie for them."""
    count = 2 ** round(np.log2(max(2 * np.sqrt(n), 2)))
    random = np.random.default_rng(RANDOM_SEED)
    sample = np.sort(random.choice(n, min(n, TRAINING_ROWS_PER_LIST * count), replace=False))
    middles = _train_centroids(vectors.floats[sample].astype(np.float32), count, random)
    lists = _nearest_centroids(vectors.floats[:n], middles)
    order = np.argsort(lists, kind="stable")
    bounds = np.searchsorted(lists[order], np.arange(count + 1))
    return InvertedLists(space, middles, bounds), order


def choose_probes(
    lists: InvertedLists, min_recall: float, measure_recall: Callable[[InvertedLists], float]
) -> InvertedLists | None:
    """Return the lists with as few looked at as find enough, or none where too many would be."""
    for share in PROBE_SHARES:
        some = replace(lists, probes=max(round(share * len(lists.centroids)), 1))
        found = measure_recall(some)
        if found >= min_recall:
            return replace(some, recall=found)
    return None


def sample_queries(space: Space, vectors: SpaceVectors, n: int) -> list[Query]:
    """Return queries near titles, as searches ask for them, plain and with boosts."""
    random = np.random.default_rng(RANDOM_SEED)
    rows = random.choice(n, min(SAMPLE_QUERIES, n), replace=False)
    asked = vectors.floats[rows].astype(np.float32)
    asked += (
        SAMPLE_QUERY_NOISE
        / np.sqrt(asked.shape[1])
        * random.standard_normal(asked.shape, np.float32)
    )
    asked /= np.maximum(np.linalg.norm(asked, axis=1, keepdims=True), MIN_NORM)
    return [
        Query(vector=vector, space=space, boosts=boosts, k=SAMPLE_K, filter=Filter(adult=True))
        for vector, boosts in zip(asked, cycle(SAMPLE_BOOSTS), strict=False)
    ]


def _train_centroids(sample: Matrix, count: int, random: np.random.Generator) -> Matrix:
    """Return unit middles (count, d) of groups of like rows (spherical k-means)."""
    middles = sample[random.choice(len(sample), count, replace=len(sample) < count)]
    for _ in range(K_MEANS_ROUNDS):
        groups = _nearest_centroids(sample, middles)
        order = np.argsort(groups, kind="stable")
        there, starts = np.unique(groups[order], return_index=True)
        middles[there] = np.add.reduceat(sample[order], starts, axis=0)
        middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), MIN_NORM)
    return middles


def _nearest_centroids(rows: NDArray[Any], centroids: Matrix) -> RowNumbers:
    """Return the number of the middle that is nearest to each row."""
    blocks = (rows[start : start + ROWS_PER_BLOCK] for start in range(0, len(rows), ROWS_PER_BLOCK))
    found = [
        (block.astype(np.float32, copy=False) @ centroids.T).argmax(axis=1) for block in blocks
    ]
    return np.concatenate(found)
