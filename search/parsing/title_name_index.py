"""The titles of the catalogue by the sound of their names: whole, nearly, or up to a subtitle."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from search.names.phonetic import consonant_skeleton, phonetic_key
from search.names.tokenizer import Word
from search.parsing.person_index import LETTERS_PER_TYPO
from vocabulary.ids import TitleId

ARTICLES = frozenset({"the", "a", "an"})
SUBTITLE_WORDS = frozenset({"the", "chapter", "part", "volume", "vol", "season", "movie"})
MAX_TITLES_PER_SKELETON = 50  # that are compared
MIN_RESPACED_NAME_LETTERS = 7  # shorter names with other spaces are other names

TitlesByKey = dict[str, tuple[TitleId, ...]]


@dataclass(slots=True)
class _TitleNames:
    names: tuple[str, ...]
    popularity: float


class TitleNameIndex:
    """Folded names of titles; not thread-safe."""

    def __init__(self) -> None:
        self._titles: dict[TitleId, _TitleNames] = {}
        self._by_key: TitlesByKey = {}  # phonetic key of a whole name, spaces removed
        self._by_skeleton: TitlesByKey = {}  # consonant skeleton of the same key
        self._by_prefix_key: TitlesByKey = {}  # phonetic key before a subtitle
        self._word_frequencies = Counter[str]()  # titles whose names contain a word, by its key

    def __len__(self) -> int:
        return len(self._titles)

    def add(self, title_id: TitleId, names: tuple[str, ...], popularity: float) -> None:
        """Add a title with its distinct names."""
        self._titles[title_id] = _TitleNames(names, popularity)
        for table, key in self._entries(names):
            table[key] = (*table.get(key, ()), title_id)
        self._word_frequencies.update(_word_keys(names))

    def set_popularity(self, title_id: TitleId, popularity: float) -> None:
        """Set the popularity (0..1) of a title."""
        self._titles[title_id].popularity = popularity

    def remove(self, title_id: TitleId) -> None:
        """Remove a title."""
        names = self._titles.pop(title_id).names
        for table, key in self._entries(names):
            others = tuple(each for each in table[key] if each != title_id)
            if others:
                table[key] = others
            else:
                del table[key]
        words = _word_keys(names)
        self._word_frequencies.subtract(words)
        for word in words:
            if not self._word_frequencies[word]:
                del self._word_frequencies[word]

    def find(self, words: Sequence[Word]) -> TitleId | None:
        """Return the most popular title with exactly these words, or else with their sound.

        Long names may have other spaces: "Love Story" and "Lovestory".
        """
        bare = words[1:] if len(words) > 1 and words[0].folded in ARTICLES else words
        spaced_key = _joined_keys(bare)
        key = spaced_key.replace(" ", "")
        title_ids = self._by_key.get(key, ()) if key else ()
        if len(key) < MIN_RESPACED_NAME_LETTERS:
            title_ids = tuple(each for each in title_ids if spaced_key in self._spaced_keys(each))
        folded = _joined_words(words)
        return max(
            title_ids,
            key=lambda each: (folded in self._titles[each].names, *self._popularity(each)),
            default=None,
        )

    def find_loosely(self, words: Sequence[Word]) -> TitleId | None:
        """Return the title of these words, or else the one whose short or similar name they are.

        Short names end before a subtitle: "KGF" for "KGF: Chapter 1".
        """
        exact = self.find(words)
        if exact is not None:
            return exact
        spaced_key = _joined_keys(words)
        title_ids = self._by_prefix_key.get(spaced_key) or self.find_similar(spaced_key)
        return max(title_ids, key=self._popularity, default=None)

    def find_similar(self, spaced_key: str) -> list[TitleId]:
        """Return the titles whose names differ from a phonetic key in few letters."""
        key = spaced_key.replace(" ", "")
        if len(key) < MIN_RESPACED_NAME_LETTERS:
            return []
        max_typos = len(key) // LETTERS_PER_TYPO
        candidates = self._by_skeleton.get(consonant_skeleton(key), ())[:MAX_TITLES_PER_SKELETON]
        return [
            title_id
            for title_id in candidates
            for name in self._titles[title_id].names
            if OSA.distance(key, "".join(_name_keys(name)), score_cutoff=max_typos) <= max_typos
        ]

    def has_exact_name(self, title_id: TitleId, words: Sequence[Word]) -> bool:
        """Return whether a title has a folded name of exactly these words."""
        title = self._titles.get(title_id)
        return title is not None and _joined_words(words) in title.names

    def has_similar(self, words: Sequence[Word]) -> bool:
        """Return whether these words differ from the name of a title in few letters."""
        return bool(self.find_similar("".join(word.key for word in words)))

    def count_titles_with_word(self, word: Word) -> int:
        """Return the number of titles whose names contain a word."""
        return self._word_frequencies[word.key]

    def _popularity(self, title_id: TitleId) -> tuple[float, TitleId]:
        return self._titles[title_id].popularity, -title_id

    def _spaced_keys(self, title_id: TitleId) -> set[str]:
        return {" ".join(_bare_keys(name)) for name in self._titles[title_id].names}

    def _entries(self, names: Sequence[str]) -> Iterator[tuple[TitlesByKey, str]]:
        """Yield each table and key under which a title with these names is found."""
        keys = {key for name in names if (key := "".join(_bare_keys(name)))}
        prefix_keys = {key for name in names if (key := _prefix_key(name))}
        yield from ((self._by_key, key) for key in keys)
        yield from ((self._by_skeleton, key) for key in set(map(consonant_skeleton, keys)))
        yield from ((self._by_prefix_key, key) for key in prefix_keys)


def _joined_words(words: Sequence[Word]) -> str:
    return " ".join(word.folded for word in words)


def _joined_keys(words: Sequence[Word]) -> str:
    return " ".join(word.key for word in words if word.key)


def _prefix_key(name: str) -> str:
    """Return the phonetic key of what is before a subtitle or a number; empty without one."""
    words = name.split()
    for position, word in enumerate(words[1:], 1):
        if word in SUBTITLE_WORDS or word.isdecimal():
            return phonetic_key(" ".join(words[:position]))
    return ""


def _word_keys(names: Sequence[str]) -> set[str]:
    return {key for name in names for key in _name_keys(name)}


def _name_keys(name: str) -> list[str]:
    return phonetic_key(name).split()


def _bare_keys(name: str) -> list[str]:
    """Return the keys of a name's words without a leading article."""
    first, _, others = name.partition(" ")
    keys = _name_keys(name)
    return keys[1:] if others and first in ARTICLES else keys
