"""The words in which people describe films, and their English.

`-` stands for words that need no English. Words are looked up by their phonetic keys, in any
script and spelling: whole, or else by the longest stem that leaves a short ending. A word in its
own script that is in the glossary matches only itself, whatever else sounds the same.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from search.language.bundled_data import GLOSSARY_LANGUAGES, read_glossary
from search.language.word_keys import load_word_keys
from search.names.phonetic import phonetic_key, voiceless_key

NO_ENGLISH = "-"
MIN_STEM_LETTERS = 3  # of a key
# The most letters after a stem of so many letters: short stems occur in many words.
MAX_ENDING_LETTERS_BY_STEM = {3: 2, 4: 4}
MAX_ENDING_LETTERS = 8
WORD_PROBABILITY = 1 / 4000  # the share of each word of a glossary in what people write
MAX_CACHED_WORDS = 20_000


class Gloss(NamedTuple):
    """The English of a word."""

    english: str  # empty for a word that needs none
    native_form: str  # of the word or of its stem
    ending_letters: int = 0  # letters of the key after the stem


class Glossary:
    """The glosses of one language; immutable.

    `keys` are the phonetic keys of the glosses' native forms. `voiceless_keys` are for scripts
    that do not write voice, whose words people also type with the other consonant.
    """

    def __init__(
        self, glosses: Sequence[Gloss], keys: Sequence[str], voiceless_keys: Sequence[str] = ()
    ) -> None:
        self._by_spelling = _first_of_each((gloss.native_form for gloss in glosses), glosses)
        self._by_key = _first_of_each(keys, glosses)
        self._by_voiceless_key = _first_of_each(voiceless_keys, glosses) if voiceless_keys else {}
        self._by_key.pop("", None)
        self.look_up = lru_cache(MAX_CACHED_WORDS)(self._look_up)
        self.log_probability = lru_cache(MAX_CACHED_WORDS)(self._log_probability)

    def _log_probability(self, word: str) -> float:
        """Return the logarithm of a word's probability; all words of the glossary are alike.

        Each letter of an ending makes a word ten times less probable. Words that are only found
        by their voiceless key do not tell one language from another.
        """
        gloss = _longest_stem(self._by_key, phonetic_key(word))
        if gloss is None:
            return -math.inf
        return math.log(WORD_PROBABILITY) - math.log(10) * gloss.ending_letters

    def _look_up(self, word: str) -> Gloss | None:
        """Return the gloss of a word in any script, if there is one."""
        exact = self._by_spelling.get(word)
        if exact is not None:
            return exact
        key = phonetic_key(word)
        gloss = _longest_stem(self._by_key, key)
        if not self._by_voiceless_key or (gloss is not None and not gloss.ending_letters):
            return gloss
        voiceless = _longest_stem(self._by_voiceless_key, voiceless_key(key))
        glosses = [each for each in (gloss, voiceless) if each is not None]
        return min(glosses, key=lambda each: each.ending_letters, default=None)


def _first_of_each(keys: Iterable[str], glosses: Sequence[Gloss]) -> dict[str, Gloss]:
    """Return the first gloss of each key."""
    return dict(zip(reversed(list(keys)), reversed(glosses), strict=True))


def _longest_stem(glosses: Mapping[str, Gloss], word_key: str) -> Gloss | None:
    """Return the gloss of a key, or of its longest stem that leaves a plausible ending."""
    for end in range(len(word_key), MIN_STEM_LETTERS - 1, -1):
        ending = len(word_key) - end
        if ending > min(end, MAX_ENDING_LETTERS_BY_STEM.get(end, MAX_ENDING_LETTERS)):
            continue
        gloss = glosses.get(word_key[:end])
        if gloss is not None:
            return gloss._replace(ending_letters=ending) if ending else gloss
    return glosses.get(word_key)


def read_glosses(lines: Iterable[tuple[str, str]]) -> list[Gloss]:
    """Return the glosses of native forms and their English."""
    return [Gloss("" if english == NO_ENGLISH else english, form) for form, english in lines]


@lru_cache(maxsize=1)
def bundled_glossaries() -> Mapping[str, Glossary]:
    """Return the glossaries that the package carries, by language."""
    keys = load_word_keys()
    return {
        language: Glossary(
            read_glosses(read_glossary(language)),
            keys.glossary_keys(language),
            keys.voiceless_keys(language),
        )
        for language in GLOSSARY_LANGUAGES
    }
