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

from search.names.phonetic import key, voiceless

FOLDER = Path(__file__).parent
NOTHING = "-"
SHORTEST_STEM = 3  # letters of a key
LONGEST_ENDINGS = {3: 2, 4: 4}  # letters after a stem of so many; short ones are in many words
LONGEST_ENDING = 8
UNVOICED = frozenset({"ta", "ml"})  # one letter for k and g: typed either way
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

    def __init__(self, lines: Iterable[tuple[str, str]], *, unvoiced: bool = False) -> None:
        self._spelt: dict[str, Gloss] = {}
        self._heard: dict[str, Gloss] = {}
        self._unvoiced: dict[str, Gloss] = {}  # where a word may be voiced otherwise than written
        for forms, english in lines:
            for form in forms.split():
                gloss = Gloss("" if english == NOTHING else english, form)
                heard = key(form)
                self._spelt.setdefault(form, gloss)
                self._heard.setdefault(heard, gloss)
                if unvoiced:
                    self._unvoiced.setdefault(voiceless(heard), gloss)
        self._heard.pop("", None)
        self.gloss = lru_cache(WORDS_KEPT)(self._gloss)
        self.log = lru_cache(WORDS_KEPT)(self._log)

    def _log(self, word: str) -> float:
        """Return the logarithm of a word's probability, all words of the glossary alike.

        A stem with an ending is a tenth as likely for each letter of the ending. What is only
        known by other consonants than were typed does not tell one language from another.
        """
        gloss = _longest(self._heard, key(word))
        if gloss is None:
            return -math.inf
        return math.log(COMMONNESS) - math.log(10) * gloss.ending

    def _gloss(self, word: str) -> Gloss | None:
        """Return what is known of a word in any script, or none."""
        spelt = self._spelt.get(word)
        if spelt is not None:
            return spelt
        folded = key(word)
        heard = _longest(self._heard, folded)
        if not self._unvoiced or (heard is not None and not heard.ending):
            return heard
        unvoiced = _longest(self._unvoiced, voiceless(folded))
        both = [gloss for gloss in (heard, unvoiced) if gloss is not None]
        return min(both, key=lambda gloss: gloss.ending, default=None)


def _longest(known: Mapping[str, Gloss], folded: str) -> Gloss | None:
    """Return the gloss of a key, or of the longest stem of it with an ending that may be one."""
    for end in range(len(folded), SHORTEST_STEM - 1, -1):
        ending = len(folded) - end
        if ending > min(end, LONGEST_ENDINGS.get(end, LONGEST_ENDING)):
            continue
        gloss = known.get(folded[:end])
        if gloss is not None:
            return replace(gloss, ending=ending) if ending else gloss
    return known.get(folded)


@lru_cache(maxsize=1)
def glossaries() -> Mapping[str, Glossary]:
    """Return the glossaries that the repository carries, by language."""
    return {
        file.stem: Glossary(_lines(file), unvoiced=file.stem in UNVOICED)
        for file in sorted(FOLDER.glob("*.tsv"))
    }


def _lines(file: Path) -> Iterable[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        forms, _, english = line.partition("\t")
        yield forms, english.strip()
