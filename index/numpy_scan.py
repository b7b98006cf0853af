"""A search by NumPy alone, for machines on which no kernel could be built."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import blend, filter_masks
from index.query import Hit, Query
from index.row_store import RowStore
from vocabulary.arrays import BitMask, Vector

# Half-width of the float32 pass around the true score: a dot product of unit vectors errs by at
# most d * 2^-24 (4.6e-5 at d = 768; Higham, Accuracy and Stability of Numerical Algorithms, 3.1),
# boosts by a few 1e-7 of their weights.
SCORE_ERROR = 1e-4

# Above this share of matching rows, scoring all is cheaper than copying those together (measured at
# 100,000 x 384: gathering costs about four times as much per row as streaming).
MAX_GATHERED_SHARE = 0.2

ROWS_PER_PAGE = 4096  # rows that are brought to single precision at once


def search(
    rows: RowStore, query: Query, mask: BitMask | None, *, n: int, version: int
) -> list[Hit]:
    """Return the best of the first `n` rows as they are in a version, those of a mask only."""
    left = np.arange(n) if mask is None else filter_masks.row_numbers(mask, n)
    left = left[rows.is_alive(left, version)]
    scores = np.zeros(len(left), np.float32)
    if query.vector is not None:
        vectors = rows.spaces[query.space].floats
        if len(left) > MAX_GATHERED_SHARE * n:
            scores += _inner_products(vectors[:n], query.vector)[left]
        else:
            scores += vectors[left].astype(np.float32) @ query.vector
    added = blend.boost_scores(rows.columns, query.boosts, n)
    if added is not None:
        scores += added[left].astype(np.float32)
    best = left[_possible_best(scores, query.k)]
    similarities = np.zeros(len(best))
    if query.vector is not None:
        similarities = blend.cosine_similarities(vectors[best], query.vector)
    return blend.top_hits(rows.columns, query.boosts, best, similarities, k=query.k)


def _inner_products(vectors: NDArray[Any], vector: Vector) -> NDArray[np.float32]:
    """Return the inner products (n,) of rows (n, d), which need not be in single precision."""
    found = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), ROWS_PER_PAGE):
        page = slice(start, start + ROWS_PER_PAGE)
        found[page] = vectors[page].astype(np.float32, copy=False) @ vector
    return found


def _possible_best(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return every position whose true score may be among the best `k`."""
    if len(scores) <= k:
        return np.arange(len(scores))
    cut = np.partition(scores, len(scores) - k)[len(scores) - k]
    return np.flatnonzero(scores >= cut - 2 * SCORE_ERROR)
