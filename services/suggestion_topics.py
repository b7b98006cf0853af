"""Genres, languages and useful queries, as suggestions name them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from api.pages.layout import SEARCH_LANGUAGES
from catalog import genres, languages, regions
from search.suggestions.suggestion import SuggestionKind, Topic
from search.suggestions.topic_index import TopicIndex
from vocabulary.ids import Region
from vocabulary.name_folding import fold

CINEMA_NICKNAMES = {  # what people call the films of a language
    "hi": "Bollywood",
    "kn": "Sandalwood",
    "ml": "Mollywood",
    "ta": "Kollywood",
    "te": "Tollywood",
}
GENRE_NOUNS: Mapping[str, str] = {
    "thriller": "thrillers",
    "romance": "love stories",
    "comedy": "comedies",
    "action": "action films",
    "family": "family films",
    "horror": "horror films",
    "fantasy": "fantasy films",
    "science-fiction": "science fiction",
    "crime": "crime films",
    "history": "historical films",
}
"""Genres that people ask for together with a language, and how they say it."""

EXCLUDED_GENRES = frozenset({*genres.EXPLICIT_GENRES, "ecchi", "erotic", "yaoi", "yuri"})
MAX_CACHED_REGIONS = 64


@lru_cache(MAX_CACHED_REGIONS)
def region_topics(region: Region, popular: tuple[str, ...]) -> TopicIndex:
    """Return what may be suggested beside titles and people, what is likelier first."""
    watched = regions.language_weights(region)
    codes = list(
        dict.fromkeys([*(code for code in watched if code in SEARCH_LANGUAGES), *SEARCH_LANGUAGES])
    )
    return TopicIndex(
        [*map(_language_topic, codes), *_genre_topics(), *query_topics(codes, popular)]
    )


def _language_topic(code: str) -> Topic:
    name = languages.language_name(code)
    spoken = [languages.language_name(code, in_language=each) for each in languages.HOME_LANGUAGES]
    names = [
        name,
        languages.language_name(code, in_language=code),
        CINEMA_NICKNAMES.get(code, name),
        *spoken,
    ]
    return Topic(SuggestionKind.LANGUAGE, code, name, _folded_names(names))


def _genre_topics() -> Iterator[Topic]:
    called: dict[str, list[str]] = {}
    for synonym, slugs in genres.SYNONYMS.items():
        if len(slugs) == 1:
            called.setdefault(slugs[0], []).append(synonym)
    for slug, label in genres.GENRES.items():
        if slug not in EXCLUDED_GENRES:
            yield Topic(
                SuggestionKind.GENRE, slug, label, _folded_names([label, *called.get(slug, ())])
            )


def query_topics(codes: Sequence[str], popular: Sequence[str]) -> Iterator[Topic]:
    """Yield what many search for, then genres in some languages, each once."""
    seen = set[str]()
    made = (
        f"{languages.language_name(code)} {noun}" for noun in GENRE_NOUNS.values() for code in codes
    )
    for text in (*popular, *made):
        folded = fold(text)
        if folded not in seen:
            seen.add(folded)
            yield Topic(SuggestionKind.QUERY, text, text, (folded,))


def _folded_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(fold, names)))
