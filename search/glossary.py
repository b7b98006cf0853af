"""The words with which people tell films, and what they mean in English.

A file for each language, `glossary/te.tsv` and so on: native forms parted by spaces, a tab, the
English for them; `-` for words that need none. Words are looked up by their phonetic keys, in any
script and spelling: whole, else by the longest stem that leaves a short ending. A word in its own
script that stands in the file is itself, whatever else sounds the same.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from search.phonetic import key

FOLDER = Path(__file__).with_name("glossary")
NOTHING = "-"
SHORTEST_STEM = 3  # letters of a key
LONGEST_ENDINGS = {3: 2, 4: 4}  # letters after a stem of so many; short ones are in many words
LONGEST_ENDING = 8
COMMONNESS = 1 / 4000  # the share of each word of a glossary in what is written
WORDS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Gloss:
    """What is known of a word."""

    english: str  # empty where nothing needs to be said
    native: str  # the form, of the word or of its stem
    ending: int = 0  # letters of the key after the stem


class Glossary:
    """The glosses of one language; immutable."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self._spelt: dict[str, Gloss] = {}
        self._heard: dict[str, Gloss] = {}
        for forms, english in lines:
            for form in forms.split():
                gloss = Gloss("" if english == NOTHING else english, form)
                self._spelt.setdefault(form, gloss)
                self._heard.setdefault(key(form), gloss)
        self._heard.pop("", None)
        self.gloss = lru_cache(WORDS_KEPT)(self._gloss)

    def log(self, word: str) -> float:
        """Return the logarithm of a word's probability, all words of the glossary alike.

        A stem with an ending is a tenth as likely for each letter of the ending.
        """
        gloss = self.gloss(word)
        if gloss is None:
            return -math.inf
        return math.log(COMMONNESS) - math.log(10) * gloss.ending

    def _gloss(self, word: str) -> Gloss | None:
        """Return what is known of a word in any script, or none."""
        spelt = self._spelt.get(word)
        if spelt is not None:
            return spelt
        folded = key(word)
        for end in range(len(folded), SHORTEST_STEM - 1, -1):
            ending = len(folded) - end
            if ending > min(end, LONGEST_ENDINGS.get(end, LONGEST_ENDING)):
                continue
            heard = self._heard.get(folded[:end])
            if heard is not None:
                return replace(heard, ending=ending) if ending else heard
        return self._heard.get(folded)


@lru_cache(maxsize=1)
def glossaries() -> Mapping[str, Glossary]:
    """Return the glossaries that the repository carries, by language."""
    return {file.stem: Glossary(_lines(file)) for file in sorted(FOLDER.glob("*.tsv"))}


def _lines(file: Path) -> Iterable[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        forms, _, english = line.partition("\t")
        yield forms, english.strip()
