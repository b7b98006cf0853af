"""What was asked, word by word, and the words of names that each may stand for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from search.names import tokenizer as typed
from search.names.similarity import PhoneticForm, phonetic_form
from search.names.spelling import SimilarWords, SpellingIndex

MAX_FUZZY_WORDS = 8  # that are looked up in any spelling; who writes more tells a plot
MAX_MATCHED_WORDS = 16  # words; of more, no name is a part worth telling
MAX_JOINABLE_WORDS = 5  # words; of so few, neighbours may be one word written in two
MAX_NAME_WORDS, MAX_TEXT_CHARACTERS = 64, 600  # words of a text that count, characters

# Words that say nothing of which title weigh so much of what they would.
COMMON_WORD_FACTOR = 0.15
COMMON_WORDS = {
    "a",
    "an",
    "and",
    "the",
    "of",
    "in",
    "on",
    "to",
    "for",
    "by",
    "with",
    "is",
    "full",
    "hd",
}
COMMON_WORDS |= {"movie", "movies", "film", "films", "cinema", "picture"}
COMMON_WORDS |= {"part", "chapter", "volume", "season"}
ROMAN_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
DIGITS_OR_LETTERS_PATTERN = re.compile(r"\d+|\D+")


def name_words(folded: str) -> list[str]:
    """Return the words of a folded text; numbers apart and in digits.

    >>> words_of("kgf2"), words_of("baahubali ii")
    (['kgf', '2'], ['baahubali', '2'])
    """
    parts = [
        part
        for word in folded.split()[:MAX_NAME_WORDS]
        for part in DIGITS_OR_LETTERS_PATTERN.findall(word)
    ]
    return [*parts[:1], *(ROMAN_NUMERALS.get(part, part) for part in parts[1:])][:MAX_NAME_WORDS]


@dataclass(frozen=True, slots=True)
class QueryPart:
    """A word of a text, or two neighbours taken for one, and what it may stand for."""

    positions: tuple[int, ...]
    similar_words: SimilarWords


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A folded text and its parts; a part may be a neighbour's too."""

    folded: str
    words: list[str]
    parts: list[QueryPart]
    form: PhoneticForm

    @classmethod
    def parse(cls, text: str, spelling: SpellingIndex) -> "NameQuery":
        """Return a text, folded or not, with its words looked up."""
        folded = " ".join(word.folded for word in typed.tokenize(text[:MAX_TEXT_CHARACTERS]))
        folded = folded or text[:MAX_TEXT_CHARACTERS].strip().casefold()
        words = [word for word in name_words(folded) if phonetic_form(word).key]
        parts = [part for part in _query_parts(words, spelling) if part.similar_words]
        return cls(
            folded,
            words,
            parts,
            PhoneticForm.from_words(words, [phonetic_form(word).key for word in words]),
        )

    @property
    def is_short(self) -> bool:
        """Whether it may be a name as a whole."""
        return len(self.words) <= MAX_FUZZY_WORDS

    @property
    def numbers(self) -> set[str]:
        """What it counts."""
        return {phonetic_form(word).key for word in self.words if phonetic_form(word).is_number}


def _query_parts(words: list[str], spelling: SpellingIndex) -> Iterator[QueryPart]:
    if len(words) > MAX_MATCHED_WORDS:
        return
    look = spelling.similar_words if len(words) <= MAX_FUZZY_WORDS else spelling.same_sounding_words
    for at, word in enumerate(words):
        begun = at == len(words) - 1 < MAX_FUZZY_WORDS
        yield QueryPart((at,), (spelling.words_with_prefix(word) if begun else {}) | look(word))
    if len(words) <= MAX_JOINABLE_WORDS:
        for at, pair in enumerate(pairwise(words)):
            yield QueryPart((at, at + 1), spelling.same_sounding_words("".join(pair)))
