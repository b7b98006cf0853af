"""Titles named in a query so that others shall be like them: "like 96", "96 jaisi film"."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.names.tokenizer import Word
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.phrase_table import PhraseMeanings, PhraseRole, has_any
from vocabulary.ids import TitleId

MAX_TITLE_WORDS = 8  # words
MAX_WEAK_LIKE_QUERY_WORDS = 10  # words; in longer texts a bare "like" compares
FILM_ROLES = (PhraseRole.FILM, PhraseRole.FILMS, PhraseRole.KIND, PhraseRole.GENRE_PLURAL)
REQUEST_ROLES = (*FILM_ROLES, PhraseRole.GENRE, PhraseRole.LANGUAGE)
LIKE_ROLES = (PhraseRole.LIKE_BEFORE, PhraseRole.LIKE_BEFORE_WEAK, PhraseRole.LIKE_AFTER)

PhraseMatch = tuple[int, PhraseMeanings]


@dataclass(frozen=True, slots=True)
class LikeRequest:
    """A title named after or before a word for "like"; all places are of words."""

    title_id: TitleId
    name_positions: range
    positions: range  # the name and the words for "like"


def find_like_request(
    words: Sequence[Word], phrases: Sequence[PhraseMatch], entities: EntityDictionary
) -> LikeRequest | None:
    """Return the title that others shall be like, if one is named and known.

    `phrases` are those that begin at each word.
    """
    for place, (length, meanings) in enumerate(phrases):
        if not has_any(meanings, LIKE_ROLES):
            continue
        found = None
        if _requests_films(place, meanings, phrases):
            found = _find_title_after(place, place + length, words, phrases, entities)
        if found is None and PhraseRole.LIKE_AFTER in meanings:
            found = _find_title_before(place, place + length, words, phrases, entities)
        if found is not None:
            return found
    return None


def _requests_films(place: int, meanings: PhraseMeanings, phrases: Sequence[PhraseMatch]) -> bool:
    """Tell whether "like" asks for films here, and does not only compare something in a plot."""
    if PhraseRole.LIKE_BEFORE in meanings:
        return True
    if len(phrases) > MAX_WEAK_LIKE_QUERY_WORDS:
        return False
    return PhraseRole.LIKE_BEFORE_WEAK in meanings and (
        place == 0
        or has_any(phrases[place - 1][1], REQUEST_ROLES)
        or all(meant for _, meant in phrases[:place])
    )


def _find_title_after(
    start: int,
    place: int,
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
) -> LikeRequest | None:
    for end in range(min(len(words), place + MAX_TITLE_WORDS), place, -1):
        bounded = end == len(words) or bool(phrases[end][1])
        if not bounded and end - place < 2:
            continue
        title = _find_title(
            words[place:end], phrases[place:end], entities, is_last=end == len(words)
        )
        if title is not None:
            return LikeRequest(title, range(place, end), range(start, end))
    return None


def _find_title_before(
    place: int,
    end: int,
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
) -> LikeRequest | None:
    if end < len(words) and not phrases[end][1]:
        return None
    for start in range(max(0, place - MAX_TITLE_WORDS), place):
        if not all(meant for _, meant in phrases[:start]):
            break  # "lands at the North Pole"
        title = _find_title(
            words[start:place], phrases[start:place], entities, is_last=end == len(words)
        )
        if title is not None:
            return LikeRequest(title, range(start, place), range(start, end))
    return None


def _find_title(
    words: Sequence[Word],
    phrases: Sequence[PhraseMatch],
    entities: EntityDictionary,
    *,
    is_last: bool,
) -> TitleId | None:
    """Return the title; "movies like old films" names none, though there is one called Old."""
    if len(words) == 1 and phrases[0][1] and not is_last:
        return None
    return entities.find_title_loosely(words)
