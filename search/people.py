"""Titles by the people who made them: whole names only."""

import threading
from collections.abc import Iterable

from search.names import NameMatch

STRENGTH = 0.8  # of a title's own name: whoever names a person wants his films, none in particular


class PeopleIndex:
    """Folded names of people, and their titles; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._titles: dict[str, set[int]] = {}
        self._people: dict[int, frozenset[str]] = {}

    def update(self, title_id: int, people: Iterable[str]) -> None:
        """Set the people of a title; none forgets it."""
        wanted = frozenset(people)
        with self._lock:
            known = self._people.pop(title_id, frozenset())
            for name in known - wanted:
                self._titles[name].discard(title_id)
            for name in wanted - known:
                self._titles.setdefault(name, set()).add(title_id)
            if wanted:
                self._people[title_id] = wanted

    def match(self, folded: str) -> list[NameMatch]:
        """Return the titles of the person of exactly this folded name."""
        with self._lock:
            found = sorted(self._titles.get(folded, ()))
        return [NameMatch(title_id, STRENGTH) for title_id in found]
