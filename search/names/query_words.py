"""The words of a query, and the words of names that each may stand for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from search.names.similarity import PhoneticForm, phonetic_form
from search.names.spelling import SimilarWords, SpellingIndex
from search.names.tokenizer import tokenize

MAX_FUZZY_WORDS = 8  # of a query looked up in any spelling; longer ones describe a plot
MAX_MATCHED_WORDS = 16  # of a query; a name is too small a part of longer ones
MAX_JOINABLE_WORDS = 5  # of a query in which two neighbours may be one word
MAX_NAME_WORDS, MAX_TEXT_CHARACTERS = 64, 600

COMMON_WORD_FACTOR = 0.15  # on the weight of words that do not distinguish titles
COMMON_WORD_TEXT = (
    "a an and the of in on to for by with is full hd "
    "movie movies film films cinema picture part chapter volume season"
)
COMMON_WORDS = frozenset(COMMON_WORD_TEXT.split())
ROMAN_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
DIGITS_OR_LETTERS_PATTERN = re.compile(r"\d+|\D+")


def name_words(folded: str) -> list[str]:
    """Return the words of a folded text, with numbers as words of their own and in digits.

    >>> name_words("kgf2"), name_words("baahubali ii")
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
    """A word of a query, or two neighbours taken as one, and the words it may stand for."""

    positions: tuple[int, ...]
    similar_words: SimilarWords


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A folded query and its parts, which may overlap."""

    folded: str
    words: list[str]
    parts: list[QueryPart]
    form: PhoneticForm

    @classmethod
    def parse(cls, text: str, spelling: SpellingIndex) -> "NameQuery":
        """Return a query, folded or not, with its words looked up."""
        folded = " ".join(word.folded for word in tokenize(text[:MAX_TEXT_CHARACTERS]))
        folded = folded or text[:MAX_TEXT_CHARACTERS].strip().casefold()
        words = [word for word in name_words(folded) if phonetic_form(word).key]
        parts = [part for part in _query_parts(words, spelling) if part.similar_words]
        form = PhoneticForm.from_words(words, [phonetic_form(word).key for word in words])
        return cls(folded, words, parts, form)

    @property
    def is_short(self) -> bool:
        """Whether the whole query may be a name."""
        return len(self.words) <= MAX_FUZZY_WORDS

    @property
    def numbers(self) -> set[str]:
        """The keys of its numbers."""
        return {phonetic_form(word).key for word in self.words if phonetic_form(word).is_number}


def _query_parts(words: list[str], spelling: SpellingIndex) -> Iterator[QueryPart]:
    if len(words) > MAX_MATCHED_WORDS:
        return
    is_fuzzy = len(words) <= MAX_FUZZY_WORDS
    look_up = spelling.similar_words if is_fuzzy else spelling.same_sounding_words
    for position, word in enumerate(words):
        may_be_cut = is_fuzzy and position == len(words) - 1
        longer_words = spelling.words_with_prefix(word) if may_be_cut else {}
        yield QueryPart((position,), longer_words | look_up(word))
    if len(words) <= MAX_JOINABLE_WORDS:
        for position, pair in enumerate(pairwise(words)):
            yield QueryPart((position, position + 1), spelling.same_sounding_words("".join(pair)))
