"""The words of a query, with their positions in the text, folded forms and phonetic keys."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.names.phonetic import phonetic_key

WORD_MARKS = ("Mn", "Mc")  # vowel signs and viramas: parts of letters in Indian scripts
FIRST_INDIC = "\u0900"
APOSTROPHES = "'’`"
APOSTROPHE_REMOVAL = str.maketrans("", "", APOSTROPHES)


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]`: as written, folded like names are, and its phonetic key."""

    start: int
    end: int
    folded: str
    key: str


def tokenize(text: str) -> list[Word]:
    """Return the words of a text; together their folded forms are the folded text.

    >>> [word.folded for word in tokenize("S. S. Rajamouli’s 90's sci-fi")]
    ['ss', 'rajamoulis', '90s', 'sci', 'fi']
    """
    return list(_join_initials(list(_split(text))))


def _split(text: str) -> Iterator[Word]:
    start = -1
    for position, character in enumerate(text):
        if is_word_character(character):
            start = position if start < 0 else start
        elif start >= 0:
            yield from _fold(text, start, position)
            start = -1
    if start >= 0:
        yield from _fold(text, start, len(text))


def is_word_character(character: str) -> bool:
    """Return whether a character belongs to a word; apostrophes do."""
    if character.isascii():
        return character.isalnum() or character in APOSTROPHES
    return character.isalnum() or unicodedata.category(character) in WORD_MARKS or character == "’"


def _fold(text: str, start: int, end: int) -> Iterator[Word]:
    """Yield a word, or several if one character decomposes into more (½)."""
    word = text[start:end]
    if word.isascii():
        plain = word.lower().translate(APOSTROPHE_REMOVAL)
        if plain:
            yield Word(start, end, plain, phonetic_key(plain))
        return
    decomposed = unicodedata.normalize("NFKD", word).casefold().translate(APOSTROPHE_REMOVAL)
    letters = "".join(
        character if is_word_character(character) else " "
        for character in decomposed
        if not (unicodedata.combining(character) and character < FIRST_INDIC)
    )
    for part in letters.split():
        composed = unicodedata.normalize("NFC", part)
        yield Word(start, end, composed, phonetic_key(composed))


def _join_initials(words: Sequence[Word]) -> Iterator[Word]:
    """Join initials as `fold` does: people write them with and without dots."""
    initials: list[Word] = []
    for word in words:
        if len(word.folded) == 1 and word.folded.isalpha():
            initials.append(word)
            continue
        yield from _join_letters(initials)
        initials = []
        yield word
    yield from _join_letters(initials)


def _join_letters(letters: Sequence[Word]) -> Iterator[Word]:
    if letters:
        folded = "".join(each.folded for each in letters)
        yield Word(letters[0].start, letters[-1].end, folded, phonetic_key(folded))
