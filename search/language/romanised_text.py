"""Indian languages in Latin letters: which language a text is in, and what its words are.

A text is read as English, or as one Indian language mixed with English words. Each word has a
probability in every language, from the letters of romanised words
(`search.language.character_ngrams`) and from the glossary. The most probable reading wins
(Bayes' rule, words taken as independent).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from search.language.bundled_data import loanwords, read_romanised_models
from search.language.character_ngrams import CharacterNgramModel
from search.language.glossary import Glossary, bundled_glossaries
from search.language.transliteration import GraphoneModel, Transliterator
from search.language.word_keys import load_word_keys
from search.names.phonetic import phonetic_key

WORD_PATTERN = re.compile(r"[a-z]+")
MAX_READ_CHARACTERS = 400
MAX_READ_WORDS = 60

# Prior probabilities, chosen on the development queries.
ENGLISH_TEXT_PRIOR = 0.999  # that a text is English
ENGLISH_WORD_PRIOR = 0.3  # that a word is English in a text of another language
LISTED_WORD_PRIOR = 0.5  # that a word is in the glossary, or in the list of English words


@dataclass(frozen=True, slots=True)
class RomanisedReading:
    """A romanised text: the same words in their own script, and in English, word by word."""

    language: str
    native_text: str
    english_text: str


@dataclass(frozen=True, slots=True)
class LanguageModels:
    """What is known about one language."""

    ngram_model: CharacterNgramModel
    transliterator: Transliterator
    glossary: Glossary


class RomanisedReader:
    """Reads texts; thread-safe."""

    def __init__(
        self,
        english_word_counts: Mapping[str, int],
        english_by_key: Mapping[str, str],
        english_ngram_model: CharacterNgramModel,
        languages: Mapping[str, LanguageModels],
    ) -> None:
        total = sum(english_word_counts.values())
        self._english_log_probabilities = {
            word: math.log(count / total) for word, count in english_word_counts.items()
        }
        self._english_by_key = english_by_key
        self._english_ngram_model = english_ngram_model
        self._languages = languages

    def read(self, text: str) -> RomanisedReading | None:
        """Return how a text in Latin letters reads in an Indian language; none if it is English."""
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
        """Return the English word that a word of another script sounds like, if any."""
        return self._english_by_key.get(phonetic_key(word))

    def _read_as(self, language: str, words: list[str]) -> RomanisedReading:
        readings = [
            (word, word) if self._is_english(language, word) else self._read_word(language, word)
            for word in words
        ]
        return RomanisedReading(
            language,
            " ".join(native for native, _ in readings),
            " ".join(english for _, english in readings if english),
        )

    def _read_word(self, language: str, word: str) -> tuple[str, str]:
        """Return a word in its own script and in English; the English may be empty."""
        models = self._languages[language]
        gloss = models.glossary.look_up(word)
        english = word if gloss is None else gloss.english
        if gloss is not None and not gloss.ending_letters:
            return gloss.native_form, english
        spellings = models.transliterator.candidates(word)
        return spellings[0] if spellings else word, english

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
        return _log_mixture(
            LISTED_WORD_PRIOR,
            self._english_log_probabilities.get(word, -math.inf),
            self._english_ngram_model.log_probability(word),
        )

    def _foreign_log_probability(self, language: str, word: str) -> float:
        models = self._languages[language]
        return _log_mixture(
            LISTED_WORD_PRIOR,
            models.glossary.log_probability(word),
            models.ngram_model.log_probability(word),
        )


def _log_mixture(share: float, first: float, second: float) -> float:
    """Return the logarithm of a mixture of two probabilities, given as logarithms."""
    greater = max(first, second)
    return greater + math.log(
        share * math.exp(first - greater) + (1 - share) * math.exp(second - greater)
    )


def _language_models(language: str, data: Mapping[str, Any]) -> LanguageModels:
    graphones = GraphoneModel(
        pairs=data["graphones"],
        unigram_log_probabilities=data["unigrams"],
        bigram_log_probabilities=[dict(zip(*row, strict=True)) for row in data["bigrams"]],
        backoff_log_weights=data["backoff"],
    )
    return LanguageModels(
        CharacterNgramModel(data["ngrams"]),
        Transliterator(graphones),
        bundled_glossaries()[language],
    )


@lru_cache(maxsize=1)
def bundled_romanised_reader() -> RomanisedReader:
    """Return the reader of the models that the package carries."""
    data = read_romanised_models()
    word_counts = data["english"]["words"]
    keys = load_word_keys().english_keys
    return RomanisedReader(
        word_counts,
        dict(zip(keys, loanwords(word_counts), strict=True)),  # the commonest word of a key
        CharacterNgramModel(data["english"]["ngrams"]),
        {code: _language_models(code, each) for code, each in data["languages"].items()},
    )
