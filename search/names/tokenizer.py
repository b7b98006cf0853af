"""The words of a query, each with its place in the text and the forms that it is known by."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.names import phonetic

WORD_MARKS = ("Mn", "Mc")  # vowel signs and viramas: parts of letters in Indian scripts
FIRST_INDIC = "\u0900"
APOSTROPHES = "'’`"
APOSTROPHE_REMOVAL = str.maketrans("", "", APOSTROPHES)


@dataclass(frozen=True, slots=True)
class Word:
    """A word: `text[start:end]` as written, folded as names are, and how it sounds."""

    start: int
    end: int
    folded: str
    key: str


def tokenize(text: str) -> list[Word]:
    """Return the words of a text; their folded forms are those of the folded text.

    >>> [word.folded for word in words_of("S. S. Rajamouli’s 90's sci-fi")]
    ['ss', 'rajamoulis', '90s', 'sci', 'fi']
    """
    return list(_join_initials(list(_split(text))))


def _split(text: str) -> Iterator[Word]:
    start = -1
    for place, character in enumerate(text):
        if is_word_character(character):
            start = place if start < 0 else start
        elif start >= 0:
            yield from _fold(text, start, place)
            start = -1
    if start >= 0:
        yield from _fold(text, start, len(text))


def is_word_character(character: str) -> bool:
    """Tell whether a character belongs to a word, an apostrophe included."""
    if character.isascii():
        return character.isalnum() or character in APOSTROPHES
    return character.isalnum() or unicodedata.category(character) in WORD_MARKS or character == "’"


def _fold(text: str, start: int, end: int) -> Iterator[Word]:
    """Yield a word, or several where one character stands for more than a word (½)."""
    word = text[start:end]
    if word.isascii():
        plain = word.lower().translate(APOSTROPHE_REMOVAL)
        if plain:
            yield Word(start, end, plain, phonetic.phonetic_key(plain))
        return
    decomposed = unicodedata.normalize("NFKD", word).casefold().translate(APOSTROPHE_REMOVAL)
    kept = "".join(
        character if is_word_character(character) else " "
        for character in decomposed
        if not (unicodedata.combining(character) and character < FIRST_INDIC)
    )
    for part in kept.split():
        composed = unicodedata.normalize("NFC", part)
        yield Word(start, end, composed, phonetic.phonetic_key(composed))


def _join_initials(words: Sequence[Word]) -> Iterator[Word]:
    """Join letters that stand alone, as `fold` does: they are written with and without dots."""
    waiting: list[Word] = []
    for word in words:
        if len(word.folded) == 1 and word.folded.isalpha():
            waiting.append(word)
            continue
        yield from _join_letters(waiting)
        waiting = []
        yield word
    yield from _join_letters(waiting)


def _join_letters(letters: Sequence[Word]) -> Iterator[Word]:
    if letters:
        folded = "".join(each.folded for each in letters)
        yield Word(letters[0].start, letters[-1].end, folded, phonetic.phonetic_key(folded))
