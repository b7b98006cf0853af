"""The forms of a text that find titles: texts to embed, and English words to look for in plots.

The model reads English well, Indian scripts less well, and romanised Indian languages hardly at
all. So a text has up to three readings: as typed, in its own script, and in English word by word.
The query vector is the weighted mean direction of the readings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from search.language.glossary import Glossary, bundled_glossaries
from search.language.romanised_text import RomanisedReader, bundled_romanised_reader
from search.language.thesaurus import Thesaurus, bundled_thesaurus
from search.plots import StemWeights, stems
from vocabulary.arrays import Matrix, Vector
from vocabulary.writing_systems import script_of

LANGUAGE_BY_SCRIPT: Mapping[str, str] = {
    "Deva": "hi",
    "Telu": "te",
    "Taml": "ta",
    "Knda": "kn",
    "Mlym": "ml",
}

# Weights of the readings, chosen on the development queries (docs/search.md).
NATIVE_TEXT_WEIGHT, NATIVE_ENGLISH_WEIGHT = 0.6, 0.4
ROMANISED_NATIVE_WEIGHT, ROMANISED_ENGLISH_WEIGHT = 0.5, 0.5

MAX_EXPANDED_WORDS = 40
MIN_VECTOR_LENGTH = 1e-9

EmbedTexts = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True, slots=True)
class QueryExpansion:
    """The weighted readings of a text, and the words to look for in plots."""

    readings: tuple[tuple[str, float], ...]
    plot_terms: tuple[StemWeights, ...]

    def mean_vector(self, embed: EmbedTexts) -> Vector | None:
        """Return the mean direction (d,) of the readings; none for an empty text."""
        if not self.readings:
            return None
        rows = embed([text for text, _ in self.readings])
        weights = np.array([weight for _, weight in self.readings], np.float32)
        return unit_vector(weights @ rows)


def unit_vector(vector: Vector) -> Vector:
    """Return a vector at unit length; a zero vector stays zero."""
    scaled: Vector = vector / max(float(np.linalg.norm(vector)), MIN_VECTOR_LENGTH)
    return scaled


def literal_expansion(text: str) -> QueryExpansion:
    """Return an expansion with the text as its only reading."""
    return QueryExpansion(((text, 1.0),) if text.strip() else (), ())


class QueryExpander:
    """Expands texts in English and in Indian languages, in any script."""

    def __init__(
        self,
        romanised_reader: RomanisedReader,
        glossaries: Mapping[str, Glossary],
        thesaurus: Thesaurus,
    ) -> None:
        self._romanised_reader = romanised_reader
        self._glossaries = glossaries
        self._thesaurus = thesaurus

    def expand(self, text: str) -> QueryExpansion:
        """Return the readings and plot words of a text."""
        stripped = text.strip()
        if not stripped:
            return QueryExpansion((), ())
        language = LANGUAGE_BY_SCRIPT.get(script_of(stripped))
        if language is not None:
            english = self._translate_words(language, stripped)
            return self._expansion(
                (stripped, NATIVE_TEXT_WEIGHT), (english, NATIVE_ENGLISH_WEIGHT), english=english
            )
        reading = self._romanised_reader.read(stripped)
        if reading is None:
            return self._expansion((stripped, 1.0), english=stripped)
        return self._expansion(
            (reading.native_text, ROMANISED_NATIVE_WEIGHT),
            (reading.english_text, ROMANISED_ENGLISH_WEIGHT),
            english=reading.english_text,
        )

    def _expansion(self, *readings: tuple[str, float], english: str) -> QueryExpansion:
        words = list(stems(english))[:MAX_EXPANDED_WORDS]
        return QueryExpansion(
            tuple((text, weight) for text, weight in readings if text),
            tuple(self._thesaurus.alternatives(word) for word in words),
        )

    def _translate_words(self, language: str, text: str) -> str:
        glossary = self._glossaries[language]
        english = (
            word.casefold() if word.isascii() else self._translate_word(glossary, word)
            for word in text.split()[:MAX_EXPANDED_WORDS]
        )
        return " ".join(filter(None, english))

    def _translate_word(self, glossary: Glossary, word: str) -> str | None:
        gloss = glossary.look_up(word)
        return self._romanised_reader.find_english_word(word) if gloss is None else gloss.english


@lru_cache(maxsize=1)
def bundled_expander() -> QueryExpander:
    """Return an expander with the language data that the package carries."""
    return QueryExpander(bundled_romanised_reader(), bundled_glossaries(), bundled_thesaurus())
