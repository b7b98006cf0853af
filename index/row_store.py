"""The rows of the in-memory index: vectors, codes, columns, and which title is in which row.

Rows are only ever added. Whoever holds a number of rows and a version sees the index as it was
then: later rows lie behind, and a row that was replaced or removed knows in which version that was.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.columns import Columns, RowPredicate
from index.filter_masks import ROWS_PER_WORD, FilterMaskCache
from index.mapped_arrays import MappedArrays
from index.quantization import QuantizedVectors
from index.query import DimensionMismatch, IndexEntry
from vocabulary.arrays import BoolMask, Matrix, RowNumbers, Vector
from vocabulary.ids import TitleId
from vocabulary.kinds import Space

NO_ROW = -1
ROWS_PER_PAGE = 4096  # rows that are copied at once


class VectorFormat(NamedTuple):
    """How the vectors of a space are kept."""

    dimensions: int
    half_precision: bool
    """In half precision, which holds each number exactly."""


@dataclass(frozen=True, slots=True)
class SpaceVectors:
    """What the rows have in one space."""

    format: VectorFormat
    floats: NDArray[np.float32] | NDArray[np.float16]  # (capacity, d)
    quantized: QuantizedVectors
    has_vector: BoolMask  # (capacity,)


class RowStore:
    """Room for `capacity` rows, a multiple of 64."""

    def __init__(
        self,
        arrays: MappedArrays,
        labels: Mapping[str, Sequence[str]] | None = None,
        formats: Mapping[Space, VectorFormat] | None = None,
    ) -> None:
        self.arrays = arrays
        self.columns = Columns(arrays, labels or {})
        self.masks = FilterMaskCache(arrays.capacity)
        # The version in which a row ended, 0: it lives; and one more than the title's row before.
        self.end_versions: NDArray[np.uint32] = arrays.get_or_create("died", np.uint32)
        self._previous_rows: NDArray[np.uint32] = arrays.get_or_create("before", np.uint32)
        self.spaces: dict[Space, SpaceVectors] = {}
        for space, shape in (formats or {}).items():
            self._add_space(space, shape)
        self._sorted_ids: RowNumbers = np.empty(0, np.int64)  # ids of the rows that were settled
        self._sorted_rows: NDArray[np.uint32] = np.empty(0, np.uint32)  # and where they are
        self._recent_rows: dict[TitleId, int] = {}  # the rows that came since

    @property
    def capacity(self) -> int:
        """Return for how many rows there is room."""
        return self.arrays.capacity

    def write(self, first: int, entries: Sequence[IndexEntry], version: int) -> int:
        """Write titles behind all others, in place of those that they were until this version.

        Returns how many of them are new.
        """
        self.columns.write(first, entries)
        self._write_vectors(first, entries)
        ids = self.columns.ids[first : first + len(entries)]
        before = self._latest_rows(ids)
        self._previous_rows[first : first + len(entries)] = before + 1
        replaced = before[before != NO_ROW]
        replaced = replaced[self.end_versions[replaced] == 0]
        self.end_versions[replaced] = version
        self._recent_rows.update(zip(ids.tolist(), range(first, first + len(entries)), strict=True))
        return len(entries) - len(replaced)

    def end_titles(self, ids: Collection[TitleId], n: int, version: int) -> int:
        """End titles with this version and return how many there were."""
        rows = self.visible_rows(ids, n, version)
        self.end_versions[rows] = version
        return len(rows)

    def find_rows(self, ids: Collection[TitleId], n: int, version: int) -> RowNumbers:
        """Return the row of each title among the first `n` rows in a version, or `NO_ROW`."""
        rows = self._latest_rows(np.fromiter(ids, np.int64, len(ids)))
        while (later := rows >= n).any():
            rows[later] = self._previous_rows[rows[later]].astype(np.int64) - 1
        rows[~self.is_alive(rows, version)] = NO_ROW
        return rows

    def visible_rows(self, ids: Collection[TitleId], n: int, version: int) -> RowNumbers:
        """Return the rows of those titles that are there."""
        rows = self.find_rows(ids, n, version)
        there: RowNumbers = rows[rows != NO_ROW]
        return there

    def is_alive(self, rows: RowNumbers, version: int) -> BoolMask:
        """Tell which rows have not ended by a version."""
        died = self.end_versions[rows]
        found: BoolMask = (died == 0) | (died > version)
        return found

    def has_vector_predicate(self, space: Space) -> RowPredicate:
        """Return the test for rows with a vector in a space that there is."""
        present = self.spaces[space].has_vector
        return RowPredicate(("present", space), lambda rows: present[rows])

    def sort_ids(self, n: int) -> None:
        """Keep the ids of the first `n` rows, each of another title, sorted and without objects."""
        order = np.argsort(self.columns.ids[:n], kind="stable")
        self._sorted_ids = self.columns.ids[:n][order]
        self._sorted_rows = order.astype(np.uint32)
        self._recent_rows = {}

    def copy_rows(
        self, rows: RowNumbers, capacity: int, single_precision_spaces: Collection[Space] = ()
    ) -> "RowStore":
        """Return these rows in this order, with another room.

        Vectors of the spaces named are in single precision then.
        """
        shapes = {
            space: VectorFormat(
                shape.dimensions, shape.half_precision and space not in single_precision_spaces
            )
            for space, shape in self.formats().items()
        }
        copy = RowStore(MappedArrays(capacity), self.columns.labels(), shapes)
        for name, array in self.arrays.by_name().items():
            if name not in ("died", "before"):
                to = copy.arrays.get_or_create(
                    name, array.dtype, None if array.ndim == 1 else array.shape[1]
                )
                for start in range(0, len(rows), ROWS_PER_PAGE):
                    page = slice(start, min(start + ROWS_PER_PAGE, len(rows)))
                    to[page] = array[rows[page]]
        copy.sort_ids(len(rows))
        return copy

    def formats(self) -> Mapping[Space, VectorFormat]:
        """Return the spaces that there are."""
        return {space: vectors.format for space, vectors in self.spaces.items()}

    def spaces_losing_precision(self, entries: Sequence[IndexEntry]) -> set[Space]:
        """Return the spaces in half precision that would lose something of these titles."""
        return {
            space
            for space, shape in self.formats().items()
            if shape.half_precision
            and not all(
                _fits_half_precision(entry.vectors[space])
                for entry in entries
                if space in entry.vectors
            )
        }

    def validate(self, entries: Iterable[IndexEntry]) -> None:
        """Refuse a batch before any of it is written.

        Raises `DimensionMismatch`.
        """
        expected = {space: shape.dimensions for space, shape in self.formats().items()}
        for entry in entries:
            for space, vector in entry.vectors.items():
                check_dimensions(space, expected.setdefault(space, len(vector)), vector)

    def _latest_rows(self, ids: RowNumbers) -> RowNumbers:
        rows = np.full(len(ids), NO_ROW, np.int64)
        if len(self._sorted_ids):
            at = np.minimum(np.searchsorted(self._sorted_ids, ids), len(self._sorted_ids) - 1)
            settled = self._sorted_ids[at] == ids
            rows[settled] = self._sorted_rows[at[settled]]
        if self._recent_rows:
            known = self._recent_rows.get
            latest = np.array([known(title_id, NO_ROW) for title_id in ids.tolist()], np.int64)
            rows = np.where(latest == NO_ROW, rows, latest)
        return rows

    def _write_vectors(self, first: int, entries: Sequence[IndexEntry]) -> None:
        for space in {space for entry in entries for space in entry.vectors}:
            having = [at for at, entry in enumerate(entries) if space in entry.vectors]
            found = np.stack([entries[at].vectors[space] for at in having]).astype(np.float32)
            kept = self.spaces.get(space)
            if kept is None:
                kept = self._add_space(
                    space, VectorFormat(found.shape[1], _fits_half_precision(found))
                )
            rows = np.array(having) + first
            kept.floats[rows] = found
            kept.quantized.write(rows, found)
            kept.has_vector[rows] = True

    def _add_space(self, space: Space, vector_format: VectorFormat) -> SpaceVectors:
        kept = SpaceVectors(
            vector_format,
            self.arrays.get_or_create(
                f"{space}.floats",
                np.float16 if vector_format.half_precision else np.float32,
                vector_format.dimensions,
            ),
            QuantizedVectors(self.arrays, space, vector_format.dimensions),
            self.arrays.get_or_create(f"{space}.present", np.bool_),
        )
        self.spaces[space] = kept
        return kept


def _fits_half_precision(vectors: Matrix) -> bool:
    """Tell whether half precision holds every number exactly."""
    with np.errstate(over="ignore"):
        return bool((vectors.astype(np.float16) == vectors).all())


def capacity_for(n: int) -> int:
    """Return a capacity that lets as many rows come as are there; room costs nothing until used."""
    return round_up_to_word(2 * n + ROWS_PER_WORD)


def round_up_to_word(n: int) -> int:
    """Return the next multiple of a word's rows."""
    return -(-n // ROWS_PER_WORD) * ROWS_PER_WORD


def check_dimensions(space: Space, expected: int, vector: Vector) -> None:
    """Refuse a vector that is none of the space.

    Raises `DimensionMismatch`.
    """
    if vector.shape != (expected,):
        raise DimensionMismatch(space, expected, int(np.prod(vector.shape)))
