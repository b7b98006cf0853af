"""Indian languages in Latin letters: which language a text is in, and what its words are.

A text is read as English, or as one of the languages with English words in between. Every word is
likelier in one of them: by the letters of the language's romanised words (`search.language.character_ngrams`)
and by its glossary. The likeliest reading wins (Bayes' rule, words taken as independent).
"""

import gzip
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from search.language.character_ngrams import Letters
from search.language.glossary import Glossary, glossaries
from search.language.transliteration import Graphones, Transliterator
from search.names.phonetic import key

LEARNT = Path(__file__).with_name("romanised.json.gz")

WORD = re.compile(r"[a-z]+")
LONGEST = 400  # characters that are read
MOST_WORDS = 60
SHORTEST_BORROWED = 4  # letters of an English word that is known by its sound

# Prior probabilities, chosen on the development queries.
ENGLISH = 0.999  # of a text
MIXED_IN = 0.3  # of an English word in a text of another language
KNOWN = 0.5  # of a word to be one of the glossary, or of the English words we know


@dataclass(frozen=True, slots=True)
class Reading:
    """A romanised text read: the same words in its own script, and in English, word by word."""

    language: str
    native: str
    english: str


@dataclass(frozen=True, slots=True)
class _Language:
    letters: Letters
    words: Transliterator
    glossary: Glossary


class Romanised:
    """Reads texts; safe to use from many threads at once."""

    def __init__(self, learnt: Mapping[str, Any]) -> None:
        self._english = Letters(learnt["english"]["letters"])
        known: dict[str, int] = learnt["english"]["words"]
        total = sum(known.values())
        self._known = {word: math.log(count / total) for word, count in known.items()}
        self._by_sound = {
            key(word): word
            for word in sorted(known, key=lambda word: known[word])  # the commoner stays
            if len(word) >= SHORTEST_BORROWED
        }
        self._languages = {
            code: _Language(
                Letters(each["letters"]), Transliterator(_graphones(each)), glossaries()[code]
            )
            for code, each in learnt["languages"].items()
        }

    def read(self, text: str) -> Reading | None:
        """Return how a text in Latin letters reads in an Indian language, or none in English."""
        words = WORD.findall(text[:LONGEST].casefold())[:MOST_WORDS]
        if not words:
            return None
        english = math.log(ENGLISH) + sum(map(self._as_english, words))
        scores = {
            code: math.log((1 - ENGLISH) / len(self._languages))
            + sum(self._as_mixed(code, word) for word in words)
            for code in self._languages
        }
        language = max(scores, key=lambda code: scores[code])
        if scores[language] <= english:
            return None
        return self._read_as(language, words)

    def english_word(self, word: str) -> str | None:
        """Return the English word that a word of another script sounds like, if it is one."""
        return self._by_sound.get(key(word))

    def _read_as(self, language: str, words: list[str]) -> Reading:
        chosen = self._languages[language]
        native, meant = [], []
        for word in words:
            if self._is_english(language, word):
                native.append(word)
                meant.append(word)
                continue
            gloss = chosen.glossary.gloss(word)
            if gloss is None:
                meant.append(word)
            elif gloss.english:
                meant.append(gloss.english)
            if gloss is not None and not gloss.ending:
                native.append(gloss.native)
            else:
                spelt = chosen.words.candidates(word)
                native.append(spelt[0] if spelt else word)
        return Reading(language, " ".join(native), " ".join(meant))

    def _is_english(self, language: str, word: str) -> bool:
        return math.log(MIXED_IN) + self._as_english(word) > math.log(
            1 - MIXED_IN
        ) + self._as_foreign(language, word)

    def _as_mixed(self, language: str, word: str) -> float:
        return _either(MIXED_IN, self._as_english(word), self._as_foreign(language, word))

    def _as_english(self, word: str) -> float:
        known = self._known.get(word)
        return _either(KNOWN, -math.inf if known is None else known, self._english.log(word))

    def _as_foreign(self, language: str, word: str) -> float:
        chosen = self._languages[language]
        return _either(KNOWN, chosen.glossary.log(word), chosen.letters.log(word))


def _either(share: float, first: float, second: float) -> float:
    """Return the logarithm of a mixture of two probabilities, given as logarithms."""
    greater = max(first, second)
    return greater + math.log(
        share * math.exp(first - greater) + (1 - share) * math.exp(second - greater)
    )


def _graphones(learnt: Mapping[str, Any]) -> Graphones:
    return Graphones(
        pairs=[(latin, native) for latin, native in learnt["pairs"]],
        alone=learnt["alone"],
        following={(last, number): score for last, number, score in learnt["following"]},
        backing_off=learnt["backing_off"],
    )


@lru_cache(maxsize=1)
def bundled() -> Romanised:
    """Return what the repository carries."""
    with gzip.open(LEARNT, "rt", encoding="utf-8") as stored:
        return Romanised(json.load(stored))
