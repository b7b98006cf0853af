"""What the catalogue's titles and people are called, as a query is read against it.

Everything is known by its sound (`search.phonetic`), so that a name is found in any script and in
free spelling. Titles are found by the whole name; people by the whole name, by one word of it, and
by a whole name with a letter or two amiss.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from index.query import TitleId
from search import phonetic
from search.words import Word

ARTICLES = frozenset({"the", "a", "an"})
MOST_BEARERS = 200  # people of one word or sound; more and it tells nobody apart
LETTERS_PER_SLIP = 5  # one letter amiss is allowed for so many of a name
SHORTEST_ALIKE = 5  # letters; of names that differ in what Tamil does not write
SHORTEST_JOINED = 9  # letters; of names with slips whose words are parted otherwise
FAR = 99
SHORTEST_WITH_SLIP = 6  # letters; shorter names with a letter amiss are other names


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the catalogue; `exact` if the name sounds the same, not only nearly so."""

    name: str  # folded
    titles: frozenset[TitleId]
    exact: bool


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
        self._words = Counter[str]()  # titles in whose names a word occurs, by its sound
        self._people: dict[str, set[TitleId]] = {}
        self._by_skeleton: dict[str, list[str]] = {}  # whole names of people, words joined
        self._by_word: dict[str, list[str]] = {}  # names of people of several words, by each

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
            self._forget(title_id)
            if wanted.names:
                self._add(title_id, wanted)

    def title(self, words: Sequence[Word]) -> TitleId | None:
        """Return the best known title of exactly these words, or of their sound, spaces aside."""
        bare = words[1:] if len(words) > 1 and words[0].folded in ARTICLES else words
        spoken = "".join(word.key for word in bare).replace(" ", "")
        with self._lock:
            found = self._named.get(spoken, ()) if spoken else ()
            if not found:
                return None
            folded = " ".join(word.folded for word in words)
            ranked = [
                (folded in self._known[each].names, self._known[each].popularity, -each)
                for each in found
            ]
        return -max(ranked)[2]

    def people(self, words: Sequence[Word]) -> list[Person]:
        """Return the people of exactly this whole name, or if nobody, of nearly this one.

        A name may be written as one word or as several, but a short one then without slips.
        """
        spoken = "".join(word.key for word in words).replace(" ", "")
        with self._lock:
            bearers = self._by_skeleton.get(_bones(spoken), ())[:MOST_BEARERS] if spoken else ()
            distances = {name: _distance(spoken, name, len(words)) for name in bearers}
            best = min(distances.values(), default=FAR)
            if best == FAR:
                return []
            written = " ".join(word.folded for word in words)
            nearest = [name for name, distance in distances.items() if distance == best]
            found = [written] if written in nearest else nearest
            return [Person(name, frozenset(self._people[name]), not best) for name in found]

    def bearers(self, word: Word) -> list[Person]:
        """Return the people in whose name of several words this one is, unless too many."""
        with self._lock:
            names = self._by_word.get(word.key, ()) if word.key else ()
            if len(names) > MOST_BEARERS:
                return []
            return [Person(name, frozenset(self._people[name]), True) for name in names]

    def person(self, name: str) -> Person | None:
        """Return who has exactly this folded name."""
        with self._lock:
            titles = self._people.get(name)
            return Person(name, frozenset(titles), True) if titles else None

    def in_names(self, word: Word) -> int:
        """Return in how many titles' names a word occurs."""
        with self._lock:
            return self._words[word.key]

    def __len__(self) -> int:
        """Return the number of titles."""
        return len(self._known)

    def _add(self, title_id: TitleId, wanted: _Known) -> None:
        self._known[title_id] = wanted
        for spoken in _sounds(wanted):
            self._named[spoken] = (*self._named.get(spoken, ()), title_id)
        self._words.update(_words(wanted))
        for name in wanted.people:
            if name not in self._people:
                self._people[name] = set()
                for table, place in self._places(name):
                    table.setdefault(place, []).append(name)
            self._people[name].add(title_id)

    def _forget(self, title_id: TitleId) -> None:
        known = self._known.pop(title_id, None)
        if known is None:
            return
        for spoken in _sounds(known):
            left = tuple(each for each in self._named[spoken] if each != title_id)
            if left:
                self._named[spoken] = left
            else:
                del self._named[spoken]
        for word in _words(known):
            self._words[word] -= 1
            if not self._words[word]:
                del self._words[word]
        for name in known.people:
            self._people[name].discard(title_id)
            if not self._people[name]:
                self._forget_person(name)

    def _forget_person(self, name: str) -> None:
        del self._people[name]
        for table, place in self._places(name):
            table[place].remove(name)
            if not table[place]:
                del table[place]

    def _places(self, name: str) -> Iterator[tuple[dict[str, list[str]], str]]:
        words = name.split()
        spoken = _joined(name)
        if spoken:
            yield self._by_skeleton, _bones(spoken)
        if len(words) > 1:
            for part in dict.fromkeys(map(phonetic.key, words)):
                if part:
                    yield self._by_word, part


def slips(spoken: str) -> int:
    """Return how many letters of a sound may be amiss."""
    return len(spoken) // LETTERS_PER_SLIP if len(spoken) >= SHORTEST_WITH_SLIP else 0


def _sounds(known: _Known) -> set[str]:
    return set(filter(None, (_joined(_bare(name)) for name in known.names)))


def _bare(name: str) -> str:
    """Return a name without the article that it may begin with."""
    first, _, others = name.partition(" ")
    return others if others and first in ARTICLES else name


def _words(known: _Known) -> set[str]:
    return {sound for name in known.names for sound in phonetic.key(name).split()}


def _joined(name: str) -> str:
    return phonetic.key(name).replace(" ", "")


@lru_cache(1 << 14)
def _bones(spoken: str) -> str:
    return phonetic.skeleton(spoken)


def _distance(spoken: str, name: str, words: int) -> int:
    """Return the letters amiss, or that there are too many."""
    meant = _joined(name)
    if spoken == meant:
        return 0
    as_many = len(name.split()) == words
    allowed = slips(spoken) if as_many or len(spoken) >= SHORTEST_JOINED else 0
    distance = int(OSA.distance(spoken, meant, score_cutoff=allowed)) if allowed else FAR
    if distance <= allowed:
        return distance
    # Tamil does not write voice: its Dhanush may be Tanush.
    shortest = SHORTEST_ALIKE if as_many else SHORTEST_JOINED
    alike = len(spoken) >= shortest and phonetic.loose(spoken) == phonetic.loose(meant)
    return 1 if alike else FAR
