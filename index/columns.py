"""What the in-memory index knows of each row besides its vectors, and which rows a filter leaves.

Columns are written past the last row that any published snapshot shows, and never changed below
it; so snapshots share them without locks.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from db.kinds import Kind
from index.query import Entry, Filter, Region

BITS = 64  # in a word of a label column
UNKNOWN = -1  # year, age, runtime, rating that a title does not have

Mask = NDArray[np.bool_]  # (n,)
Scalar = TypeVar("Scalar", bound=np.generic)

KINDS = {kind: code for code, kind in enumerate(Kind)}


class Labels:
    """A set of labels per row, as bits; labels get their bit when they are first seen."""

    def __init__(self, capacity: int) -> None:
        self._bits: dict[str, int] = {}
        self._words: list[NDArray[np.uint64]] = [np.zeros(capacity, np.uint64)]

    def put(self, row: int, labels: Iterable[str]) -> None:
        """Set the labels of a row that no snapshot shows yet."""
        for words in self._words:
            words[row] = 0
        for label in labels:
            bit = self._bits.get(label, len(self._bits))
            if bit // BITS >= len(self._words):
                self._words.append(np.zeros_like(self._words[0]))
            # A search may be reading: the word is there before its first label is known.
            self._bits[label] = bit
            self._words[bit // BITS][row] |= np.uint64(1 << bit % BITS)

    def taken(self, rows: NDArray[np.int64], capacity: int) -> "Labels":
        """Return the labels of these rows in a new column."""
        copy = Labels(capacity)
        copy._bits = dict(self._bits)
        copy._words = [_taken(words, rows, capacity) for words in self._words]
        return copy

    def any_of(self, labels: Iterable[str], n: int) -> Mask:
        """Return which of the first `n` rows carry at least one of the labels."""
        found = np.zeros(n, np.bool_)
        for word, bits in self._masks(labels).items():
            found |= (self._words[word][:n] & np.uint64(bits)) != 0
        return found

    def _masks(self, labels: Iterable[str]) -> Mapping[int, int]:
        masks: dict[int, int] = {}
        for label in labels:
            bit = self._bits.get(label)
            if bit is not None:
                masks[bit // BITS] = masks.get(bit // BITS, 0) | 1 << bit % BITS
        return masks


class Columns:
    """Filter attributes and boost signals of `capacity` rows."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.ids = np.zeros(capacity, np.int64)
        self.kind = np.zeros(capacity, np.uint8)
        self.languages = Labels(capacity)
        self.genres = Labels(capacity)
        self.providers = Labels(capacity)
        self.year = np.zeros(capacity, np.int32)
        self.adult = np.zeros(capacity, np.bool_)
        self.minimum_age = np.zeros(capacity, np.int32)
        self.votes = np.zeros(capacity, np.int64)
        self.rating = np.zeros(capacity, np.float64)
        self.runtime = np.zeros(capacity, np.int32)
        self.popularity = np.zeros(capacity, np.float64)
        self.freshness = np.zeros(capacity, np.float64)
        self._regional: dict[Region, NDArray[np.float64]] = {}

    def put(self, row: int, entry: Entry) -> None:
        """Write a row that no snapshot shows yet."""
        known = entry.attributes
        self.ids[row] = entry.title_id
        self.kind[row] = KINDS[known.kind]
        self.languages.put(row, known.languages)
        self.genres.put(row, known.genres)
        self.providers.put(row, known.providers)
        self.year[row] = _or_unknown(known.year)
        self.adult[row] = known.adult
        self.minimum_age[row] = _or_unknown(known.minimum_age)
        self.votes[row] = known.votes
        self.rating[row] = UNKNOWN if known.rating is None else known.rating
        self.runtime[row] = _or_unknown(known.runtime_minutes)
        self.popularity[row] = entry.popularity
        self.freshness[row] = entry.freshness
        for region, value in entry.regional.items():
            self._regional.setdefault(region, np.zeros(self.capacity))[row] = value

    def taken(self, rows: NDArray[np.int64], capacity: int) -> "Columns":
        """Return these rows in new columns of another capacity."""
        copy = Columns(capacity)
        for name, column in vars(self).items():
            if isinstance(column, Labels):
                setattr(copy, name, column.taken(rows, capacity))
            elif isinstance(column, np.ndarray):
                setattr(copy, name, _taken(column, rows, capacity))
        copy._regional = {
            region: _taken(values, rows, capacity) for region, values in self._regional.items()
        }
        return copy

    def regional(self, region: Region) -> NDArray[np.float64] | None:
        """Return a region's signal for every row, or none where no title has one."""
        return self._regional.get(region)

    def mask(self, wanted: Filter, n: int) -> Mask | None:
        """Return which of the first `n` rows meet the filter, ids aside; none when all do."""
        tests = [*self._label_tests(wanted, n), *self._number_tests(wanted, n)]
        if not tests:
            return None
        left: Mask = np.logical_and.reduce(tests)
        return left

    def _label_tests(self, wanted: Filter, n: int) -> Iterable[Mask]:
        if wanted.kinds:
            yield np.isin(self.kind[:n], [KINDS[kind] for kind in wanted.kinds])
        if wanted.languages:
            yield self.languages.any_of(wanted.languages, n)
        if wanted.genres_any:
            yield self.genres.any_of(wanted.genres_any, n)
        for genre in wanted.genres_all:
            yield self.genres.any_of([genre], n)
        if wanted.genres_none:
            yield ~self.genres.any_of(wanted.genres_none, n)
        if wanted.providers:
            yield self.providers.any_of(wanted.providers, n)

    def _number_tests(self, wanted: Filter, n: int) -> Iterable[Mask]:
        if not wanted.adult and self.adult[:n].any():
            yield ~self.adult[:n]
        yield from _between(self.year[:n], wanted.year_from, wanted.year_to)
        yield from _between(self.runtime[:n], wanted.runtime_from, wanted.runtime_to)
        if wanted.unrated and wanted.max_age is not None:
            yield self.minimum_age[:n] <= max(wanted.max_age, UNKNOWN)
        else:
            yield from _between(self.minimum_age[:n], None, wanted.max_age)
        yield from _between(self.votes[:n], wanted.min_votes, None)
        yield from _between(self.rating[:n], wanted.min_rating, None)


def _taken(column: NDArray[Scalar], rows: NDArray[np.int64], capacity: int) -> NDArray[Scalar]:
    copy = np.zeros(capacity, column.dtype)
    copy[: len(rows)] = column[rows]
    return copy


def _or_unknown(value: int | None) -> int:
    return UNKNOWN if value is None else value


def _between(column: NDArray[Any], low: float | None, high: float | None) -> Iterable[Mask]:
    """Yield the tests for inclusive bounds; a row that does not know the value fails both."""
    if low is None and high is None:
        return
    yield column != UNKNOWN
    if low is not None:
        yield column >= low
    if high is not None:
        yield column <= high
