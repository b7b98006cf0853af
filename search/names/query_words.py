"""What was asked, word by word, and the words of names that each may stand for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from search.names import tokenizer as typed
from search.names.similarity import Heard, heard
from search.names.spelling import Near, Spelling

MOST_WORDS = 8  # that are looked up in any spelling; who writes more tells a plot
MOST_TOLD = 16  # words; of more, no name is a part worth telling
MOST_JOINED = 5  # words; of so few, neighbours may be one word written in two
LONGEST, LONGEST_TEXT = 64, 600  # words of a text that count, characters

# Words that say nothing of which title weigh so much of what they would.
SAYS_LITTLE = 0.15
LITTLE = {"a", "an", "and", "the", "of", "in", "on", "to", "for", "by", "with", "is", "full", "hd"}
LITTLE |= {"movie", "movies", "film", "films", "cinema", "picture"}
LITTLE |= {"part", "chapter", "volume", "season"}
ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
PARTS = re.compile(r"\d+|\D+")


def words_of(folded: str) -> list[str]:
    """Return the words of a folded text; numbers apart and in digits.

    >>> words_of("kgf2"), words_of("baahubali ii")
    (['kgf', '2'], ['baahubali', '2'])
    """
    parts = [part for word in folded.split()[:LONGEST] for part in PARTS.findall(word)]
    return [*parts[:1], *(ROMAN.get(part, part) for part in parts[1:])][:LONGEST]


@dataclass(frozen=True, slots=True)
class Part:
    """A word of a text, or two neighbours taken for one, and what it may stand for."""

    places: tuple[int, ...]
    near: Near


@dataclass(frozen=True, slots=True)
class Asked:
    """A folded text and its parts; a part may be a neighbour's too."""

    folded: str
    words: list[str]
    parts: list[Part]
    sound: Heard

    @classmethod
    def of(cls, text: str, spelling: Spelling) -> "Asked":
        """Return a text, folded or not, with its words looked up."""
        folded = " ".join(word.folded for word in typed.words_of(text[:LONGEST_TEXT]))
        folded = folded or text[:LONGEST_TEXT].strip().casefold()
        words = [word for word in words_of(folded) if heard(word).key]
        parts = [part for part in _parts(words, spelling) if part.near]
        return cls(folded, words, parts, Heard.of(words, [heard(word).key for word in words]))

    @property
    def short(self) -> bool:
        """Whether it may be a name as a whole."""
        return len(self.words) <= MOST_WORDS

    @property
    def numbers(self) -> set[str]:
        """What it counts."""
        return {heard(word).key for word in self.words if heard(word).number}


def _parts(words: list[str], spelling: Spelling) -> Iterator[Part]:
    if len(words) > MOST_TOLD:
        return
    look = spelling.near if len(words) <= MOST_WORDS else spelling.same
    for at, word in enumerate(words):
        begun = at == len(words) - 1 < MOST_WORDS
        yield Part((at,), (spelling.beginning(word) if begun else {}) | look(word))
    if len(words) <= MOST_JOINED:
        for at, pair in enumerate(pairwise(words)):
            yield Part((at, at + 1), spelling.same("".join(pair)))
