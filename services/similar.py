"""Titles similar to a title."""

from collections.abc import Sequence

from db.titles import TitleNotFound
from index.query import Filter, Hit, Query, VectorMissing
from recommend import queries, reasons
from recommend.reasons import ENGLISH
from runtime.catalogue_view import CatalogueView
from services import title_cards
from services.title_cards import TitleCard
from vocabulary.ids import TitleId
from vocabulary.kinds import Space


def similar_query(catalogue: CatalogueView, title_id: TitleId, filter: Filter, *, k: int) -> Query:
    """Return the query for similar titles; it finds none while the title has no vector.

    Raises `TitleNotFound`.
    """
    if title_id not in catalogue.titles:
        raise TitleNotFound(title_id)
    try:
        vector = catalogue.index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return Query(k=0)
    return queries.similar_to(title_id, vector, filter, k=k)


def similar_cards(
    catalogue: CatalogueView, title_id: TitleId, hits: Sequence[Hit], language: str = ENGLISH
) -> list[TitleCard]:
    """Return the hits of `similar_query` as cards.

    Raises `TitleNotFound` if the title was removed meanwhile.
    """
    listing = catalogue.titles.get(title_id)
    if listing is None:
        raise TitleNotFound(title_id)
    reason = reasons.similarity_reason(title_id, listing.title, language=language)
    return list(title_cards.title_cards(catalogue, hits, lambda _: reason))
