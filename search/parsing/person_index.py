"""The people of the catalogue by their names: exact, by sound, and nearly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from search.names.phonetic import consonant_skeleton, loose_key, phonetic_key
from search.names.tokenizer import Word
from vocabulary.ids import TitleId

TAMIL_LETTERS = frozenset(map(chr, range(0x0B80, 0x0C00)))  # the Unicode block
MAX_PEOPLE_PER_NAME_PART = 200  # a more common word or sound identifies nobody
LETTERS_PER_TYPO = 5  # a name may have one wrong letter for this many


class NameMatchLevel(IntEnum):
    """How well a name matches the words of a query."""

    NEAR = 1  # but for a letter or two
    LOOSE_SOUND = 2  # but for what Tamil does not write: its Dhanush may be Tanush
    RESPACED = 3  # the same sound, with other spaces
    SAME_SOUND = 4  # the same sound, word by word
    EXACT = 5


# The worse the match, the longer the name and the more titles it needs: among a hundred thousand
# people, every two syllables are somebody's name.
MIN_KEY_LETTERS = {
    NameMatchLevel.NEAR: 6,
    NameMatchLevel.LOOSE_SOUND: 5,
    NameMatchLevel.RESPACED: 8,
    NameMatchLevel.SAME_SOUND: 4,
    NameMatchLevel.EXACT: 2,
}
MIN_TITLES = {
    NameMatchLevel.NEAR: 3,
    NameMatchLevel.LOOSE_SOUND: 3,
    NameMatchLevel.RESPACED: 3,
    NameMatchLevel.SAME_SOUND: 3,
    NameMatchLevel.EXACT: 1,
}


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person whose name matches the words of a query."""

    name: str  # folded
    title_ids: frozenset[TitleId]
    level: NameMatchLevel


class PersonIndex:
    """Folded names of people and their titles; not thread-safe."""

    def __init__(self) -> None:
        self._titles_of_name: dict[str, tuple[TitleId, ...]] = {}
        self._names_by_skeleton: dict[str, tuple[str, ...]] = {}  # of full names without spaces
        self._names_by_part: dict[str, tuple[str, ...]] = {}  # full names by the key of each word

    def add(self, name: str, title_id: TitleId) -> None:
        """Add a title of a person."""
        if name not in self._titles_of_name:
            for table, key in self._entries(name):
                table[key] = (*table.get(key, ()), name)
        self._titles_of_name[name] = (*self._titles_of_name.get(name, ()), title_id)

    def remove(self, name: str, title_id: TitleId) -> None:
        """Remove a title from a person, and the person with their last title."""
        others = tuple(each for each in self._titles_of_name[name] if each != title_id)
        if others:
            self._titles_of_name[name] = others
            return
        del self._titles_of_name[name]
        for table, key in self._entries(name):
            names = tuple(each for each in table[key] if each != name)
            if names:
                table[key] = names
            else:
                del table[key]

    def find_by_full_name(self, words: Sequence[Word]) -> list[PersonMatch]:
        """Return the people whose full name this is, those with the best match level only."""
        exact = self.find_exact(" ".join(word.folded for word in words))
        if exact is not None:
            return [exact]
        spaced_key = " ".join(word.key for word in words)
        joined_key = spaced_key.replace(" ", "")
        if len(joined_key) < MIN_KEY_LETTERS[NameMatchLevel.SAME_SOUND]:
            return []
        names = self._names_by_skeleton.get(_cached_skeleton(joined_key), ())
        allow_loose = any(word.folded[0] in TAMIL_LETTERS for word in words)
        ranked = [
            (rank, name)
            for name in names[:MAX_PEOPLE_PER_NAME_PART]
            if self._count_titles(name) >= MIN_TITLES[NameMatchLevel.SAME_SOUND]
            and (rank := self._rank(spaced_key, joined_key, name, allow_loose=allow_loose))
        ]
        best = max((rank for rank, _ in ranked), default=(NameMatchLevel.NEAR, 0))
        return [self._match(name, best[0]) for rank, name in ranked if rank == best]

    def find_exact(self, name: str) -> PersonMatch | None:
        """Return the person with exactly this folded name."""
        return self._match(name, NameMatchLevel.EXACT) if name in self._titles_of_name else None

    def find_by_name_part(self, word: Word) -> list[PersonMatch]:
        """Return the people with this word in a longer name; none if there are too many."""
        names = self._names_by_part.get(word.key, ()) if word.key else ()
        if len(names) > MAX_PEOPLE_PER_NAME_PART:
            return []
        return [self._match(name, NameMatchLevel.SAME_SOUND) for name in names]

    def _match(self, name: str, level: NameMatchLevel) -> PersonMatch:
        return PersonMatch(name, frozenset(self._titles_of_name[name]), level)

    def _count_titles(self, name: str) -> int:
        return len(self._titles_of_name[name])

    def _rank(
        self, spaced_key: str, joined_key: str, name: str, *, allow_loose: bool
    ) -> tuple[NameMatchLevel, int] | None:
        """Return the match level and minus the number of typos; none for no match."""
        name_key = phonetic_key(name)
        match = _match_level(joined_key, name_key.replace(" ", ""), allow_loose=allow_loose)
        if match is None:
            return None
        level, typos = match
        same_word_count = name_key.count(" ") == spaced_key.count(" ")
        if level is NameMatchLevel.SAME_SOUND and name_key != spaced_key:
            level = NameMatchLevel.RESPACED
        if level is NameMatchLevel.NEAR and not same_word_count:
            return None
        min_letters = MIN_KEY_LETTERS[level if same_word_count else NameMatchLevel.RESPACED]
        if len(joined_key) < min_letters or self._count_titles(name) < MIN_TITLES[level]:
            return None
        return level, -typos

    def _entries(self, name: str) -> Iterator[tuple[dict[str, tuple[str, ...]], str]]:
        """Yield each table and key under which a name is found."""
        keys = phonetic_key(name).split()
        if keys:
            yield self._names_by_skeleton, _cached_skeleton("".join(keys))
        if len(keys) > 1:
            yield from ((self._names_by_part, key) for key in dict.fromkeys(keys))


def _match_level(
    query_key: str, name_key: str, *, allow_loose: bool
) -> tuple[NameMatchLevel, int] | None:
    """Return the match level of two keys and their edit distance; none for no match."""
    if query_key == name_key:
        return NameMatchLevel.SAME_SOUND, 0
    typos = int(OSA.distance(query_key, name_key))
    if allow_loose and loose_key(query_key) == loose_key(name_key):
        return NameMatchLevel.LOOSE_SOUND, typos
    max_typos = max(1, len(query_key) // LETTERS_PER_TYPO)
    return (NameMatchLevel.NEAR, typos) if typos <= max_typos else None


@lru_cache(1 << 14)
def _cached_skeleton(joined_key: str) -> str:
    return consonant_skeleton(joined_key)
