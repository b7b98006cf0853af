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
from search.language.glossary import Glossary, glossaries
from search.language.romanised_text import Romanised
from search.language.thesaurus import Thesaurus
from search.plots import Alternatives, stems
from vocabulary.writing_systems import script_of

LANGUAGE_OF: Mapping[str, str] = {
    "Deva": "hi",
    "Telu": "te",
    "Taml": "ta",
    "Knda": "kn",
    "Mlym": "ml",
}

# Weights of the ways of reading, chosen on the development queries (docs/search.md).
NATIVE_AS_TYPED, NATIVE_IN_ENGLISH = 0.6, 0.4
ROMANISED_NATIVE, ROMANISED_IN_ENGLISH = 0.5, 0.5

MOST_WORDS = 40
TINY = 1e-9  # of a length

Embed = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True, slots=True)
class Meaning:
    """The readings of a text, weighted, and the words to look for in plots."""

    texts: tuple[tuple[str, float], ...]
    words: tuple[Alternatives, ...]

    def vector(self, embed: Embed) -> Vector | None:
        """Return the mean direction (d,) of the readings; none for a text that says nothing."""
        if not self.texts:
            return None
        rows = embed([text for text, _ in self.texts])
        weights = np.array([weight for _, weight in self.texts], np.float32)
        total: Vector = weights @ rows
        total /= max(float(np.linalg.norm(total)), TINY)
        return total


def plain(text: str) -> Meaning:
    """Return a text as nothing but itself."""
    return Meaning(((text, 1.0),) if text.strip() else (), ())


class Reader:
    """Reads texts in English and in the languages of India, in any script."""

    def __init__(
        self,
        romanised: Romanised,
        glossaries: Mapping[str, Glossary],
        thesaurus: Thesaurus,
    ) -> None:
        self._romanised = romanised
        self._glossaries = glossaries
        self._thesaurus = thesaurus

    def read(self, text: str) -> Meaning:
        """Return what a text says."""
        said = text.strip()
        if not said:
            return Meaning((), ())
        language = LANGUAGE_OF.get(script_of(said))
        if language is not None:
            english = self._in_english(language, said)
            return self._meaning(
                (said, NATIVE_AS_TYPED), (english, NATIVE_IN_ENGLISH), english=english
            )
        reading = self._romanised.read(said)
        if reading is None:
            return self._meaning((said, 1.0), english=said)
        return self._meaning(
            (reading.native, ROMANISED_NATIVE),
            (reading.english, ROMANISED_IN_ENGLISH),
            english=reading.english,
        )

    def _meaning(self, *texts: tuple[str, float], english: str) -> Meaning:
        words = list(stems(english))[:MOST_WORDS]
        return Meaning(
            tuple((text, weight) for text, weight in texts if text),
            tuple(self._thesaurus.alternatives(word) for word in words),
        )

    def _in_english(self, language: str, text: str) -> str:
        glossary = self._glossaries[language]
        meant = []
        for word in text.split()[:MOST_WORDS]:
            gloss = word.casefold() if word.isascii() else self._gloss(glossary, word)
            if gloss:
                meant.append(gloss)
        return " ".join(meant)

    def _gloss(self, glossary: Glossary, word: str) -> str | None:
        gloss = glossary.gloss(word)
        return self._romanised.english_word(word) if gloss is None else gloss.english


@lru_cache(maxsize=1)
def bundled() -> Reader:
    """Return the reader of what the repository carries."""
    return Reader(romanised_text.bundled(), glossaries(), thesaurus.bundled())
