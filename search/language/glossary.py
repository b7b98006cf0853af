"""The words with which people tell films, and what they mean in English.

A file for each language, `te.tsv` and so on: native forms parted by spaces, a tab, the
English for them; `-` for words that need none. Words are looked up by their phonetic keys, in any
script and spelling: whole, else by the longest stem that leaves a short ending. A word in its own
script that stands in the file is itself, whatever else sounds the same.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from search.names.phonetic import phonetic_key, voiceless_key

GLOSSARY_FOLDER = Path(__file__).parent
NO_ENGLISH = "-"
MIN_STEM_LETTERS = 3  # letters of a key
MAX_ENDING_LETTERS_BY_STEM = {
    3: 2,
    4: 4,
}  # letters after a stem of so many; short ones are in many words
MAX_ENDING_LETTERS = 8
UNVOICED_LANGUAGES = frozenset({"ta", "ml"})  # one letter for k and g: typed either way
WORD_PROBABILITY = 1 / 4000  # the share of each word of a glossary in what is written
MAX_CACHED_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Gloss:
    """What is known of a word."""

    english: str  # empty where nothing needs to be said
    native_form: str  # the form, of the word or of its stem
    ending_letters: int = 0  # letters of the key after the stem


class Glossary:
    """The glosses of one language; immutable."""

    def __init__(self, lines: Iterable[tuple[str, str]], *, ignore_voice: bool = False) -> None:
        self._by_spelling: dict[str, Gloss] = {}
        self._by_key: dict[str, Gloss] = {}
        self._by_voiceless_key: dict[
            str, Gloss
        ] = {}  # where a word may be voiced otherwise than written
        for forms, english in lines:
            for form in forms.split():
                gloss = Gloss("" if english == NO_ENGLISH else english, form)
                heard = phonetic_key(form)
                self._by_spelling.setdefault(form, gloss)
                self._by_key.setdefault(heard, gloss)
                if ignore_voice:
                    self._by_voiceless_key.setdefault(voiceless_key(heard), gloss)
        self._by_key.pop("", None)
        self.look_up = lru_cache(MAX_CACHED_WORDS)(self._look_up)
        self.log_probability = lru_cache(MAX_CACHED_WORDS)(self._log_probability)

    def _log_probability(self, word: str) -> float:
        """Return the logarithm of a word's probability, all words of the glossary alike.

        A stem with an ending is a tenth as likely for each letter of the ending. What is only
        known by other consonants than were typed does not tell one language from another.
        """
        gloss = _longest_stem(self._by_key, phonetic_key(word))
        if gloss is None:
            return -math.inf
        return math.log(WORD_PROBABILITY) - math.log(10) * gloss.ending_letters

    def _look_up(self, word: str) -> Gloss | None:
        """Return what is known of a word in any script, or none."""
        spelt = self._by_spelling.get(word)
        if spelt is not None:
            return spelt
        folded = phonetic_key(word)
        heard = _longest_stem(self._by_key, folded)
        if not self._by_voiceless_key or (heard is not None and not heard.ending_letters):
            return heard
        unvoiced = _longest_stem(self._by_voiceless_key, voiceless_key(folded))
        both = [gloss for gloss in (heard, unvoiced) if gloss is not None]
        return min(both, key=lambda gloss: gloss.ending_letters, default=None)


def _longest_stem(glosses: Mapping[str, Gloss], word_key: str) -> Gloss | None:
    """Return the gloss of a key, or of the longest stem of it with an ending that may be one."""
    for end in range(len(word_key), MIN_STEM_LETTERS - 1, -1):
        ending = len(word_key) - end
        if ending > min(end, MAX_ENDING_LETTERS_BY_STEM.get(end, MAX_ENDING_LETTERS)):
            continue
        gloss = glosses.get(word_key[:end])
        if gloss is not None:
            return replace(gloss, ending_letters=ending) if ending else gloss
    return glosses.get(word_key)


@lru_cache(maxsize=1)
def bundled_glossaries() -> Mapping[str, Glossary]:
    """Return the glossaries that the repository carries, by language."""
    return {
        file.stem: Glossary(_read_lines(file), ignore_voice=file.stem in UNVOICED_LANGUAGES)
        for file in sorted(GLOSSARY_FOLDER.glob("*.tsv"))
    }


def _read_lines(file: Path) -> Iterable[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        forms, _, english = line.partition("\t")
        yield forms, english.strip()
