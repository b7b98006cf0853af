"""What the in-memory index knows of each row besides its vectors, and the tests that filters make.

Columns are written past the last row that any published snapshot shows, and never changed below it;
so snapshots share them without locks.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.mapped_arrays import MappedArrays
from index.query import Attributes, Filter, IndexEntry
from vocabulary.arrays import BoolMask, Float64Array
from vocabulary.ids import Region
from vocabulary.kinds import Kind

LABELS_PER_WORD = 64  # in a word of a label column
UNKNOWN_VALUE = -1  # year, age, runtime, rating that a title does not have
REGIONAL_PREFIX = "regional."


KIND_CODES = {kind: code for code, kind in enumerate(Kind)}


class RowPredicate(NamedTuple):
    """Something that rows are asked."""

    key: Hashable
    """Equal for tests that ask the same."""
    matches: Callable[[slice], BoolMask]


class LabelColumn:
    """A set of labels per row, as bits; labels get their bit when they are first seen."""

    def __init__(self, arrays: MappedArrays, name: str, labels: Sequence[str]) -> None:
        self._arrays = arrays
        self._name = name
        self.bit_of_label: dict[str, int] = {}
        self._words: list[NDArray[np.uint64]] = []
        for label in labels:
            self._bit_for(label)

    def write(self, first: int, labels: Iterable[Iterable[str]]) -> None:
        """Set the labels of rows that no snapshot shows yet."""
        for row, each in enumerate(labels, start=first):
            for label in each:
                bit = self._bit_for(label)
                self._words[bit // LABELS_PER_WORD][row] |= np.uint64(1 << bit % LABELS_PER_WORD)

    def rows_with_any(self, labels: Iterable[str], rows: slice) -> BoolMask:
        """Return which of these rows carry at least one of the labels."""
        found = np.zeros(rows.stop - rows.start, np.bool_)
        for word, bits in self._words_with(labels).items():
            found |= (self._words[word][rows] & np.uint64(bits)) != 0
        return found

    def _bit_for(self, label: str) -> int:
        bit = self.bit_of_label.get(label)
        if bit is None:
            bit = len(self.bit_of_label)
            if bit // LABELS_PER_WORD >= len(self._words):
                self._words.append(
                    self._arrays.get_or_create(f"{self._name}.{len(self._words)}", np.uint64)
                )
            # A search may be reading: the word is there before its first label is known.
            self.bit_of_label[label] = bit
        return bit

    def _words_with(self, labels: Iterable[str]) -> Mapping[int, int]:
        masks: dict[int, int] = {}
        for label in labels:
            bit = self.bit_of_label.get(label)
            if bit is not None:
                masks[bit // LABELS_PER_WORD] = (
                    masks.get(bit // LABELS_PER_WORD, 0) | 1 << bit % LABELS_PER_WORD
                )
        return masks


class Columns:
    """Filter attributes and boost signals of rows."""

    def __init__(self, arrays: MappedArrays, labels: Mapping[str, Sequence[str]]) -> None:
        self._arrays = arrays
        self.ids = arrays.get_or_create("ids", np.int64)
        self._kind = arrays.get_or_create("kind", np.uint8)
        self._year = arrays.get_or_create("year", np.int32)
        self._adult = arrays.get_or_create("adult", np.bool_)
        self._minimum_age = arrays.get_or_create("minimum_age", np.int16)
        self._votes = arrays.get_or_create("votes", np.int64)
        self._rating = arrays.get_or_create("rating", np.float64)
        self._runtime = arrays.get_or_create("runtime", np.int32)
        self.popularity = arrays.get_or_create("popularity", np.float64)
        self.freshness = arrays.get_or_create("freshness", np.float64)
        self._languages, self._genres, self._providers = (
            LabelColumn(arrays, name, labels.get(name, ()))
            for name in ("languages", "genres", "providers")
        )
        self._regional_signals = {
            region: self._regional_column(region) for region in labels.get("regions", ())
        }

    def labels(self) -> Mapping[str, Sequence[str]]:
        """Return the labels and regions that there are, in the order of their bits."""
        return {
            "languages": list(self._languages.bit_of_label),
            "genres": list(self._genres.bit_of_label),
            "providers": list(self._providers.bit_of_label),
            "regions": list(self._regional_signals),
        }

    def write(self, first: int, entries: Sequence[IndexEntry]) -> None:
        """Write rows that no snapshot shows yet."""
        rows = slice(first, first + len(entries))
        known = [entry.attributes for entry in entries]
        self.ids[rows] = [entry.title_id for entry in entries]
        self._kind[rows] = [KIND_CODES[each.kind] for each in known]
        self._adult[rows] = [each.adult for each in known]
        self._votes[rows] = [each.votes for each in known]
        for column, read in self._nullable_columns():
            column[rows] = [
                UNKNOWN_VALUE if (value := read(each)) is None else value for each in known
            ]
        self._languages.write(first, (each.languages for each in known))
        self._genres.write(first, (each.genres for each in known))
        self._providers.write(first, (each.providers for each in known))
        self.popularity[rows] = [entry.popularity for entry in entries]
        self.freshness[rows] = [entry.freshness for entry in entries]
        for region in {region for entry in entries for region in entry.regional}:
            if region not in self._regional_signals:
                self._regional_signals[region] = self._regional_column(region)
            liked = [entry.regional.get(region, 0.0) for entry in entries]
            self._regional_signals[region][rows] = liked

    def regional_signal(self, region: Region) -> Float64Array | None:
        """Return a region's signal for every row, or none where no title has one."""
        return self._regional_signals.get(region)

    def predicates(self, title_filter: Filter) -> Iterator[RowPredicate]:
        """Yield what rows have to meet, ids aside."""
        if title_filter.kinds:
            kinds = [KIND_CODES[kind] for kind in title_filter.kinds]
            yield RowPredicate(
                ("kind", title_filter.kinds), lambda rows: np.isin(self._kind[rows], kinds)
            )
        yield from self._label_predicates(title_filter)
        if not title_filter.adult:
            yield RowPredicate("not adult", lambda rows: ~self._adult[rows])
        yield from self._bound_predicates(title_filter)

    def _label_predicates(self, title_filter: Filter) -> Iterator[RowPredicate]:
        for name, labels, asked in (
            ("languages", self._languages, [title_filter.languages]),
            (
                "genres",
                self._genres,
                [title_filter.genres_any, *map(_singleton, title_filter.genres_all)],
            ),
            ("providers", self._providers, [title_filter.providers]),
        ):
            for any_of in filter(None, asked):
                yield RowPredicate((name, any_of), _carries_any(labels, any_of))
        if title_filter.genres_none:
            found = _carries_any(self._genres, title_filter.genres_none)
            yield RowPredicate(("no genres", title_filter.genres_none), lambda rows: ~found(rows))

    def _bound_predicates(self, title_filter: Filter) -> Iterator[RowPredicate]:
        lenient = title_filter.unrated and title_filter.max_age is not None
        for name, column, low, high in (
            ("year", self._year, title_filter.year_from, title_filter.year_to),
            ("runtime", self._runtime, title_filter.runtime_from, title_filter.runtime_to),
            ("age", self._minimum_age, None, None if lenient else title_filter.max_age),
            ("votes", self._votes, title_filter.min_votes, None),
            ("rating", self._rating, title_filter.min_rating, None),
        ):
            if low is not None or high is not None:
                yield RowPredicate((name, low, high), _within_bounds(column, low, high))
        if lenient:
            most = max(title_filter.max_age or 0, UNKNOWN_VALUE)
            yield RowPredicate(("age or none", most), lambda rows: self._minimum_age[rows] <= most)

    def _nullable_columns(
        self,
    ) -> tuple[tuple[NDArray[Any], Callable[[Attributes], float | None]], ...]:
        return (
            (self._year, lambda known: known.year),
            (self._minimum_age, lambda known: known.minimum_age),
            (self._rating, lambda known: known.rating),
            (self._runtime, lambda known: known.runtime_minutes),
        )

    def _regional_column(self, region: Region) -> Float64Array:
        return self._arrays.get_or_create(REGIONAL_PREFIX + region, np.float64)


def _singleton(label: str) -> frozenset[str]:
    return frozenset({label})


def _carries_any(labels: LabelColumn, any_of: frozenset[str]) -> Callable[[slice], BoolMask]:
    return lambda rows: labels.rows_with_any(any_of, rows)


def _within_bounds(
    column: NDArray[Any], low: float | None, high: float | None
) -> Callable[[slice], BoolMask]:
    """Return the test for inclusive bounds; a row that does not know the value fails both."""

    def holds(rows: slice) -> BoolMask:
        values = column[rows]
        found: BoolMask = values != UNKNOWN_VALUE
        if low is not None:
            found &= values >= low
        if high is not None:
            found &= values <= high
        return found

    return holds
