"""Titles by their names and the people in them: any script, any spelling, some words missing.

A query is compared with the names of titles, people and characters word by word, each word
weighted by how few names contain it, and as a whole without spaces.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from index.catalogue_row import CatalogueRow
from search.names.name_index import NameIndex
from search.names.phonetic import phonetic_key
from search.names.query_words import NameQuery
from search.names.spelling import SpellingIndex

MIN_MATCH_STRENGTH = 0.3


class NameField(StrEnum):
    """Which kind of name matched."""

    NAME = "name"
    PERSON = "person"
    CHARACTER = "character"


# A query that names a person is about their films, not about a particular one.
FIELD_WEIGHTS = {NameField.NAME: 1.0, NameField.PERSON: 0.8, NameField.CHARACTER: 0.6}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLabels:
    """The folded names by which a title is found; popularity (0..1) breaks ties."""

    names: Sequence[str] = ()
    people: Sequence[str] = ()
    characters: Sequence[str] = ()
    popularity: float = 0.0


NO_LABELS = NameLabels()


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A title that a query may name; strength is 0..1, 1 for an identical name.

    It covers the query if no word of the query is left over.
    """

    title_id: int
    strength: float
    field: NameField
    matched_name: str
    covers_query: bool


class _NameTables:
    """The mutable state of the index."""

    def __init__(self) -> None:
        self.spelling = SpellingIndex()
        self.indexes = {field: NameIndex(self.spelling) for field in NameField}
        self.popularity: dict[int, float] = {}  # 0..1, by title

    def set_labels(self, title_id: int, labels: NameLabels) -> None:
        self.indexes[NameField.NAME].set_names(title_id, labels.names)
        self.indexes[NameField.PERSON].set_names(title_id, labels.people)
        self.indexes[NameField.CHARACTER].set_names(title_id, labels.characters)
        if labels.names or labels.people or labels.characters:
            self.popularity[title_id] = labels.popularity
        else:
            self.popularity.pop(title_id, None)

    def compact(self) -> None:
        self.spelling.compact()
        for index in self.indexes.values():
            index.compact()


class LexicalIndex:
    """Names of titles, people and characters; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables = _NameTables()

    def load(self, rows: Iterable[CatalogueRow]) -> None:
        """Replace all titles."""
        tables = _NameTables()
        for row in rows:
            tables.set_labels(row.summary.id, _labels(row))
        tables.compact()
        with self._lock:
            self._tables = tables

    def update(self, rows: Iterable[CatalogueRow]) -> None:
        """Add titles, or replace their names."""
        for row in rows:
            self.set_labels(row.summary.id, _labels(row))

    def remove(self, title_ids: Iterable[int]) -> None:
        """Remove titles."""
        for title_id in title_ids:
            self.set_labels(title_id, NO_LABELS)

    def set_labels(self, title_id: int, labels: NameLabels) -> None:
        """Set the names by which a title is found; without any it is removed."""
        with self._lock:
            self._tables.set_labels(title_id, labels)

    def compact(self) -> None:
        """Prepare for many lookups after many additions; `load` does."""
        with self._lock:
            self._tables.compact()

    def match(self, text: str, *, limit: int = 50) -> list[NameMatch]:
        """Return the titles that a text, folded or not, may name, the best match first.

        Among equal matches, the more popular title comes first.
        """
        with self._lock:
            tables = self._tables
            query = NameQuery.parse(text, tables.spelling)
            if not query.folded:
                return []
            best: dict[int, NameMatch] = {}
            for match in _matches_by_field(tables, query):
                if match.title_id not in best or best[match.title_id].strength < match.strength:
                    best[match.title_id] = match
            popularity = {title_id: tables.popularity[title_id] for title_id in best}
        return sorted(
            best.values(),
            key=lambda match: (-match.strength, -popularity[match.title_id], match.title_id),
        )[:limit]


def is_phonetic_prefix(text: str, name: str) -> bool:
    """Return whether a name sounds as if it begins with a text."""
    return phonetic_key(name).startswith(phonetic_key(text))


def _labels(row: CatalogueRow) -> NameLabels:
    return NameLabels(
        names=row.summary.names,
        people=row.summary.people,
        characters=row.summary.characters,
        popularity=row.entry.popularity,
    )


def _matches_by_field(tables: _NameTables, query: NameQuery) -> Iterator[NameMatch]:
    for field, index in tables.indexes.items():
        for similar in index.find_similar(query):
            strength = similar.strength * FIELD_WEIGHTS[field]
            if strength >= MIN_MATCH_STRENGTH:
                name = index.name(similar.row)
                for title_id in index.title_ids(similar.row):
                    yield NameMatch(title_id, strength, field, name, similar.covers_query)
