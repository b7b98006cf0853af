"""Trending titles of a region."""

from catalog import regions
from index.query import Filter
from recommend import queries
from recommend.reasons import ENGLISH
from runtime.catalogue_view import CatalogueView
from services import title_cards
from services.title_cards import TitleCard
from vocabulary.ids import Region


def trending_titles(
    catalogue: CatalogueView,
    filter: Filter,
    region: Region,
    *,
    limit: int,
    offset: int,
    reason_language: str = ENGLISH,
) -> list[TitleCard]:
    """Return what is trending in a region."""
    query = queries.trending(regions.known_region(region), filter, k=limit + offset)
    hits = catalogue.index.search(query)[offset:]
    reason = title_cards.boost_reasons(region, reason_language)
    return list(title_cards.title_cards(catalogue, hits, reason))
