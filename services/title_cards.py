"""Titles as every list shows them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from catalog import regions
from index.query import Hit
from recommend import reasons
from recommend.reasons import ENGLISH, Reason
from runtime.catalogue_view import CatalogueView
from vocabulary.ids import Region
from vocabulary.kinds import Kind
from vocabulary.title_summary import TitleSummary


@dataclass(frozen=True, slots=True)
class ScoreTerms:
    """The weighted terms of a score, which is their sum."""

    similarity: float
    popularity: float
    regional: float
    freshness: float
    name: float = 0.0
    words: float = 0.0
    preference: float = 0.0
    personal: float = 0.0
    leaning: float = 0.0
    mood: float = 0.0
    context: float = 0.0


@dataclass(frozen=True, slots=True)
class TitleCard:
    """A title in a list.

    A response has dozens of them, and a dataclass takes a quarter of a pydantic model's time.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 7,
                    "title": "Eega",
                    "original_title": "ఈగ",
                    "kind": "movie",
                    "year": 2012,
                    "language": "te",
                    "genres": ["fantasy", "action", "romance"],
                    "poster_url": None,
                    "score": 0.52,
                    "terms": {
                        "similarity": 0.47,
                        "popularity": 0.03,
                        "regional": 0.02,
                        "freshness": 0.0,
                        "name": 0.0,
                    },
                    "reason": {
                        "code": "meaning",
                        "text": "Fits what you described",
                        "title_id": None,
                    },
                }
            ]
        }
    )

    id: int
    title: str
    original_title: str | None
    kind: Kind
    year: int | None
    language: str | None
    genres: list[str]
    poster_url: str | None
    score: float
    terms: ScoreTerms
    reason: Reason | None = None
    slot: str | None = None  # of a feed: `close`, `stretch` or `trending`
    source: str | None = None  # of a feed: the candidate query
    progress: float | None = None  # 0..1, of a title that is only partly watched


ZERO_TERMS = ScoreTerms(similarity=0.0, popularity=0.0, regional=0.0, freshness=0.0)


def title_card(
    listing: TitleSummary, *, score: float, terms: ScoreTerms, reason: Reason | None
) -> TitleCard:
    """Return a title as lists show it."""
    return TitleCard(
        id=listing.id,
        title=listing.title,
        original_title=listing.original_title,
        kind=listing.kind,
        year=listing.year,
        language=listing.language,
        genres=list(listing.genres),
        poster_url=listing.poster_url,
        score=score,
        terms=terms,
        reason=reason,
    )


def title_cards(
    catalogue: CatalogueView, hits: Iterable[Hit], reason: Callable[[Hit], Reason]
) -> Iterator[TitleCard]:
    """Yield the titles of hits, except those removed while the index was searched."""
    for each in hits:
        listing = catalogue.titles.get(each.title_id)
        if listing is not None:
            yield title_card(
                listing, score=each.score, terms=score_terms(each), reason=reason(each)
            )


def score_terms(hit: Hit) -> ScoreTerms:
    """Return the terms of a hit."""
    return ScoreTerms(
        similarity=hit.similarity,
        popularity=hit.popularity,
        regional=hit.regional,
        freshness=hit.freshness,
    )


def boost_reasons(region: Region, language: str = ENGLISH) -> Callable[[Hit], Reason]:
    """Return the function that gives a reason to hits ranked by boosts alone."""
    place = regions.region_name(region, in_language=language)
    return lambda each: reasons.boost_reason(each, place=place, language=language)
