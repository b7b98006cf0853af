"""The names of titles and people that queries are parsed against.

Names are found by their phonetic keys, so in any script and spelling and with any spaces.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from index.catalogue_row import CatalogueRow
from search.names.tokenizer import Word
from search.parsing.person_index import PersonIndex, PersonMatch
from search.parsing.title_name_index import TitleNameIndex
from vocabulary.ids import TitleId

Names = tuple[str, ...]


@dataclass(slots=True)
class _Entities:
    titles: TitleNameIndex = field(default_factory=TitleNameIndex)
    people: PersonIndex = field(default_factory=PersonIndex)
    names_of_title: dict[TitleId, tuple[Names, Names]] = field(default_factory=dict)

    def set_names(
        self, title_id: TitleId, names: Names, people: Names, *, popularity: float
    ) -> None:
        current = self.names_of_title.get(title_id)
        if current == (names, people):
            self.titles.set_popularity(title_id, popularity)
            return
        if current is not None:
            self._remove(title_id)
        if names:
            self.names_of_title[title_id] = names, people
            self.titles.add(title_id, names, popularity)
            for person in people:
                self.people.add(person, title_id)

    def _remove(self, title_id: TitleId) -> None:
        _, people = self.names_of_title.pop(title_id)
        self.titles.remove(title_id)
        for person in people:
            self.people.remove(person, title_id)


class EntityDictionary:
    """Folded names of titles and people; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entities = _Entities()

    def load(self, rows: Iterable[CatalogueRow]) -> None:
        """Replace all titles."""
        entities = _Entities()
        for row in rows:
            _set_row(entities, row)
        with self._lock:
            self._entities = entities

    def update(self, rows: Iterable[CatalogueRow]) -> None:
        """Add titles, or replace their names."""
        for row in rows:
            with self._lock:
                _set_row(self._entities, row)

    def remove(self, title_ids: Iterable[TitleId]) -> None:
        """Remove titles."""
        for title_id in title_ids:
            self.set_names(title_id, ())

    def set_names(
        self,
        title_id: TitleId,
        names: Iterable[str],
        people: Iterable[str] = (),
        *,
        popularity: float = 0.0,
    ) -> None:
        """Set the folded names and people of a title; without names it is removed."""
        with self._lock:
            self._entities.set_names(
                title_id, _distinct(names), _distinct(people), popularity=popularity
            )

    def find_title(self, words: Sequence[Word]) -> TitleId | None:
        """Return the most popular title with exactly these words, or else with their sound."""
        with self._lock:
            return self._entities.titles.find(words)

    def find_title_loosely(self, words: Sequence[Word]) -> TitleId | None:
        """Return the title of these words, or else the one whose short or similar name they are."""
        with self._lock:
            return self._entities.titles.find_loosely(words)

    def has_exact_name(self, title_id: TitleId, words: Sequence[Word]) -> bool:
        """Return whether a title has a folded name of exactly these words."""
        with self._lock:
            return self._entities.titles.has_exact_name(title_id, words)

    def has_similar_title(self, words: Sequence[Word]) -> bool:
        """Return whether these words differ from the name of a title in few letters."""
        with self._lock:
            return self._entities.titles.has_similar(words)

    def count_titles_with_word(self, word: Word) -> int:
        """Return the number of titles whose names contain a word."""
        with self._lock:
            return self._entities.titles.count_titles_with_word(word)

    def find_people(self, words: Sequence[Word]) -> list[PersonMatch]:
        """Return the people whose full name this is, those with the best match level only."""
        with self._lock:
            return self._entities.people.find_by_full_name(words)

    def find_person(self, name: str) -> PersonMatch | None:
        """Return the person with exactly this folded name."""
        with self._lock:
            return self._entities.people.find_exact(name)

    def people_with_name_part(self, word: Word) -> list[PersonMatch]:
        """Return the people with this word in a longer name; none if there are too many."""
        with self._lock:
            return self._entities.people.find_by_name_part(word)

    def __len__(self) -> int:
        """Return the number of titles."""
        return len(self._entities.titles)


def _set_row(entities: _Entities, row: CatalogueRow) -> None:
    summary = row.summary
    entities.set_names(
        summary.id,
        _distinct(summary.names),
        _distinct(summary.people),
        popularity=row.entry.popularity,
    )


def _distinct(names: Iterable[str]) -> Names:
    return tuple(dict.fromkeys(names))
