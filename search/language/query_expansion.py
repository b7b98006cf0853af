"""What a text says, in the forms that find titles: texts to embed, and English words.

The model reads English well, the scripts of India less well, and their languages in Latin letters
hardly at all. So a text is read in up to three ways, as typed, in its own script and word by word
in English; the vector that is asked for is the weighted mean direction of all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.query import Matrix, Vector
from search.language import romanised_text, thesaurus
from search.language.glossary import Glossary, bundled_glossaries
from search.language.romanised_text import RomanisedReader
from search.language.thesaurus import Thesaurus
from search.plots import StemWeights, stems
from vocabulary.writing_systems import script_of

LANGUAGE_BY_SCRIPT: Mapping[str, str] = {
    "Deva": "hi",
    "Telu": "te",
    "Taml": "ta",
    "Knda": "kn",
    "Mlym": "ml",
}

# Weights of the ways of reading, chosen on the development queries (docs/search.md).
NATIVE_TEXT_WEIGHT, NATIVE_ENGLISH_WEIGHT = 0.6, 0.4
ROMANISED_NATIVE_WEIGHT, ROMANISED_ENGLISH_WEIGHT = 0.5, 0.5

MAX_EXPANDED_WORDS = 40
MIN_VECTOR_LENGTH = 1e-9  # of a length

EmbedTexts = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True, slots=True)
class QueryExpansion:
    """The readings of a text, weighted, and the words to look for in plots."""

    readings: tuple[tuple[str, float], ...]
    plot_terms: tuple[StemWeights, ...]

    def mean_vector(self, embed: EmbedTexts) -> Vector | None:
        """Return the mean direction (d,) of the readings; none for a text that says nothing."""
        if not self.readings:
            return None
        rows = embed([text for text, _ in self.readings])
        weights = np.array([weight for _, weight in self.readings], np.float32)
        total: Vector = weights @ rows
        total /= max(float(np.linalg.norm(total)), MIN_VECTOR_LENGTH)
        return total


def literal_expansion(text: str) -> QueryExpansion:
    """Return a text as nothing but itself."""
    return QueryExpansion(((text, 1.0),) if text.strip() else (), ())


class QueryExpander:
    """Reads texts in English and in the languages of India, in any script."""

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
        """Return what a text says."""
        said = text.strip()
        if not said:
            return QueryExpansion((), ())
        language = LANGUAGE_BY_SCRIPT.get(script_of(said))
        if language is not None:
            english = self._translate_words(language, said)
            return self._expansion(
                (said, NATIVE_TEXT_WEIGHT), (english, NATIVE_ENGLISH_WEIGHT), english=english
            )
        reading = self._romanised_reader.read(said)
        if reading is None:
            return self._expansion((said, 1.0), english=said)
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
        meant = []
        for word in text.split()[:MAX_EXPANDED_WORDS]:
            gloss = word.casefold() if word.isascii() else self._translate_word(glossary, word)
            if gloss:
                meant.append(gloss)
        return " ".join(meant)

    def _translate_word(self, glossary: Glossary, word: str) -> str | None:
        gloss = glossary.look_up(word)
        return self._romanised_reader.find_english_word(word) if gloss is None else gloss.english


@lru_cache(maxsize=1)
def bundled_expander() -> QueryExpander:
    """Return the reader of what the repository carries."""
    return QueryExpander(
        romanised_text.bundled_romanised_reader(),
        bundled_glossaries(),
        thesaurus.bundled_thesaurus(),
    )
