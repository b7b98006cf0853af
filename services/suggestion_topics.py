"""Genres, languages and useful queries, as suggestions name them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from api.pages.layout import LANGUAGES
from catalog import genres, languages, regions
from index.query import Region
from search.suggestions.suggester import Topic, Topics, What
from vocabulary.name_folding import fold

CINEMAS = {  # what people call the films of a language
    "hi": "Bollywood",
    "kn": "Sandalwood",
    "ml": "Mollywood",
    "ta": "Kollywood",
    "te": "Tollywood",
}
NOUNS: Mapping[str, str] = {
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

NOT_SUGGESTED = frozenset({*genres.EXPLICIT_GENRES, "ecchi", "erotic", "yaoi", "yuri"})
REGIONS_KEPT = 64


@lru_cache(REGIONS_KEPT)
def topics(region: Region, popular: tuple[str, ...]) -> Topics:
    """Return what may be suggested beside titles and people, what is likelier first."""
    watched = regions.language_weights(region)
    codes = list(dict.fromkeys([*(code for code in watched if code in LANGUAGES), *LANGUAGES]))
    return Topics([*map(_language, codes), *_genres(), *queries(codes, popular)])


def _language(code: str) -> Topic:
    name = languages.language_name(code)
    spoken = [languages.language_name(code, inside=each) for each in languages.HOME_LANGUAGES]
    names = [name, languages.language_name(code, inside=code), CINEMAS.get(code, name), *spoken]
    return Topic(What.LANGUAGE, code, name, _folded(names))


def _genres() -> Iterator[Topic]:
    called: dict[str, list[str]] = {}
    for synonym, slugs in genres.SYNONYMS.items():
        if len(slugs) == 1:
            called.setdefault(slugs[0], []).append(synonym)
    for slug, label in genres.GENRES.items():
        if slug not in NOT_SUGGESTED:
            yield Topic(What.GENRE, slug, label, _folded([label, *called.get(slug, ())]))


def queries(codes: Sequence[str], popular: Sequence[str]) -> Iterator[Topic]:
    """Yield what many search for, then genres in some languages, each once."""
    seen = set[str]()
    made = (f"{languages.language_name(code)} {noun}" for noun in NOUNS.values() for code in codes)
    for text in (*popular, *made):
        folded = fold(text)
        if folded not in seen:
            seen.add(folded)
            yield Topic(What.QUERY, text, text, (folded,))


def _folded(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(fold, names)))
