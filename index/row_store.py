"""The rows of the in-memory index: vectors, codes, columns, and which title is in which row.

Rows are only ever added. Whoever holds a number of rows and a version sees the index as it was
then: later rows lie behind, and a row that was replaced or removed knows in which version that was.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.columns import Columns, Mask, Test
from index.filter_masks import BITS, Masks
from index.mapped_arrays import Arrays
from index.quantization import Codes
from index.query import DimensionMismatch, Entry, Matrix, TitleId, Vector
from vocabulary.kinds import Space

Numbers = NDArray[np.int64]

NO_ROW = -1
PAGE = 4096  # rows that are copied at once


class Shape(NamedTuple):
    """How the vectors of a space are kept."""

    d: int
    half: bool
    """In half precision, which holds each number exactly."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """What the rows have in one space."""

    shape: Shape
    floats: NDArray[np.float32] | NDArray[np.float16]  # (capacity, d)
    codes: Codes
    present: Mask  # (capacity,)


class Rows:
    """Room for `capacity` rows, a multiple of 64."""

    def __init__(
        self,
        arrays: Arrays,
        labels: Mapping[str, Sequence[str]] | None = None,
        shapes: Mapping[Space, Shape] | None = None,
    ) -> None:
        self.arrays = arrays
        self.columns = Columns(arrays, labels or {})
        self.masks = Masks(arrays.capacity)
        # The version in which a row ended, 0: it lives; and one more than the title's row before.
        self.died: NDArray[np.uint32] = arrays.get("died", np.uint32)
        self._before: NDArray[np.uint32] = arrays.get("before", np.uint32)
        self.spaces: dict[Space, Vectors] = {}
        for space, shape in (shapes or {}).items():
            self._with(space, shape)
        self._sorted: Numbers = np.empty(0, np.int64)  # ids of the rows that were settled
        self._rows: NDArray[np.uint32] = np.empty(0, np.uint32)  # and where they are
        self._latest: dict[TitleId, int] = {}  # the rows that came since

    @property
    def capacity(self) -> int:
        """Return for how many rows there is room."""
        return self.arrays.capacity

    def put(self, first: int, entries: Sequence[Entry], version: int) -> int:
        """Write titles behind all others, in place of those that they were until this version.

        Returns how many of them are new.
        """
        self.columns.put(first, entries)
        self._put_vectors(first, entries)
        ids = self.columns.ids[first : first + len(entries)]
        before = self._rows_of(ids)
        self._before[first : first + len(entries)] = before + 1
        replaced = before[before != NO_ROW]
        replaced = replaced[self.died[replaced] == 0]
        self.died[replaced] = version
        self._latest.update(zip(ids.tolist(), range(first, first + len(entries)), strict=True))
        return len(entries) - len(replaced)

    def end(self, ids: Collection[TitleId], n: int, version: int) -> int:
        """End titles with this version and return how many there were."""
        rows = self.seen(ids, n, version)
        self.died[rows] = version
        return len(rows)

    def find(self, ids: Collection[TitleId], n: int, version: int) -> Numbers:
        """Return the row of each title among the first `n` rows in a version, or `NO_ROW`."""
        rows = self._rows_of(np.fromiter(ids, np.int64, len(ids)))
        while (later := rows >= n).any():
            rows[later] = self._before[rows[later]].astype(np.int64) - 1
        rows[~self.alive(rows, version)] = NO_ROW
        return rows

    def seen(self, ids: Collection[TitleId], n: int, version: int) -> Numbers:
        """Return the rows of those titles that are there."""
        rows = self.find(ids, n, version)
        there: Numbers = rows[rows != NO_ROW]
        return there

    def alive(self, rows: Numbers, version: int) -> Mask:
        """Tell which rows have not ended by a version."""
        died = self.died[rows]
        found: Mask = (died == 0) | (died > version)
        return found

    def having(self, space: Space) -> Test:
        """Return the test for rows with a vector in a space that there is."""
        present = self.spaces[space].present
        return Test(("present", space), lambda rows: present[rows])

    def settle(self, n: int) -> None:
        """Keep the ids of the first `n` rows, each of another title, sorted and without objects."""
        order = np.argsort(self.columns.ids[:n], kind="stable")
        self._sorted = self.columns.ids[:n][order]
        self._rows = order.astype(np.uint32)
        self._latest = {}

    def copied(self, kept: Numbers, capacity: int, wide: Collection[Space] = ()) -> "Rows":
        """Return these rows in this order, with another room.

        Vectors of the spaces named are in single precision then.
        """
        shapes = {
            space: Shape(shape.d, shape.half and space not in wide)
            for space, shape in self.shapes().items()
        }
        copy = Rows(Arrays(capacity), self.columns.labels(), shapes)
        for name, array in self.arrays.items().items():
            if name not in ("died", "before"):
                to = copy.arrays.get(name, array.dtype, None if array.ndim == 1 else array.shape[1])
                for start in range(0, len(kept), PAGE):
                    page = slice(start, min(start + PAGE, len(kept)))
                    to[page] = array[kept[page]]
        copy.settle(len(kept))
        return copy

    def shapes(self) -> Mapping[Space, Shape]:
        """Return the spaces that there are."""
        return {space: vectors.shape for space, vectors in self.spaces.items()}

    def too_narrow_for(self, entries: Sequence[Entry]) -> set[Space]:
        """Return the spaces in half precision that would lose something of these titles."""
        return {
            space
            for space, shape in self.shapes().items()
            if shape.half
            and not all(
                _halves(entry.vectors[space]) for entry in entries if space in entry.vectors
            )
        }

    def check(self, entries: Iterable[Entry]) -> None:
        """Refuse a batch before any of it is written.

        Raises `DimensionMismatch`.
        """
        expected = {space: shape.d for space, shape in self.shapes().items()}
        for entry in entries:
            for space, vector in entry.vectors.items():
                check_dimensions(space, expected.setdefault(space, len(vector)), vector)

    def _rows_of(self, ids: Numbers) -> Numbers:
        rows = np.full(len(ids), NO_ROW, np.int64)
        if len(self._sorted):
            at = np.minimum(np.searchsorted(self._sorted, ids), len(self._sorted) - 1)
            settled = self._sorted[at] == ids
            rows[settled] = self._rows[at[settled]]
        if self._latest:
            known = self._latest.get
            latest = np.array([known(title_id, NO_ROW) for title_id in ids.tolist()], np.int64)
            rows = np.where(latest == NO_ROW, rows, latest)
        return rows

    def _put_vectors(self, first: int, entries: Sequence[Entry]) -> None:
        for space in {space for entry in entries for space in entry.vectors}:
            having = [at for at, entry in enumerate(entries) if space in entry.vectors]
            found = np.stack([entries[at].vectors[space] for at in having]).astype(np.float32)
            kept = self.spaces.get(space)
            if kept is None:
                kept = self._with(space, Shape(found.shape[1], _halves(found)))
            rows = np.array(having) + first
            kept.floats[rows] = found
            kept.codes.put(rows, found)
            kept.present[rows] = True

    def _with(self, space: Space, shape: Shape) -> Vectors:
        kept = Vectors(
            shape,
            self.arrays.get(f"{space}.floats", np.float16 if shape.half else np.float32, shape.d),
            Codes(self.arrays, space, shape.d),
            self.arrays.get(f"{space}.present", np.bool_),
        )
        self.spaces[space] = kept
        return kept


def _halves(vectors: Matrix) -> bool:
    """Tell whether half precision holds every number exactly."""
    with np.errstate(over="ignore"):
        return bool((vectors.astype(np.float16) == vectors).all())


def room_for(n: int) -> int:
    """Return a capacity that lets as many rows come as are there; room costs nothing until used."""
    return words_times(2 * n + BITS)


def words_times(n: int) -> int:
    """Return the next multiple of a word's rows."""
    return -(-n // BITS) * BITS


def check_dimensions(space: Space, expected: int, vector: Vector) -> None:
    """Refuse a vector that is none of the space.

    Raises `DimensionMismatch`.
    """
    if vector.shape != (expected,):
        raise DimensionMismatch(space, expected, int(np.prod(vector.shape)))
