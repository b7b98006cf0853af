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

from search.language.character_ngrams import CharacterNgramModel
from search.language.glossary import Glossary, bundled_glossaries
from search.language.transliteration import GraphoneModel, Transliterator
from search.names.phonetic import phonetic_key

MODEL_FILE = Path(__file__).with_name("romanised.json.gz")

WORD_PATTERN = re.compile(r"[a-z]+")
MAX_READ_CHARACTERS = 400  # characters that are read
MAX_READ_WORDS = 60
MIN_LOANWORD_LETTERS = 4  # letters of an English word that is known by its sound

# Prior probabilities, chosen on the development queries.
ENGLISH_TEXT_PRIOR = 0.999  # of a text
ENGLISH_WORD_PRIOR = 0.3  # of an English word in a text of another language
LISTED_WORD_PRIOR = 0.5  # of a word to be one of the glossary, or of the English words we know


@dataclass(frozen=True, slots=True)
class RomanisedReading:
    """A romanised text read: the same words in its own script, and in English, word by word."""

    language: str
    native_text: str
    english_text: str


@dataclass(frozen=True, slots=True)
class _LanguageModels:
    ngram_model: CharacterNgramModel
    transliterator: Transliterator
    glossary: Glossary


class RomanisedReader:
    """Reads texts; safe to use from many threads at once."""

    def __init__(self, model_data: Mapping[str, Any]) -> None:
        self._english_ngram_model = CharacterNgramModel(model_data["english"]["letters"])
        known: dict[str, int] = model_data["english"]["words"]
        total = sum(known.values())
        self._english_log_probabilities = {
            word: math.log(count / total) for word, count in known.items()
        }
        self._english_by_key = {
            phonetic_key(word): word
            for word in sorted(known, key=lambda word: known[word])  # the commoner stays
            if len(word) >= MIN_LOANWORD_LETTERS
        }
        self._languages = {
            code: _LanguageModels(
                CharacterNgramModel(each["letters"]),
                Transliterator(_graphone_model(each)),
                bundled_glossaries()[code],
            )
            for code, each in model_data["languages"].items()
        }

    def read(self, text: str) -> RomanisedReading | None:
        """Return how a text in Latin letters reads in an Indian language, or none in English."""
        words = WORD_PATTERN.findall(text[:MAX_READ_CHARACTERS].casefold())[:MAX_READ_WORDS]
        if not words:
            return None
        english = math.log(ENGLISH_TEXT_PRIOR) + sum(map(self._english_log_probability, words))
        scores = {
            code: math.log((1 - ENGLISH_TEXT_PRIOR) / len(self._languages))
            + sum(self._mixed_log_probability(code, word) for word in words)
            for code in self._languages
        }
        language = max(scores, key=lambda code: scores[code])
        if scores[language] <= english:
            return None
        return self._read_as(language, words)

    def find_english_word(self, word: str) -> str | None:
        """Return the English word that a word of another script sounds like, if it is one."""
        return self._english_by_key.get(phonetic_key(word))

    def _read_as(self, language: str, words: list[str]) -> RomanisedReading:
        chosen = self._languages[language]
        native, meant = [], []
        for word in words:
            if self._is_english(language, word):
                native.append(word)
                meant.append(word)
                continue
            gloss = chosen.glossary.look_up(word)
            if gloss is None:
                meant.append(word)
            elif gloss.english:
                meant.append(gloss.english)
            if gloss is not None and not gloss.ending_letters:
                native.append(gloss.native_form)
            else:
                spelt = chosen.transliterator.candidates(word)
                native.append(spelt[0] if spelt else word)
        return RomanisedReading(language, " ".join(native), " ".join(meant))

    def _is_english(self, language: str, word: str) -> bool:
        return math.log(ENGLISH_WORD_PRIOR) + self._english_log_probability(word) > math.log(
            1 - ENGLISH_WORD_PRIOR
        ) + self._foreign_log_probability(language, word)

    def _mixed_log_probability(self, language: str, word: str) -> float:
        return _log_mixture(
            ENGLISH_WORD_PRIOR,
            self._english_log_probability(word),
            self._foreign_log_probability(language, word),
        )

    def _english_log_probability(self, word: str) -> float:
        known = self._english_log_probabilities.get(word)
        return _log_mixture(
            LISTED_WORD_PRIOR,
            -math.inf if known is None else known,
            self._english_ngram_model.log_probability(word),
        )

    def _foreign_log_probability(self, language: str, word: str) -> float:
        chosen = self._languages[language]
        return _log_mixture(
            LISTED_WORD_PRIOR,
            chosen.glossary.log_probability(word),
            chosen.ngram_model.log_probability(word),
        )


def _log_mixture(share: float, first: float, second: float) -> float:
    """Return the logarithm of a mixture of two probabilities, given as logarithms."""
    greater = max(first, second)
    return greater + math.log(
        share * math.exp(first - greater) + (1 - share) * math.exp(second - greater)
    )


def _graphone_model(model_data: Mapping[str, Any]) -> GraphoneModel:
    return GraphoneModel(
        pairs=[(latin, native) for latin, native in model_data["pairs"]],
        unigram_log_probabilities=model_data["alone"],
        bigram_log_probabilities={
            (last, number): score for last, number, score in model_data["following"]
        },
        backoff_log_weights=model_data["backing_off"],
    )


@lru_cache(maxsize=1)
def bundled_romanised_reader() -> RomanisedReader:
    """Return what the repository carries."""
    with gzip.open(MODEL_FILE, "rt", encoding="utf-8") as stored:
        return RomanisedReader(json.load(stored))
