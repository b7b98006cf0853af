"""Titles by what they are called and who is in them: any script, any spelling, some words missing.

A text is compared with the names of titles, people and characters word by word, each word weighted
by how few names have it, and as a whole without its spaces. Held in process, kept up to date from
the change log.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from search.names.name_index import Texts
from search.names.query_words import Asked
from search.names.spelling import Spelling

WEAKEST = 0.3  # strength; what shares less with a text is not meant by it


class Field(StrEnum):
    """What of a title was matched."""

    NAME = "name"
    PERSON = "person"
    CHARACTER = "character"


# Whoever names a person wants his films, none in particular.
WEIGHTS = {Field.NAME: 1.0, Field.PERSON: 0.8, Field.CHARACTER: 0.6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a title can be found by, folded; `known` is 0..1 and breaks ties."""

    names: Sequence[str] = ()
    people: Sequence[str] = ()
    characters: Sequence[str] = ()
    known: float = 0.0


NOTHING = Labels()


@dataclass(frozen=True, slots=True)
class Match:
    """A title that a text may name; `strength` is 0..1, 1 for the very name alone.

    `whole` tells that nothing of the text is left over.
    """

    title_id: int
    strength: float
    field: Field
    matched: str
    whole: bool


class LexicalIndex:
    """Names of titles, people and characters; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spelling = Spelling()
        self._fields = {field: Texts(self._spelling) for field in Field}
        self._known: dict[int, float] = {}  # how well a title is known, 0..1

    def update(self, title_id: int, labels: Labels) -> None:
        """Set what a title is found by; no label forgets it."""
        given = {
            Field.NAME: labels.names,
            Field.PERSON: labels.people,
            Field.CHARACTER: labels.characters,
        }
        with self._lock:
            for field, texts in given.items():
                self._fields[field].assign(title_id, texts)
            if any(given.values()):
                self._known[title_id] = labels.known
            else:
                self._known.pop(title_id, None)

    def settle(self) -> None:
        """Sort what was added, once it is much; else the next question does."""
        with self._lock:
            self._spelling.settle()
            for texts in self._fields.values():
                texts.settle()

    def match(self, text: str, *, limit: int = 50) -> list[Match]:
        """Return the titles that a text, folded or not, may name: the likeliest first.

        Of equally likely ones, the better known comes first.
        """
        with self._lock:
            asked = Asked.of(text, self._spelling)
            if not asked.folded:
                return []
            best: dict[int, Match] = {}
            for match in self._matches(asked):
                if match.title_id not in best or best[match.title_id].strength < match.strength:
                    best[match.title_id] = match
            known = {title_id: self._known[title_id] for title_id in best}
        return sorted(
            best.values(),
            key=lambda each: (-each.strength, -known[each.title_id], each.title_id),
        )[:limit]

    def _matches(self, asked: Asked) -> Iterator[Match]:
        for field, texts in self._fields.items():
            for found in texts.resembling(asked):
                strength = found.strength * WEIGHTS[field]
                if strength >= WEAKEST:
                    for title_id in texts.titles(found.row):
                        yield Match(title_id, strength, field, texts.text(found.row), found.whole)
