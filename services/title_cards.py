"""Titles as every list shows them."""

from collections.abc import Callable, Iterable, Iterator

from api.schemas.titles import ReasonResponse, ScoreTerms, TitleCard
from catalog import regions
from index.query import Hit
from recommend import reasons
from recommend.reasons import ENGLISH, Reason
from runtime.catalogue_view import CatalogueView
from vocabulary.ids import Region
from vocabulary.title_summary import TitleSummary

ZERO_TERMS = ScoreTerms(similarity=0.0, popularity=0.0, regional=0.0, freshness=0.0)


def title_card(
    listing: TitleSummary, *, score: float, terms: ScoreTerms, reason: Reason | None
) -> TitleCard:
    """Return a title in a list."""
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
        reason=_reason_response(reason) if reason else None,
    )


def title_cards(
    catalogue: CatalogueView, hits: Iterable[Hit], reason: Callable[[Hit], Reason]
) -> Iterator[TitleCard]:
    """Yield what an index found, save for titles that went while we searched."""
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
    """Return what gives hits that boosts alone ranked their reasons."""
    place = regions.region_name(region, in_language=language)
    return lambda each: reasons.boost_reason(each, place=place, language=language)


def _reason_response(reason: Reason) -> ReasonResponse:
    return ReasonResponse(code=reason.code, text=reason.text, title_id=reason.title_id)
