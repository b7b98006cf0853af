"""Titles by what they are called and who is in them: any script, any spelling, some words missing.

A text is compared with the names of titles, people and characters word by word, each word weighted
by how few names have it, and as a whole without its spaces. Held in process, kept up to date from
the change log.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from search.names.name_index import NameIndex
from search.names.query_words import NameQuery
from search.names.spelling import SpellingIndex

MIN_MATCH_STRENGTH = 0.3  # strength; what shares less with a text is not meant by it


class NameField(StrEnum):
    """What of a title was matched."""

    NAME = "name"
    PERSON = "person"
    CHARACTER = "character"


# Whoever names a person wants his films, none in particular.
FIELD_WEIGHTS = {NameField.NAME: 1.0, NameField.PERSON: 0.8, NameField.CHARACTER: 0.6}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameLabels:
    """What a title can be found by, folded; `known` is 0..1 and breaks ties."""

    names: Sequence[str] = ()
    people: Sequence[str] = ()
    characters: Sequence[str] = ()
    popularity: float = 0.0


NO_LABELS = NameLabels()


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A title that a text may name; `strength` is 0..1, 1 for the very name alone.

    `whole` tells that nothing of the text is left over.
    """

    title_id: int
    strength: float
    field: NameField
    matched_name: str
    covers_query: bool


class LexicalIndex:
    """Names of titles, people and characters; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spelling = SpellingIndex()
        self._name_indexes = {field: NameIndex(self._spelling) for field in NameField}
        self._popularity: dict[int, float] = {}  # how well a title is known, 0..1

    def update(self, title_id: int, labels: NameLabels) -> None:
        """Set what a title is found by; no label forgets it."""
        given = {
            NameField.NAME: labels.names,
            NameField.PERSON: labels.people,
            NameField.CHARACTER: labels.characters,
        }
        with self._lock:
            for field, texts in given.items():
                self._name_indexes[field].set_names(title_id, texts)
            if any(given.values()):
                self._popularity[title_id] = labels.popularity
            else:
                self._popularity.pop(title_id, None)

    def compact(self) -> None:
        """Sort what was added, once it is much; else the next question does."""
        with self._lock:
            self._spelling.compact()
            for texts in self._name_indexes.values():
                texts.compact()

    def match(self, text: str, *, limit: int = 50) -> list[NameMatch]:
        """Return the titles that a text, folded or not, may name: the likeliest first.

        Of equally likely ones, the better known comes first.
        """
        with self._lock:
            asked = NameQuery.parse(text, self._spelling)
            if not asked.folded:
                return []
            best: dict[int, NameMatch] = {}
            for match in self._matches_by_field(asked):
                if match.title_id not in best or best[match.title_id].strength < match.strength:
                    best[match.title_id] = match
            known = {title_id: self._popularity[title_id] for title_id in best}
        return sorted(
            best.values(),
            key=lambda each: (-each.strength, -known[each.title_id], each.title_id),
        )[:limit]

    def _matches_by_field(self, query: NameQuery) -> Iterator[NameMatch]:
        for field, texts in self._name_indexes.items():
            for found in texts.find_similar(query):
                strength = found.strength * FIELD_WEIGHTS[field]
                if strength >= MIN_MATCH_STRENGTH:
                    for title_id in texts.title_ids(found.row):
                        yield NameMatch(
                            title_id, strength, field, texts.name(found.row), found.covers_query
                        )
