"""Which rows hold a term: growing lists of small integers, kept in a few flat arrays."""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]

NO_ROWS: Rows = np.empty(0, np.int32)
FEW = 4096  # additions; a dictionary of so many is small beside any arrays


class Postings:
    """Terms, numbered from 0, and the rows that were added to each, in the order of addition.

    Additions gather in a dictionary and are sorted into the arrays when they are as many as those
    hold, so that a row is moved a few times only.
    """

    def __init__(self) -> None:
        self._starts = np.zeros(1, np.int64)  # (terms + 1,)
        self._rows = NO_ROWS
        self._added: dict[int, array[int]] = {}
        self._waiting = 0
        self._sizes = array("i")  # distinct terms of a row, where all were added at once

    def add(self, term: int, row: int) -> None:
        """Append a row to a term."""
        self._added.setdefault(term, array("i")).append(row)
        self._waiting += 1
        if self._waiting > max(FEW, len(self._rows)):
            self.settle()

    def add_all(self, terms: Sequence[int], row: int) -> None:
        """Append the next row to distinct terms."""
        self._sizes.append(len(terms))
        for term in terms:
            self.add(term, row)

    def of(self, term: int) -> Rows:
        """Return the rows of a term."""
        settled = NO_ROWS
        if term < len(self._starts) - 1:
            settled = self._rows[self._starts[term] : self._starts[term + 1]]
        added = self._added.get(term)
        return settled if added is None else np.concatenate([settled, np.array(added, np.int32)])

    def sharing(self, terms: Sequence[int], *, share: float, most: int) -> Rows:
        """Return the rows that share the most terms: at least `share` of them, by Dice's measure.

        For postings that were filled by `add_all`.
        """
        if not terms:
            return NO_ROWS
        shared = np.bincount(np.concatenate([self.of(term) for term in terms]))
        # A row of n terms that shares s <= n of them is as alike as 2 s / (n + terms) at most.
        rows = np.flatnonzero(shared >= max(1.0, share * len(terms) / (2 - share)))
        dice = 2 * shared[rows] / (np.frombuffer(self._sizes, np.int32)[rows] + len(terms))
        enough = dice >= share
        return best(rows[enough], dice[enough], most)

    def settle(self) -> None:
        """Sort what was added into the arrays."""
        if not self._added:
            return
        sizes = np.diff(self._starts)
        added = [np.array(rows, np.int32) for rows in self._added.values()]
        terms = np.concatenate(
            [
                np.repeat(np.arange(len(sizes)), sizes),
                np.repeat(np.fromiter(self._added, np.int64), [len(rows) for rows in added]),
            ]
        )
        order = np.argsort(terms, kind="stable")
        self._rows = np.concatenate([self._rows, *added])[order]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(terms, minlength=len(sizes)))])
        self._added, self._waiting = {}, 0


def best(rows: NDArray[np.intp], values: NDArray[np.float64], most: int) -> Rows:
    """Return the rows of the highest values, in any order."""
    if len(rows) > most:
        rows = rows[np.argpartition(-values, most)[:most]]
    return rows.astype(np.int32)
