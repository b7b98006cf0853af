"""The people of a catalogue by their names: as written, as they sound, and nearly so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from index.query import TitleId
from search.names import phonetic
from search.names.tokenizer import Word

TAMIL = frozenset(map(chr, range(0x0B80, 0x0C00)))  # the block of Unicode
MOST_BEARERS = 200  # people of one word or sound; more and it tells nobody apart
LETTERS_PER_SLIP = 5  # one letter amiss is allowed for so many of a name


class Likeness(IntEnum):
    """How alike a name and the words of a query are."""

    NEAR = 1  # but for a letter or two
    LOOSE = 2  # but for what Tamil does not write: its Dhanush may be Tanush
    PARTED = 3  # the same sound, in more words or fewer
    SPOKEN = 4  # the same sound, word by word
    WRITTEN = 5


# The less alike, the longer and the better known a name has to be: a catalogue of a hundred
# thousand people has somebody for every two syllables.
SHORTEST = {  # letters of the sound
    Likeness.NEAR: 6,
    Likeness.LOOSE: 5,
    Likeness.PARTED: 8,
    Likeness.SPOKEN: 4,
    Likeness.WRITTEN: 2,
}
FEWEST = {  # titles
    Likeness.NEAR: 3,
    Likeness.LOOSE: 3,
    Likeness.PARTED: 3,
    Likeness.SPOKEN: 3,
    Likeness.WRITTEN: 1,
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the catalogue whose name is like what was asked."""

    name: str  # folded
    titles: frozenset[TitleId]
    likeness: Likeness


class Persons:
    """Folded names of people and their titles; whoever holds it sees to threads."""

    def __init__(self) -> None:
        self._titles: dict[str, tuple[TitleId, ...]] = {}
        self._by_skeleton: dict[str, tuple[str, ...]] = {}  # of whole names, words joined
        self._by_word: dict[str, tuple[str, ...]] = {}  # names of several words, by each

    def add(self, name: str, title_id: TitleId) -> None:
        """Add a title of somebody."""
        if name not in self._titles:
            for table, place in self._places(name):
                table[place] = (*table.get(place, ()), name)
        self._titles[name] = (*self._titles.get(name, ()), title_id)

    def discard(self, name: str, title_id: TitleId) -> None:
        """Take a title from somebody, who is forgotten with the last."""
        left = tuple(each for each in self._titles[name] if each != title_id)
        if left:
            self._titles[name] = left
            return
        del self._titles[name]
        for table, place in self._places(name):
            others = tuple(each for each in table[place] if each != name)
            if others:
                table[place] = others
            else:
                del table[place]

    def whole(self, words: Sequence[Word]) -> list[Person]:
        """Return the people whose whole name this is, all as alike as the most alike."""
        written = self.named(" ".join(word.folded for word in words))
        if written is not None:
            return [written]
        parted = " ".join(word.key for word in words)
        spoken = parted.replace(" ", "")
        if len(spoken) < SHORTEST[Likeness.SPOKEN]:
            return []
        bearers = self._by_skeleton.get(_bones(spoken), ())[:MOST_BEARERS]
        known = [name for name in bearers if len(self._titles[name]) >= FEWEST[Likeness.SPOKEN]]
        loosely = any(word.folded[0] in TAMIL for word in words)
        ranked = [
            (rank, name)
            for name in known
            if (rank := self._rank(parted, spoken, name, loosely=loosely))
        ]
        best = max((rank for rank, _ in ranked), default=(Likeness.NEAR, 0))
        return [self._person(name, best[0]) for rank, name in ranked if rank == best]

    def named(self, name: str) -> Person | None:
        """Return who has exactly this folded name."""
        return self._person(name, Likeness.WRITTEN) if name in self._titles else None

    def bearers(self, word: Word) -> list[Person]:
        """Return the people in whose name of several words this one is, unless too many."""
        names = self._by_word.get(word.key, ()) if word.key else ()
        if len(names) > MOST_BEARERS:
            return []
        return [self._person(name, Likeness.SPOKEN) for name in names]

    def _person(self, name: str, likeness: Likeness) -> Person:
        return Person(name, frozenset(self._titles[name]), likeness)

    def _rank(
        self, parted: str, spoken: str, name: str, *, loosely: bool
    ) -> tuple[Likeness, int] | None:
        """Return how alike a name is, and the letters amiss negated; none if not enough."""
        meant = phonetic.key(name)
        alike = _likeness(spoken, meant.replace(" ", ""), loosely=loosely)
        if alike is None:
            return None
        likeness, amiss = alike
        as_many = meant.count(" ") == parted.count(" ")
        if likeness is Likeness.SPOKEN and meant != parted:
            likeness = Likeness.PARTED
        if likeness is Likeness.NEAR and not as_many:
            return None
        shortest = SHORTEST[likeness if as_many else Likeness.PARTED]
        enough = len(spoken) >= shortest and len(self._titles[name]) >= FEWEST[likeness]
        return (likeness, -amiss) if enough else None

    def _places(self, name: str) -> Iterator[tuple[dict[str, tuple[str, ...]], str]]:
        parts = phonetic.key(name).split()
        if parts:
            yield self._by_skeleton, _bones("".join(parts))
        if len(parts) > 1:
            yield from ((self._by_word, part) for part in dict.fromkeys(parts))


def _likeness(spoken: str, meant: str, *, loosely: bool) -> tuple[Likeness, int] | None:
    """Return how alike two sounds are, and the letters to add, drop or change; none if not."""
    if spoken == meant:
        return Likeness.SPOKEN, 0
    amiss = int(OSA.distance(spoken, meant))
    if loosely and phonetic.loose(spoken) == phonetic.loose(meant):
        return Likeness.LOOSE, amiss
    return (Likeness.NEAR, amiss) if amiss <= _slips(spoken) else None


def _slips(spoken: str) -> int:
    """Return how many letters of a sound may be amiss."""
    return max(1, len(spoken) // LETTERS_PER_SLIP)


@lru_cache(1 << 14)
def _bones(spoken: str) -> str:
    return phonetic.skeleton(spoken)
