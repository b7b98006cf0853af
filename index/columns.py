"""What the in-memory index knows of each row besides its vectors, and the tests that filters make.

Columns are written past the last row that any published snapshot shows, and never changed below it;
so snapshots share them without locks.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.mapped_arrays import Arrays
from index.query import Attributes, Entry, Filter, Region
from vocabulary.kinds import Kind

BITS = 64  # in a word of a label column
UNKNOWN = -1  # year, age, runtime, rating that a title does not have
REGIONAL = "regional."

Mask = NDArray[np.bool_]
Doubles = NDArray[np.float64]

KINDS = {kind: code for code, kind in enumerate(Kind)}


class Test(NamedTuple):
    """Something that rows are asked."""

    key: Hashable
    """Equal for tests that ask the same."""
    holds: Callable[[slice], Mask]


class Labels:
    """A set of labels per row, as bits; labels get their bit when they are first seen."""

    def __init__(self, arrays: Arrays, name: str, known: Sequence[str]) -> None:
        self._arrays = arrays
        self._name = name
        self.bits: dict[str, int] = {}
        self._words: list[NDArray[np.uint64]] = []
        for label in known:
            self._bit(label)

    def put(self, first: int, labels: Iterable[Iterable[str]]) -> None:
        """Set the labels of rows that no snapshot shows yet."""
        for row, each in enumerate(labels, start=first):
            for label in each:
                bit = self._bit(label)
                self._words[bit // BITS][row] |= np.uint64(1 << bit % BITS)

    def any_of(self, labels: Iterable[str], rows: slice) -> Mask:
        """Return which of these rows carry at least one of the labels."""
        found = np.zeros(rows.stop - rows.start, np.bool_)
        for word, bits in self._masks(labels).items():
            found |= (self._words[word][rows] & np.uint64(bits)) != 0
        return found

    def _bit(self, label: str) -> int:
        bit = self.bits.get(label)
        if bit is None:
            bit = len(self.bits)
            if bit // BITS >= len(self._words):
                self._words.append(self._arrays.get(f"{self._name}.{len(self._words)}", np.uint64))
            # A search may be reading: the word is there before its first label is known.
            self.bits[label] = bit
        return bit

    def _masks(self, labels: Iterable[str]) -> Mapping[int, int]:
        masks: dict[int, int] = {}
        for label in labels:
            bit = self.bits.get(label)
            if bit is not None:
                masks[bit // BITS] = masks.get(bit // BITS, 0) | 1 << bit % BITS
        return masks


class Columns:
    """Filter attributes and boost signals of rows."""

    def __init__(self, arrays: Arrays, labels: Mapping[str, Sequence[str]]) -> None:
        self._arrays = arrays
        self.ids = arrays.get("ids", np.int64)
        self._kind = arrays.get("kind", np.uint8)
        self._year = arrays.get("year", np.int32)
        self._adult = arrays.get("adult", np.bool_)
        self._minimum_age = arrays.get("minimum_age", np.int16)
        self._votes = arrays.get("votes", np.int64)
        self._rating = arrays.get("rating", np.float64)
        self._runtime = arrays.get("runtime", np.int32)
        self.popularity = arrays.get("popularity", np.float64)
        self.freshness = arrays.get("freshness", np.float64)
        self._languages, self._genres, self._providers = (
            Labels(arrays, name, labels.get(name, ()))
            for name in ("languages", "genres", "providers")
        )
        self._regions = {region: self._region(region) for region in labels.get("regions", ())}

    def labels(self) -> Mapping[str, Sequence[str]]:
        """Return the labels and regions that there are, in the order of their bits."""
        return {
            "languages": list(self._languages.bits),
            "genres": list(self._genres.bits),
            "providers": list(self._providers.bits),
            "regions": list(self._regions),
        }

    def put(self, first: int, entries: Sequence[Entry]) -> None:
        """Write rows that no snapshot shows yet."""
        rows = slice(first, first + len(entries))
        known = [entry.attributes for entry in entries]
        self.ids[rows] = [entry.title_id for entry in entries]
        self._kind[rows] = [KINDS[each.kind] for each in known]
        self._adult[rows] = [each.adult for each in known]
        self._votes[rows] = [each.votes for each in known]
        for column, read in self._bounded():
            column[rows] = [UNKNOWN if (value := read(each)) is None else value for each in known]
        self._languages.put(first, (each.languages for each in known))
        self._genres.put(first, (each.genres for each in known))
        self._providers.put(first, (each.providers for each in known))
        self.popularity[rows] = [entry.popularity for entry in entries]
        self.freshness[rows] = [entry.freshness for entry in entries]
        for region in {region for entry in entries for region in entry.regional}:
            if region not in self._regions:
                self._regions[region] = self._region(region)
            liked = [entry.regional.get(region, 0.0) for entry in entries]
            self._regions[region][rows] = liked

    def regional(self, region: Region) -> Doubles | None:
        """Return a region's signal for every row, or none where no title has one."""
        return self._regions.get(region)

    def tests(self, wanted: Filter) -> Iterator[Test]:
        """Yield what rows have to meet, ids aside."""
        if wanted.kinds:
            kinds = [KINDS[kind] for kind in wanted.kinds]
            yield Test(("kind", wanted.kinds), lambda rows: np.isin(self._kind[rows], kinds))
        yield from self._label_tests(wanted)
        if not wanted.adult:
            yield Test("not adult", lambda rows: ~self._adult[rows])
        yield from self._bound_tests(wanted)

    def _label_tests(self, wanted: Filter) -> Iterator[Test]:
        for name, labels, asked in (
            ("languages", self._languages, [wanted.languages]),
            ("genres", self._genres, [wanted.genres_any, *map(_alone, wanted.genres_all)]),
            ("providers", self._providers, [wanted.providers]),
        ):
            for any_of in filter(None, asked):
                yield Test((name, any_of), _carrying(labels, any_of))
        if wanted.genres_none:
            found = _carrying(self._genres, wanted.genres_none)
            yield Test(("no genres", wanted.genres_none), lambda rows: ~found(rows))

    def _bound_tests(self, wanted: Filter) -> Iterator[Test]:
        lenient = wanted.unrated and wanted.max_age is not None
        for name, column, low, high in (
            ("year", self._year, wanted.year_from, wanted.year_to),
            ("runtime", self._runtime, wanted.runtime_from, wanted.runtime_to),
            ("age", self._minimum_age, None, None if lenient else wanted.max_age),
            ("votes", self._votes, wanted.min_votes, None),
            ("rating", self._rating, wanted.min_rating, None),
        ):
            if low is not None or high is not None:
                yield Test((name, low, high), _between(column, low, high))
        if lenient:
            most = max(wanted.max_age or 0, UNKNOWN)
            yield Test(("age or none", most), lambda rows: self._minimum_age[rows] <= most)

    def _bounded(self) -> tuple[tuple[NDArray[Any], Callable[[Attributes], float | None]], ...]:
        return (
            (self._year, lambda known: known.year),
            (self._minimum_age, lambda known: known.minimum_age),
            (self._rating, lambda known: known.rating),
            (self._runtime, lambda known: known.runtime_minutes),
        )

    def _region(self, region: Region) -> Doubles:
        return self._arrays.get(REGIONAL + region, np.float64)


def _alone(label: str) -> frozenset[str]:
    return frozenset({label})


def _carrying(labels: Labels, any_of: frozenset[str]) -> Callable[[slice], Mask]:
    return lambda rows: labels.any_of(any_of, rows)


def _between(
    column: NDArray[Any], low: float | None, high: float | None
) -> Callable[[slice], Mask]:
    """Return the test for inclusive bounds; a row that does not know the value fails both."""

    def holds(rows: slice) -> Mask:
        values = column[rows]
        found: Mask = values != UNKNOWN
        if low is not None:
            found &= values >= low
        if high is not None:
            found &= values <= high
        return found

    return holds
