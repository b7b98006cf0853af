"""Titles named in a query so that others shall be like them: "like 96", "96 jaisi film"."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.query import TitleId
from search.names.tokenizer import Word
from search.parsing.entity_dictionary import Vocabulary
from search.parsing.phrase_table import Meanings, Role, has_any

LONGEST_NAME = 8  # words
LONGEST_WEAK = 10  # words; in longer texts a bare "like" compares
FILM_ROLES = (Role.FILM, Role.FILMS, Role.KIND, Role.GENRES)
ASKING_ROLES = (*FILM_ROLES, Role.GENRE, Role.LANGUAGE)
LIKE_ROLES = (Role.LIKE_BEFORE, Role.LIKE_BEFORE_WEAK, Role.LIKE_AFTER)

Phrase = tuple[int, Meanings]


@dataclass(frozen=True, slots=True)
class Like:
    """A title named after or before a word for "like"; all places are of words."""

    title: TitleId
    name: range
    places: range  # the name and the words for "like"


def like_in(
    words: Sequence[Word], phrases: Sequence[Phrase], vocabulary: Vocabulary
) -> Like | None:
    """Return the title that others shall be like, if one is named and known.

    `phrases` are those that begin at each word.
    """
    for place, (length, meanings) in enumerate(phrases):
        if not has_any(meanings, LIKE_ROLES):
            continue
        found = None
        if _asks(place, meanings, phrases):
            found = _after(place, place + length, words, phrases, vocabulary)
        if found is None and Role.LIKE_AFTER in meanings:
            found = _before(place, place + length, words, phrases, vocabulary)
        if found is not None:
            return found
    return None


def _asks(place: int, meanings: Meanings, phrases: Sequence[Phrase]) -> bool:
    """Tell whether "like" asks for films here, and does not only compare something in a plot."""
    if Role.LIKE_BEFORE in meanings:
        return True
    if len(phrases) > LONGEST_WEAK:
        return False
    return Role.LIKE_BEFORE_WEAK in meanings and (
        place == 0
        or has_any(phrases[place - 1][1], ASKING_ROLES)
        or all(meant for _, meant in phrases[:place])
    )


def _after(
    start: int,
    place: int,
    words: Sequence[Word],
    phrases: Sequence[Phrase],
    vocabulary: Vocabulary,
) -> Like | None:
    for end in range(min(len(words), place + LONGEST_NAME), place, -1):
        bounded = end == len(words) or bool(phrases[end][1])
        if not bounded and end - place < 2:
            continue
        title = _title(words[place:end], phrases[place:end], vocabulary, last=end == len(words))
        if title is not None:
            return Like(title, range(place, end), range(start, end))
    return None


def _before(
    place: int,
    end: int,
    words: Sequence[Word],
    phrases: Sequence[Phrase],
    vocabulary: Vocabulary,
) -> Like | None:
    if end < len(words) and not phrases[end][1]:
        return None
    for start in range(max(0, place - LONGEST_NAME), place):
        if not all(meant for _, meant in phrases[:start]):
            break  # "lands at the North Pole"
        title = _title(words[start:place], phrases[start:place], vocabulary, last=end == len(words))
        if title is not None:
            return Like(title, range(start, place), range(start, end))
    return None


def _title(
    words: Sequence[Word], phrases: Sequence[Phrase], vocabulary: Vocabulary, *, last: bool
) -> TitleId | None:
    """Return the title; "movies like old films" names none, though there is one called Old."""
    if len(words) == 1 and phrases[0][1] and not last:
        return None
    return vocabulary.meant_title(words)
