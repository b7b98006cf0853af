"""The genres, languages and queries that can be suggested in a region."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from catalog import genres, languages, regions
from catalog.languages import SEARCH_LANGUAGES
from search.suggestions.suggestion import SuggestionKind, Topic
from search.suggestions.topic_index import TopicIndex
from vocabulary.ids import Region
from vocabulary.name_folding import fold

CINEMA_NICKNAMES = {  # of the films in a language
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
"""Genres that people search for in a language, and how they write them."""

EXCLUDED_GENRES = frozenset({*genres.EXPLICIT_GENRES, "ecchi", "erotic", "yaoi", "yuri"})
MAX_CACHED_REGIONS = 64


@lru_cache(MAX_CACHED_REGIONS)
def region_topics(region: Region, popular_queries: tuple[str, ...]) -> TopicIndex:
    """Return the topics of a region, the most likely first."""
    watched = [code for code in regions.language_weights(region) if code in SEARCH_LANGUAGES]
    codes = list(dict.fromkeys([*watched, *SEARCH_LANGUAGES]))
    language_topics = map(_language_topic, codes)
    return TopicIndex([*language_topics, *_genre_topics(), *query_topics(codes, popular_queries)])


def _language_topic(code: str) -> Topic:
    name = languages.language_name(code)
    home_names = [
        languages.language_name(code, in_language=each) for each in languages.HOME_LANGUAGES
    ]
    own_name = languages.language_name(code, in_language=code)
    names = [name, own_name, CINEMA_NICKNAMES.get(code, name), *home_names]
    return Topic(SuggestionKind.LANGUAGE, code, name, _folded_names(names))


def _genre_topics() -> Iterator[Topic]:
    synonyms: dict[str, list[str]] = {}
    for synonym, slugs in genres.SYNONYMS.items():
        if len(slugs) == 1:
            synonyms.setdefault(slugs[0], []).append(synonym)
    for slug, label in genres.GENRES.items():
        if slug not in EXCLUDED_GENRES:
            names = _folded_names([label, *synonyms.get(slug, ())])
            yield Topic(SuggestionKind.GENRE, slug, label, names)


def query_topics(language_codes: Sequence[str], popular_queries: Sequence[str]) -> Iterator[Topic]:
    """Yield popular queries, then genres in each language, without repetitions."""
    genre_queries = (
        f"{languages.language_name(code)} {noun}"
        for noun in GENRE_NOUNS.values()
        for code in language_codes
    )
    seen = set[str]()
    for text in (*popular_queries, *genre_queries):
        folded = fold(text)
        if folded not in seen:
            seen.add(folded)
            yield Topic(SuggestionKind.QUERY, text, text, (folded,))


def _folded_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(fold, names)))
