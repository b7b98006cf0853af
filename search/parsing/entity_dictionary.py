"""What the catalogue's titles and people are called, as a query is read against it.

Names are known by their sound (`search.names.phonetic`), so that they are found in any script and
in free spelling, and however their words are parted.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from index.query import TitleId
from search.names import phonetic
from search.names.tokenizer import Word
from search.parsing.person_index import LETTERS_PER_SLIP, Person, Persons

ARTICLES = frozenset({"the", "a", "an"})
SUBTITLES = frozenset({"the", "chapter", "part", "volume", "vol", "season", "movie"})
MOST_ALIKE = 50  # titles of one skeleton that are looked at
SHORTEST_PARTED_OTHERWISE = 7  # letters; shorter names parted otherwise are other names


@dataclass(slots=True)
class _Known:
    names: tuple[str, ...]
    people: tuple[str, ...]
    popularity: float


class Vocabulary:
    """Names of titles and people, kept in step with the catalogue; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[TitleId, _Known] = {}
        self._named: dict[str, tuple[TitleId, ...]] = {}  # by the sound of a whole name
        self._by_skeleton: dict[str, tuple[TitleId, ...]] = {}  # of whole names, words joined
        self._begun: dict[str, tuple[TitleId, ...]] = {}  # by the sound before a subtitle
        self._words = Counter[str]()  # titles in whose names a word occurs, by its sound
        self._people = Persons()

    def update(
        self,
        title_id: TitleId,
        names: Iterable[str],
        people: Iterable[str] = (),
        *,
        popularity: float = 0.0,
    ) -> None:
        """Set the folded names and people of a title; without names it is forgotten."""
        wanted = _Known(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(people)), popularity)
        with self._lock:
            known = self._known.get(title_id)
            if known is not None and (known.names, known.people) == (wanted.names, wanted.people):
                known.popularity = popularity
                return
            if known is not None:
                self._forget(title_id, known)
            if wanted.names:
                self._add(title_id, wanted)

    def title(self, words: Sequence[Word]) -> TitleId | None:
        """Return the best known title of exactly these words, or of their sound.

        Long names may be parted otherwise: "Love Story" and "Lovestory".
        """
        bare = words[1:] if len(words) > 1 and words[0].folded in ARTICLES else words
        spoken = " ".join(word.key for word in bare if word.key)
        joined = spoken.replace(" ", "")
        with self._lock:
            found = self._named.get(joined, ()) if joined else ()
            if found and len(joined) < SHORTEST_PARTED_OTHERWISE:
                found = tuple(each for each in found if spoken in self._spoken(each))
            if not found:
                return None
            folded = " ".join(word.folded for word in words)
            ranked = [
                (folded in self._known[each].names, self._known[each].popularity, -each)
                for each in found
            ]
        return -max(ranked)[2]

    def is_written(self, title_id: TitleId, words: Sequence[Word]) -> bool:
        """Tell whether a title has a name that is folded to exactly these words."""
        folded = " ".join(word.folded for word in words)
        with self._lock:
            known = self._known.get(title_id)
            return known is not None and folded in known.names

    def meant_title(self, words: Sequence[Word]) -> TitleId | None:
        """Return the title of these words, of a name that begins with them, or nearly of them.

        Only the beginnings that people leave it at are known: "KGF" of "KGF: Chapter 1".
        """
        spoken = " ".join(word.key for word in words if word.key)
        exactly = self.title(words)
        if exactly is not None:
            return exactly
        with self._lock:
            found = self._begun.get(spoken, ()) or self._nearly(spoken.replace(" ", ""))
            return max(found, key=self._popularity, default=None)

    def nearly_title(self, words: Sequence[Word]) -> bool:
        """Tell whether this is the name of a title but for a letter or two."""
        with self._lock:
            return bool(self._nearly("".join(word.key for word in words).replace(" ", "")))

    def people(self, words: Sequence[Word]) -> list[Person]:
        """Return the people whose whole name this is, all as alike as the most alike."""
        with self._lock:
            return self._people.whole(words)

    def person(self, name: str) -> Person | None:
        """Return who has exactly this folded name."""
        with self._lock:
            return self._people.named(name)

    def bearers(self, word: Word) -> list[Person]:
        """Return the people in whose name of several words this one is, unless too many."""
        with self._lock:
            return self._people.bearers(word)

    def in_names(self, word: Word) -> int:
        """Return in how many titles' names a word occurs."""
        with self._lock:
            return self._words[word.key]

    def __len__(self) -> int:
        """Return the number of titles."""
        return len(self._known)

    def _nearly(self, joined: str) -> list[TitleId]:
        if len(joined) < SHORTEST_PARTED_OTHERWISE:
            return []
        allowed = len(joined) // LETTERS_PER_SLIP
        return [
            each
            for each in self._by_skeleton.get(phonetic.skeleton(joined), ())[:MOST_ALIKE]
            for name in self._known[each].names
            if OSA.distance(joined, "".join(_parts(name)[1]), score_cutoff=allowed) <= allowed
        ]

    def _popularity(self, title_id: TitleId) -> tuple[float, TitleId]:
        return self._known[title_id].popularity, -title_id

    def _spoken(self, title_id: TitleId) -> set[str]:
        return {" ".join(_parts(name)[0]) for name in self._known[title_id].names}

    def _add(self, title_id: TitleId, wanted: _Known) -> None:
        self._known[title_id] = wanted
        wholes, words = _sounds(wanted.names)
        for table, places in self._tables(wholes, wanted.names):
            for place in places:
                table[place] = (*table.get(place, ()), title_id)
        self._words.update(words)
        for name in wanted.people:
            self._people.add(name, title_id)

    def _tables(
        self, wholes: set[str], names: Sequence[str]
    ) -> Iterator[tuple[dict[str, tuple[TitleId, ...]], set[str]]]:
        yield self._named, wholes
        yield self._by_skeleton, {phonetic.skeleton(whole) for whole in wholes}
        yield self._begun, {begun for name in names if (begun := _beginning(name))}

    def _forget(self, title_id: TitleId, known: _Known) -> None:
        del self._known[title_id]
        wholes, words = _sounds(known.names)
        for table, places in self._tables(wholes, known.names):
            for place in places:
                left = tuple(each for each in table[place] if each != title_id)
                if left:
                    table[place] = left
                else:
                    del table[place]
        for word in words:
            self._words[word] -= 1
            if not self._words[word]:
                del self._words[word]
        for name in known.people:
            self._people.discard(name, title_id)


def _beginning(name: str) -> str:
    """Return the sound of what stands before a subtitle or a number; nothing where none does."""
    words = name.split()
    for place, word in enumerate(words[1:], 1):
        if word in SUBTITLES or word.isdecimal():
            return phonetic.key(" ".join(words[:place]))
    return ""


def _sounds(names: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the sounds of whole names, articles at the beginning aside, and of their words."""
    wholes: set[str] = set()
    words: set[str] = set()
    for name in names:
        bare, parts = _parts(name)
        wholes.add("".join(bare))
        words.update(parts)
    return wholes - {""}, words


def _parts(name: str) -> tuple[list[str], list[str]]:
    """Return the sounds of a name's words, without and with the article that it begins with."""
    parts = phonetic.key(name).split()
    first, _, others = name.partition(" ")
    return (parts[1:] if others and first in ARTICLES else parts), parts
