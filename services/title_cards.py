"""Titles as every list shows them."""

from collections.abc import Callable, Iterable, Iterator

from api.schemas.titles import HitShown, ReasonShown, Terms
from catalog import regions
from db.title_summaries import TitleSummary
from index.query import Hit, Region
from recommend import reasons
from recommend.reasons import ENGLISH, Reason
from runtime.catalogue_view import Live

NO_TERMS = Terms(similarity=0.0, popularity=0.0, regional=0.0, freshness=0.0)


def hit(listing: TitleSummary, *, score: float, terms: Terms, reason: Reason | None) -> HitShown:
    """Return a title in a list."""
    return HitShown(
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
        reason=_shown(reason) if reason else None,
    )


def blended(live: Live, hits: Iterable[Hit], reason: Callable[[Hit], Reason]) -> Iterator[HitShown]:
    """Yield what an index found, save for titles that went while we searched."""
    for each in hits:
        listing = live.listings.get(each.title_id)
        if listing is not None:
            yield hit(listing, score=each.score, terms=terms(each), reason=reason(each))


def terms(found: Hit) -> Terms:
    """Return the terms of a hit."""
    return Terms(
        similarity=found.similarity,
        popularity=found.popularity,
        regional=found.regional,
        freshness=found.freshness,
    )


def boosted(region: Region, told_in: str = ENGLISH) -> Callable[[Hit], Reason]:
    """Return what gives hits that boosts alone ranked their reasons."""
    place = regions.region_name(region, in_language=told_in)
    return lambda each: reasons.boost_reason(each, place=place, language=told_in)


def _shown(reason: Reason) -> ReasonShown:
    return ReasonShown(code=reason.code, text=reason.text, title_id=reason.title_id)
