"""The people of a catalogue by their names: as written, as they sound, and nearly so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from search.names import phonetic
from search.names.tokenizer import Word
from vocabulary.ids import TitleId

TAMIL_LETTERS = frozenset(map(chr, range(0x0B80, 0x0C00)))  # the block of Unicode
MAX_PEOPLE_PER_NAME_PART = 200  # people of one word or sound; more and it tells nobody apart
LETTERS_PER_TYPO = 5  # one letter amiss is allowed for so many of a name


class NameMatchLevel(IntEnum):
    """How alike a name and the words of a query are."""

    NEAR = 1  # but for a letter or two
    LOOSE_SOUND = 2  # but for what Tamil does not write: its Dhanush may be Tanush
    RESPACED = 3  # the same sound, in more words or fewer
    SAME_SOUND = 4  # the same sound, word by word
    EXACT = 5


# The less alike, the longer and the better known a name has to be: a catalogue of a hundred
# thousand people has somebody for every two syllables.
MIN_KEY_LETTERS = {  # letters of the sound
    NameMatchLevel.NEAR: 6,
    NameMatchLevel.LOOSE_SOUND: 5,
    NameMatchLevel.RESPACED: 8,
    NameMatchLevel.SAME_SOUND: 4,
    NameMatchLevel.EXACT: 2,
}
MIN_TITLES = {  # titles
    NameMatchLevel.NEAR: 3,
    NameMatchLevel.LOOSE_SOUND: 3,
    NameMatchLevel.RESPACED: 3,
    NameMatchLevel.SAME_SOUND: 3,
    NameMatchLevel.EXACT: 1,
}


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """Somebody of the catalogue whose name is like what was asked."""

    name: str  # folded
    title_ids: frozenset[TitleId]
    level: NameMatchLevel


class PersonIndex:
    """Folded names of people and their titles; whoever holds it sees to threads."""

    def __init__(self) -> None:
        self._titles_of_name: dict[str, tuple[TitleId, ...]] = {}
        self._names_by_skeleton: dict[str, tuple[str, ...]] = {}  # of whole names, words joined
        self._names_by_part: dict[str, tuple[str, ...]] = {}  # names of several words, by each

    def add(self, name: str, title_id: TitleId) -> None:
        """Add a title of somebody."""
        if name not in self._titles_of_name:
            for table, place in self._lookup_keys(name):
                table[place] = (*table.get(place, ()), name)
        self._titles_of_name[name] = (*self._titles_of_name.get(name, ()), title_id)

    def remove(self, name: str, title_id: TitleId) -> None:
        """Take a title from somebody, who is forgotten with the last."""
        left = tuple(each for each in self._titles_of_name[name] if each != title_id)
        if left:
            self._titles_of_name[name] = left
            return
        del self._titles_of_name[name]
        for table, place in self._lookup_keys(name):
            others = tuple(each for each in table[place] if each != name)
            if others:
                table[place] = others
            else:
                del table[place]

    def find_by_full_name(self, words: Sequence[Word]) -> list[PersonMatch]:
        """Return the people whose whole name this is, all as alike as the most alike."""
        written = self.find_exact(" ".join(word.folded for word in words))
        if written is not None:
            return [written]
        parted = " ".join(word.key for word in words)
        spoken = parted.replace(" ", "")
        if len(spoken) < MIN_KEY_LETTERS[NameMatchLevel.SAME_SOUND]:
            return []
        bearers = self._names_by_skeleton.get(_cached_skeleton(spoken), ())[
            :MAX_PEOPLE_PER_NAME_PART
        ]
        known = [
            name
            for name in bearers
            if len(self._titles_of_name[name]) >= MIN_TITLES[NameMatchLevel.SAME_SOUND]
        ]
        loosely = any(word.folded[0] in TAMIL_LETTERS for word in words)
        ranked = [
            (rank, name)
            for name in known
            if (rank := self._rank(parted, spoken, name, allow_loose=loosely))
        ]
        best = max((rank for rank, _ in ranked), default=(NameMatchLevel.NEAR, 0))
        return [self._match(name, best[0]) for rank, name in ranked if rank == best]

    def find_exact(self, name: str) -> PersonMatch | None:
        """Return who has exactly this folded name."""
        return self._match(name, NameMatchLevel.EXACT) if name in self._titles_of_name else None

    def find_by_name_part(self, word: Word) -> list[PersonMatch]:
        """Return the people in whose name of several words this one is, unless too many."""
        names = self._names_by_part.get(word.key, ()) if word.key else ()
        if len(names) > MAX_PEOPLE_PER_NAME_PART:
            return []
        return [self._match(name, NameMatchLevel.SAME_SOUND) for name in names]

    def _match(self, name: str, level: NameMatchLevel) -> PersonMatch:
        return PersonMatch(name, frozenset(self._titles_of_name[name]), level)

    def _rank(
        self, spaced_key: str, joined_key: str, name: str, *, allow_loose: bool
    ) -> tuple[NameMatchLevel, int] | None:
        """Return how alike a name is, and the letters amiss negated; none if not enough."""
        meant = phonetic.phonetic_key(name)
        alike = _match_level(joined_key, meant.replace(" ", ""), allow_loose=allow_loose)
        if alike is None:
            return None
        likeness, amiss = alike
        as_many = meant.count(" ") == spaced_key.count(" ")
        if likeness is NameMatchLevel.SAME_SOUND and meant != spaced_key:
            likeness = NameMatchLevel.RESPACED
        if likeness is NameMatchLevel.NEAR and not as_many:
            return None
        shortest = MIN_KEY_LETTERS[likeness if as_many else NameMatchLevel.RESPACED]
        enough = (
            len(joined_key) >= shortest and len(self._titles_of_name[name]) >= MIN_TITLES[likeness]
        )
        return (likeness, -amiss) if enough else None

    def _lookup_keys(self, name: str) -> Iterator[tuple[dict[str, tuple[str, ...]], str]]:
        parts = phonetic.phonetic_key(name).split()
        if parts:
            yield self._names_by_skeleton, _cached_skeleton("".join(parts))
        if len(parts) > 1:
            yield from ((self._names_by_part, part) for part in dict.fromkeys(parts))


def _match_level(
    query_key: str, name_key: str, *, allow_loose: bool
) -> tuple[NameMatchLevel, int] | None:
    """Return how alike two sounds are, and the letters to add, drop or change; none if not."""
    if query_key == name_key:
        return NameMatchLevel.SAME_SOUND, 0
    amiss = int(OSA.distance(query_key, name_key))
    if allow_loose and phonetic.loose_key(query_key) == phonetic.loose_key(name_key):
        return NameMatchLevel.LOOSE_SOUND, amiss
    return (NameMatchLevel.NEAR, amiss) if amiss <= _max_typos(query_key) else None


def _max_typos(query_key: str) -> int:
    """Return how many letters of a sound may be amiss."""
    return max(1, len(query_key) // LETTERS_PER_TYPO)


@lru_cache(1 << 14)
def _cached_skeleton(joined_key: str) -> str:
    return phonetic.consonant_skeleton(joined_key)
