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

from index.filter_masks import Words, packed
from index.query import Boosts, Filter, Matrix, Query, Vector
from index.row_store import Vectors
from vocabulary.kinds import Space

PER_LIST = 32  # rows that a middle is learnt from
ROUNDS = 8
BLOCK = 8192  # rows that are compared with the middles at once
SHARES = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4)  # of the lists, that a search may look at
SEED = 5
TINY = 1e-12
WIDE = 0.3  # of the rows; a filter that leaves fewer is quicker exactly than by lists

# What lists are tried with: neighbours of titles, as far from them as queries are.
SAMPLES = 64
SAMPLE_K = 50
SAMPLE_BOOSTS = (Boosts(), Boosts(popularity=0.2), Boosts(popularity=0.3, freshness=0.1))
NOISE = 0.5

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of one space's rows."""

    space: Space
    middles: Matrix  # (lists, d)
    bounds: Numbers  # (lists + 1,): list i is rows bounds[i] to bounds[i + 1]
    looked_at: int = 0
    """Lists that a search looks at."""
    recall: float = 1.0
    """The share of the exact answers that was found so."""

    def of(self, query: Query, mask: Words | None, n: int) -> Words | None:
        """Return those of a mask's rows to look at: all of them where they are few."""
        if query.vector is None or (mask is not None and np.bitwise_count(mask).sum() < WIDE * n):
            return mask
        near = self._near(query.vector, n)
        return near if mask is None else mask & near

    def _near(self, vector: Vector, n: int) -> Words:
        """Return the rows of the nearest lists, and those that came since the lists were made."""
        nearest = np.argpartition(self.middles @ vector, -self.looked_at)[-self.looked_at :]
        mask = np.zeros(n, np.bool_)
        for number in nearest:
            mask[self.bounds[number] : self.bounds[number + 1]] = True
        mask[self.bounds[-1] :] = True
        return packed(mask)


def arranged(space: Space, vectors: Vectors, n: int) -> tuple[Lists, Numbers]:
    """Return lists of the first `n` rows, and the order in which rows have to lie for them."""
    count = 2 ** round(np.log2(max(2 * np.sqrt(n), 2)))
    random = np.random.default_rng(SEED)
    sample = np.sort(random.choice(n, min(n, PER_LIST * count), replace=False))
    middles = _middles(vectors.floats[sample].astype(np.float32), count, random)
    lists = _nearest(vectors.floats[:n], middles)
    order = np.argsort(lists, kind="stable")
    bounds = np.searchsorted(lists[order], np.arange(count + 1))
    return Lists(space, middles, bounds), order


def tried(lists: Lists, least: float, recall: Callable[[Lists], float]) -> Lists | None:
    """Return the lists with as few looked at as find enough, or none where too many would be."""
    for share in SHARES:
        some = replace(lists, looked_at=max(round(share * len(lists.middles)), 1))
        found = recall(some)
        if found >= least:
            return replace(some, recall=found)
    return None


def samples(space: Space, vectors: Vectors, n: int) -> list[Query]:
    """Return queries near titles, as searches ask for them, plain and with boosts."""
    random = np.random.default_rng(SEED)
    rows = random.choice(n, min(SAMPLES, n), replace=False)
    asked = vectors.floats[rows].astype(np.float32)
    asked += NOISE / np.sqrt(asked.shape[1]) * random.standard_normal(asked.shape, np.float32)
    asked /= np.maximum(np.linalg.norm(asked, axis=1, keepdims=True), TINY)
    return [
        Query(vector=vector, space=space, boosts=boosts, k=SAMPLE_K, filter=Filter(adult=True))
        for vector, boosts in zip(asked, cycle(SAMPLE_BOOSTS), strict=False)
    ]


def _middles(sample: Matrix, count: int, random: np.random.Generator) -> Matrix:
    """Return unit middles (count, d) of groups of like rows (spherical k-means)."""
    middles = sample[random.choice(len(sample), count, replace=len(sample) < count)]
    for _ in range(ROUNDS):
        groups = _nearest(sample, middles)
        order = np.argsort(groups, kind="stable")
        there, starts = np.unique(groups[order], return_index=True)
        middles[there] = np.add.reduceat(sample[order], starts, axis=0)
        middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), TINY)
    return middles


def _nearest(rows: NDArray[Any], middles: Matrix) -> Numbers:
    """Return the number of the middle that is nearest to each row."""
    blocks = (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))
    found = [(block.astype(np.float32, copy=False) @ middles.T).argmax(axis=1) for block in blocks]
    return np.concatenate(found)
