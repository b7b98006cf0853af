"""Requests for films like a title: "like 96", "96 jaisi film"."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.names.tokenizer import Word
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.phrase_table import (
    FILM_ROLES,
    LIKE_ROLES,
    PhraseMatch,
    PhraseMeanings,
    PhraseRole,
    has_any,
)
from vocabulary.ids import TitleId

MAX_TITLE_WORDS = 8
MAX_WEAK_LIKE_QUERY_WORDS = 10  # in longer texts a bare "like" is a comparison in the plot
REQUEST_ROLES = (*FILM_ROLES, PhraseRole.GENRE, PhraseRole.LANGUAGE)


@dataclass(frozen=True, slots=True)
class LikeRequest:
    """A title named after or before a word for "like", with positions of words."""

    title_id: TitleId
    name_positions: range
    positions: range  # the name and the words for "like"


def find_like_request(
    words: Sequence[Word], phrases: Sequence[PhraseMatch], entities: EntityDictionary
) -> LikeRequest | None:
    """Return the request, if the query has one and the title is in the catalogue.

    `phrases` are those that begin at each word.
    """
    for position, (length, meanings) in enumerate(phrases):
        if not has_any(meanings, LIKE_ROLES):
            continue
        like_request, stop = None, position + length
        if _requests_films(position, meanings, phrases):
            like_request = _find_title_after(position, stop, words, phrases, entities)
        if like_request is None and PhraseRole.LIKE_AFTER in meanings:
            like_request = _find_title_before(position, stop, words, phrases, entities)
        if like_request is not None:
            return like_request
    return None


def _requests_films(
    position: int, meanings: PhraseMeanings, phrases: Sequence[PhraseMatch]
) -> bool:
    """Return whether "like" asks for films here, and is no comparison in a plot."""
    if PhraseRole.LIKE_BEFORE in meanings:
        return True
    if len(phrases) > MAX_WEAK_LIKE_QUERY_WORDS:
        return False
    return PhraseRole.LIKE_BEFORE_WEAK in meanings and (
        position == 0
        or has_any(phrases[position - 1][1], REQUEST_ROLES)
        or all(meaning for _, meaning in phrases[:position])
    )


def _find_title_after(
    like_start: int,
    start: int,
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
) -> LikeRequest | None:
    for stop in range(min(len(words), start + MAX_TITLE_WORDS), start, -1):
        at_end = stop == len(words)
        if stop - start < 2 and not (at_end or phrases[stop][1]):
            continue
        title = _find_title(words[start:stop], phrases[start:stop], entities, at_end=at_end)
        if title is not None:
            return LikeRequest(title, range(start, stop), range(like_start, stop))
    return None


def _find_title_before(
    stop: int,
    like_stop: int,
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
) -> LikeRequest | None:
    at_end = like_stop == len(words)
    if not at_end and not phrases[like_stop][1]:
        return None
    for start in range(max(0, stop - MAX_TITLE_WORDS), stop):
        if not all(meaning for _, meaning in phrases[:start]):
            break  # "lands at the North Pole"
        title = _find_title(words[start:stop], phrases[start:stop], entities, at_end=at_end)
        if title is not None:
            return LikeRequest(title, range(start, stop), range(start, like_stop))
    return None


def _find_title(
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
    *,
    at_end: bool,
) -> TitleId | None:
    """Return the title; "movies like old films" names none, though there is a film "Old"."""
    if len(words) == 1 and phrases[0][1] and not at_end:
        return None
    return entities.find_title_loosely(words)
