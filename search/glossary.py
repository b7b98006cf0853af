"""The words with which people tell films, and what they mean in English.

A file for each language, `glossary/te.tsv` and so on: native forms parted by spaces, a tab, the
English for them; `-` for words that need none. Words are looked up by their phonetic keys, in any
script and spelling: whole, else by the longest stem that leaves a short ending.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from search.phonetic import key

FOLDER = Path(__file__).with_name("glossary")
NOTHING = "-"
SHORTEST_STEM = 3  # letters of a key
LONGEST_ENDING = 6
WORDS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Gloss:
    """What is known of a word."""

    english: str  # empty where nothing needs to be said
    native: str  # the form, of the word or of its stem
    ending: int  # letters of the key after the stem


class Glossary:
    """The glosses of one language; immutable."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self._known: dict[str, tuple[str, str]] = {}
        for forms, english in lines:
            for form in forms.split():
                said = "" if english == NOTHING else english
                self._known.setdefault(key(form), (said, form))
        self._known.pop("", None)
        self.gloss = lru_cache(WORDS_KEPT)(self._gloss)

    def log(self, word: str) -> float:
        """Return the logarithm of a word's probability, all words of the glossary alike.

        A stem with an ending is a tenth as likely for each letter of the ending.
        """
        gloss = self.gloss(word)
        if gloss is None:
            return -math.inf
        return -math.log(len(self._known)) - math.log(10) * gloss.ending

    def _gloss(self, word: str) -> Gloss | None:
        """Return what is known of a word in any script, or none."""
        folded = key(word)
        least = max(SHORTEST_STEM, (len(folded) + 1) // 2, len(folded) - LONGEST_ENDING)
        for end in (len(folded), *range(len(folded) - 1, least - 1, -1)):
            known = self._known.get(folded[:end])
            if known is not None:
                return Gloss(*known, len(folded) - end)
        return None


@lru_cache(maxsize=1)
def glossaries() -> Mapping[str, Glossary]:
    """Return the glossaries that the repository carries, by language."""
    return {file.stem: Glossary(_lines(file)) for file in sorted(FOLDER.glob("*.tsv"))}


def _lines(file: Path) -> Iterable[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        forms, _, english = line.partition("\t")
        yield forms, english.strip()
