"""The words with which people tell films, and what they mean in English.

A file for each language, `glossary/te.tsv` and so on: native forms parted by spaces, a tab, the
English for them; `-` for words that need none. Words are looked up by their phonetic keys, in any
script and spelling: whole, else by the longest stem that leaves a short ending.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from search.phonetic import key

FOLDER = Path(__file__).with_name("glossary")
NOTHING = "-"
SHORTEST_STEM = 3  # letters of a key
LONGEST_ENDING = 6
WORDS_KEPT = 20_000


class Glossary:
    """The glosses of one language; immutable."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self._meanings: dict[str, str] = {}
        for forms, gloss in lines:
            for form in forms.split():
                self._meanings.setdefault(key(form), "" if gloss == NOTHING else gloss)
        self._meanings.pop("", None)
        self.meaning = lru_cache(WORDS_KEPT)(self._meaning)

    def log(self, word: str) -> float:
        """Return the logarithm of the probability of a word, one of the glossary as likely as another.

        A stem with an ending is a tenth as likely for each letter of the ending.
        """
        folded = key(word)
        stem = self._stem(folded)
        if stem is None:
            return -math.inf
        return -math.log(len(self._meanings)) - math.log(10) * (len(folded) - len(stem))

    def _meaning(self, word: str) -> str | None:
        """Return the English of a word; empty where none is needed, none where none is known."""
        stem = self._stem(key(word))
        return None if stem is None else self._meanings[stem]

    def _stem(self, folded: str) -> str | None:
        least = max(SHORTEST_STEM, (len(folded) + 1) // 2, len(folded) - LONGEST_ENDING)
        if folded in self._meanings:
            return folded
        return next(
            (
                folded[:end]
                for end in range(len(folded) - 1, least - 1, -1)
                if folded[:end] in self._meanings
            ),
            None,
        )


@lru_cache(maxsize=1)
def glossaries() -> Mapping[str, Glossary]:
    """Return the glossaries that the repository carries, by language."""
    return {file.stem: Glossary(_lines(file)) for file in sorted(FOLDER.glob("*.tsv"))}


def _lines(file: Path) -> Iterable[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        forms, _, gloss = line.partition("\t")
        yield forms, gloss.strip()
