"""Posting lists: the rows that contain each term, stored in a few flat arrays."""

from array import array
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]

NO_ROWS: Rows = np.empty(0, np.int32)
# Additions that each lookup scans; beyond these, and this share of the rest, they are sorted in.
MAX_PENDING_ROWS, MAX_PENDING_SHARE = 4096, 0.02


class Postings:
    """Terms, numbered from 0, and the rows of each, in the order of addition.

    New rows are pending until a lookup finds too many of them.
    """

    def __init__(self) -> None:
        self._starts = np.zeros(1, np.int64)  # (terms + 1,)
        self._rows = NO_ROWS
        self._pending_terms = array("i")
        self._pending_rows = array("i")
        self._terms_per_row = array("i")  # filled by `append_row`

    def add(self, terms: Collection[int], row: int) -> None:
        """Add a row to distinct terms."""
        self._pending_terms.extend(terms)
        self._pending_rows.extend([row] * len(terms))

    def append_row(self, terms: Collection[int]) -> None:
        """Add the next row to distinct terms."""
        self.add(terms, len(self._terms_per_row))
        self._terms_per_row.append(len(terms))

    def rows_of(self, term: int) -> Rows:
        """Return the rows of a term."""
        if len(self._pending_rows) > MAX_PENDING_ROWS + MAX_PENDING_SHARE * len(self._rows):
            self.compact()
        rows = NO_ROWS
        if term < len(self._starts) - 1:
            rows = self._rows[self._starts[term] : self._starts[term + 1]]
        if not self._pending_rows:
            return rows
        pending = np.frombuffer(self._pending_terms, np.int32) == term
        return np.concatenate([rows, np.frombuffer(self._pending_rows, np.int32)[pending]])

    def rows_sharing(self, terms: Collection[int], *, min_share: float, limit: int) -> Rows:
        """Return the rows that share the most terms: a Dice coefficient of `min_share` or more.

        Works on postings filled by `append_row`.
        """
        if not terms:
            return NO_ROWS
        shared = np.bincount(np.concatenate([self.rows_of(term) for term in terms]))
        # The coefficient of a row of n terms that shares s <= n is at most 2 s / (n + terms).
        rows = np.flatnonzero(shared >= max(1.0, min_share * len(terms) / (2 - min_share)))
        dice = 2 * shared[rows] / (np.frombuffer(self._terms_per_row, np.int32)[rows] + len(terms))
        enough = dice >= min_share
        return top_rows(rows[enough], dice[enough], limit)

    def compact(self) -> None:
        """Sort pending rows into the arrays."""
        sizes = np.diff(self._starts)
        terms = np.concatenate(
            [np.repeat(np.arange(len(sizes), dtype=np.int32), sizes), self._pending_terms],
            dtype=np.int32,
        )
        order = np.argsort(terms, kind="stable")
        self._rows = np.concatenate([self._rows, self._pending_rows], dtype=np.int32)[order]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(terms, minlength=len(sizes)))])
        self._pending_terms, self._pending_rows = array("i"), array("i")


def top_rows(rows: NDArray[np.intp], values: NDArray[np.float64], limit: int) -> Rows:
    """Return the rows with the highest values, in any order."""
    if len(rows) > limit:
        rows = rows[np.argpartition(-values, limit)[:limit]]
    return rows.astype(np.int32)
