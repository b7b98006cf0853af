"""What the catalogue's titles and people are called, as a query is read against it.

Names are known by their sound (`search.names.phonetic`), so that they are found in any script and
in free spelling, and however their words are parted.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from search.names import phonetic
from search.names.tokenizer import Word
from search.parsing.person_index import LETTERS_PER_TYPO, PersonIndex, PersonMatch
from vocabulary.ids import TitleId

ARTICLES = frozenset({"the", "a", "an"})
SUBTITLE_WORDS = frozenset({"the", "chapter", "part", "volume", "vol", "season", "movie"})
MAX_TITLES_PER_SKELETON = 50  # titles of one skeleton that are looked at
MIN_RESPACED_NAME_LETTERS = 7  # letters; shorter names parted otherwise are other names


@dataclass(slots=True)
class _TitleNames:
    names: tuple[str, ...]
    people: tuple[str, ...]
    popularity: float


class EntityDictionary:
    """Names of titles and people, kept in step with the catalogue; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names_of_title: dict[TitleId, _TitleNames] = {}
        self._titles_by_key: dict[str, tuple[TitleId, ...]] = {}  # by the sound of a whole name
        self._titles_by_skeleton: dict[
            str, tuple[TitleId, ...]
        ] = {}  # of whole names, words joined
        self._titles_by_prefix_key: dict[
            str, tuple[TitleId, ...]
        ] = {}  # by the sound before a subtitle
        self._word_frequencies = Counter[str]()  # titles in whose names a word occurs, by its sound
        self._person_index = PersonIndex()

    def update(
        self,
        title_id: TitleId,
        names: Iterable[str],
        people: Iterable[str] = (),
        *,
        popularity: float = 0.0,
    ) -> None:
        """Set the folded names and people of a title; without names it is forgotten."""
        wanted = _TitleNames(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(people)), popularity)
        with self._lock:
            known = self._names_of_title.get(title_id)
            if known is not None and (known.names, known.people) == (wanted.names, wanted.people):
                known.popularity = popularity
                return
            if known is not None:
                self._remove(title_id, known)
            if wanted.names:
                self._add(title_id, wanted)

    def find_title(self, words: Sequence[Word]) -> TitleId | None:
        """Return the best known title of exactly these words, or of their sound.

        Long names may be parted otherwise: "Love Story" and "Lovestory".
        """
        bare = words[1:] if len(words) > 1 and words[0].folded in ARTICLES else words
        spoken = " ".join(word.key for word in bare if word.key)
        joined = spoken.replace(" ", "")
        with self._lock:
            found = self._titles_by_key.get(joined, ()) if joined else ()
            if found and len(joined) < MIN_RESPACED_NAME_LETTERS:
                found = tuple(each for each in found if spoken in self._name_keys(each))
            if not found:
                return None
            folded = " ".join(word.folded for word in words)
            ranked = [
                (
                    folded in self._names_of_title[each].names,
                    self._names_of_title[each].popularity,
                    -each,
                )
                for each in found
            ]
        return -max(ranked)[2]

    def has_exact_name(self, title_id: TitleId, words: Sequence[Word]) -> bool:
        """Tell whether a title has a name that is folded to exactly these words."""
        folded = " ".join(word.folded for word in words)
        with self._lock:
            known = self._names_of_title.get(title_id)
            return known is not None and folded in known.names

    def find_title_loosely(self, words: Sequence[Word]) -> TitleId | None:
        """Return the title of these words, of a name that begins with them, or nearly of them.

        Only the beginnings that people leave it at are known: "KGF" of "KGF: Chapter 1".
        """
        spoken = " ".join(word.key for word in words if word.key)
        exactly = self.find_title(words)
        if exactly is not None:
            return exactly
        with self._lock:
            found = self._titles_by_prefix_key.get(spoken, ()) or self._similar_titles(
                spoken.replace(" ", "")
            )
            return max(found, key=self._popularity, default=None)

    def has_similar_title(self, words: Sequence[Word]) -> bool:
        """Tell whether this is the name of a title but for a letter or two."""
        with self._lock:
            return bool(self._similar_titles("".join(word.key for word in words).replace(" ", "")))

    def find_people(self, words: Sequence[Word]) -> list[PersonMatch]:
        """Return the people whose whole name this is, all as alike as the most alike."""
        with self._lock:
            return self._person_index.find_by_full_name(words)

    def find_person(self, name: str) -> PersonMatch | None:
        """Return who has exactly this folded name."""
        with self._lock:
            return self._person_index.find_exact(name)

    def people_with_name_part(self, word: Word) -> list[PersonMatch]:
        """Return the people in whose name of several words this one is, unless too many."""
        with self._lock:
            return self._person_index.find_by_name_part(word)

    def count_titles_with_word(self, word: Word) -> int:
        """Return in how many titles' names a word occurs."""
        with self._lock:
            return self._word_frequencies[word.key]

    def __len__(self) -> int:
        """Return the number of titles."""
        return len(self._names_of_title)

    def _similar_titles(self, joined: str) -> list[TitleId]:
        if len(joined) < MIN_RESPACED_NAME_LETTERS:
            return []
        allowed = len(joined) // LETTERS_PER_TYPO
        return [
            each
            for each in self._titles_by_skeleton.get(phonetic.consonant_skeleton(joined), ())[
                :MAX_TITLES_PER_SKELETON
            ]
            for name in self._names_of_title[each].names
            if OSA.distance(joined, "".join(_word_keys(name)[1]), score_cutoff=allowed) <= allowed
        ]

    def _popularity(self, title_id: TitleId) -> tuple[float, TitleId]:
        return self._names_of_title[title_id].popularity, -title_id

    def _name_keys(self, title_id: TitleId) -> set[str]:
        return {" ".join(_word_keys(name)[0]) for name in self._names_of_title[title_id].names}

    def _add(self, title_id: TitleId, title_names: _TitleNames) -> None:
        self._names_of_title[title_id] = title_names
        wholes, words = _keys_of_names(title_names.names)
        for table, places in self._tables(wholes, title_names.names):
            for place in places:
                table[place] = (*table.get(place, ()), title_id)
        self._word_frequencies.update(words)
        for name in title_names.people:
            self._person_index.add(name, title_id)

    def _tables(
        self, wholes: set[str], names: Sequence[str]
    ) -> Iterator[tuple[dict[str, tuple[TitleId, ...]], set[str]]]:
        yield self._titles_by_key, wholes
        yield self._titles_by_skeleton, {phonetic.consonant_skeleton(whole) for whole in wholes}
        yield self._titles_by_prefix_key, {begun for name in names if (begun := _prefix_key(name))}

    def _remove(self, title_id: TitleId, title_names: _TitleNames) -> None:
        del self._names_of_title[title_id]
        wholes, words = _keys_of_names(title_names.names)
        for table, places in self._tables(wholes, title_names.names):
            for place in places:
                left = tuple(each for each in table[place] if each != title_id)
                if left:
                    table[place] = left
                else:
                    del table[place]
        for word in words:
            self._word_frequencies[word] -= 1
            if not self._word_frequencies[word]:
                del self._word_frequencies[word]
        for name in title_names.people:
            self._person_index.remove(name, title_id)


def _prefix_key(name: str) -> str:
    """Return the sound of what stands before a subtitle or a number; nothing where none does."""
    words = name.split()
    for place, word in enumerate(words[1:], 1):
        if word in SUBTITLE_WORDS or word.isdecimal():
            return phonetic.phonetic_key(" ".join(words[:place]))
    return ""


def _keys_of_names(names: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the sounds of whole names, articles at the beginning aside, and of their words."""
    wholes: set[str] = set()
    words: set[str] = set()
    for name in names:
        bare, parts = _word_keys(name)
        wholes.add("".join(bare))
        words.update(parts)
    return wholes - {""}, words


def _word_keys(name: str) -> tuple[list[str], list[str]]:
    """Return the sounds of a name's words, without and with the article that it begins with."""
    parts = phonetic.phonetic_key(name).split()
    first, _, others = name.partition(" ")
    return (parts[1:] if others and first in ARTICLES else parts), parts
