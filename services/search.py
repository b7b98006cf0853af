"""What routes and pages answer with: rankings over what is live, in the form of the contract."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from sqlmodel import Session

from api.metrics import Metrics
from api.schemas.responses import ListResponse
from api.schemas.search import (
    ChipResponse,
    DidYouMeanResponse,
    QueryReadingResponse,
    SearchResponse,
)
from api.schemas.titles import TitleDetailsResponse
from catalog import regions
from db import titles
from db.tables.titles import Title
from db.titles import TitleNotFound
from embeddings.embedder import Embedder
from index.query import Filter, Hit, Query, VectorMissing
from recommend import queries, reasons
from runtime.catalogue_view import CatalogueView
from search import pipeline
from search.fusion import FusedHit
from search.language.query_expansion import bundled_expander
from search.parsing.parsed_query import Chip
from search.pipeline import AnalyzedQuery
from services import title_cards
from services.title_cards import TitleCard
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

DEGRADED_EMBEDDER = "embedder"


def analyze(
    catalogue: CatalogueView,
    embedder: Embedder | None,
    text: str,
    *,
    ignored: frozenset[str] = frozenset(),
) -> AnalyzedQuery:
    """Return a text taken apart and embedded, as far as somebody can."""
    embed = partial(embedder.embed, role="query") if embedder else None
    return catalogue.result_cache.get_or_compute(
        ("ask", text, ignored, embed is None),
        lambda: pipeline.analyze(
            catalogue, bundled_expander(), embed, text, ignored_chip_keys=ignored
        ),
    )


def search(
    catalogue: CatalogueView,
    metrics: Metrics,
    *,
    query: AnalyzedQuery,
    filter: Filter,
    region: Region,
    limit: int,
    offset: int,
    has_embedder: bool = True,
    explain: bool = False,
    taste: Vector | None = None,
) -> SearchResponse:
    """Return what a text finds; without a text, what is best known and meets the filter.

    A text that nobody could embed finds titles by their names and words. A taste of unit length is
    a term of the score; answers for nobody in particular are remembered.
    """
    if not query.text.strip():
        return _browse(catalogue, filter, region, limit=limit, offset=offset)
    place, k = regions.known_region(region), limit + offset
    if taste is None:
        answer = catalogue.result_cache.get_or_compute(
            ("find", query.text, query.ignored_chip_keys, query.vector is None, filter, place, k),
            lambda: pipeline.retrieve(catalogue, query, filter, place, k=k),
        )
    else:
        answer = pipeline.retrieve(catalogue, query, filter, place, k=k, taste=taste)
    degraded = [] if has_embedder else [DEGRADED_EMBEDDER]
    for cause in degraded:
        metrics.degraded.labels(cause).inc()
    meant = catalogue.titles.get(answer.did_you_mean or 0)
    return SearchResponse(
        items=list(_search_cards(catalogue, answer.hits[offset:])),
        total=None,
        limit=limit,
        offset=offset,
        degraded=degraded,
        chips=[_chip_response(chip) for chip in answer.chips],
        relaxed=[_chip_response(chip) for chip in answer.relaxed_chips],
        did_you_mean=DidYouMeanResponse(id=meant.id, title=meant.title, year=meant.year)
        if meant
        else None,
        nearest=answer.nearest,
        readings=_readings(query) if explain else None,
    )


def trending(
    catalogue: CatalogueView, *, filter: Filter, region: Region, limit: int, offset: int
) -> ListResponse[TitleCard]:
    """Return what is trending in a region."""
    query = queries.trending(regions.known_region(region), filter, k=limit + offset)
    found = catalogue.index.search(query)[offset:]
    items = list(title_cards.title_cards(catalogue, found, title_cards.boost_reasons(region)))
    return ListResponse[TitleCard](items=items, total=None, limit=limit, offset=offset)


def similar_titles(
    catalogue: CatalogueView, title_id: TitleId, *, filter: Filter, limit: int, offset: int
) -> ListResponse[TitleCard]:
    """Return the titles nearest to one; none while it waits for its vector."""
    query = similar_query(catalogue, title_id, filter=filter, k=limit + offset)
    found = catalogue.index.search(query)
    return similar_titles_from_hits(catalogue, title_id, found, limit=limit, offset=offset)


def similar_query(catalogue: CatalogueView, title_id: TitleId, *, filter: Filter, k: int) -> Query:
    """Return what to ask for the titles nearest to one."""
    if title_id not in catalogue.titles:
        raise TitleNotFound(title_id)
    try:
        vector = catalogue.index.vectors([title_id], Space.CONTENT)[0]
    except VectorMissing:
        return Query(k=0)
    return queries.similar_to(title_id, vector, filter, k=k)


def similar_titles_from_hits(
    catalogue: CatalogueView, title_id: TitleId, similar_hits: list[Hit], *, limit: int, offset: int
) -> ListResponse[TitleCard]:
    """Return the found as the titles nearest to one."""
    listing = catalogue.titles.get(title_id)
    if listing is None:  # it went while we searched
        raise TitleNotFound(title_id)
    reason = reasons.similarity_reason(title_id, listing.title)
    items = list(title_cards.title_cards(catalogue, similar_hits[offset:], lambda _: reason))
    return ListResponse[TitleCard](items=items, total=None, limit=limit, offset=offset)


def title_details(session: Session, title_id: TitleId) -> TitleDetailsResponse:
    """Return everything known of a title."""
    title = titles.get(session, title_id)
    if title is None:
        raise TitleNotFound(title_id)
    return to_details_response(title)


def to_details_response(title: Title) -> TitleDetailsResponse:
    """Return a title, its lists loaded, as the contract shows it."""
    return TitleDetailsResponse.model_validate(
        {
            **title.model_dump(),
            "languages": [each.language for each in title.languages],
            "names": sorted(title.names, key=lambda each: each.position),
            "genres": [each.genre for each in sorted(title.genres, key=lambda each: each.position)],
            "keywords": [each.keyword for each in title.keywords],
            "countries": [each.country for each in title.countries],
            "warnings": [each.warning for each in title.warnings],
            "synopses": title.synopses,
            "credits": [
                {"name": each.person.name, "job": each.job, "character": each.character}
                for each in sorted(title.credits, key=lambda each: each.position)
            ],
            "ratings": [each for each in title.ratings if each.score is not None],
            "external_ids": {each.source: each.value for each in title.external_ids},
            "images": title.images,
            "videos": title.videos,
            "availability": title.availability,
        }
    )


def _browse(
    catalogue: CatalogueView, filter: Filter, region: Region, *, limit: int, offset: int
) -> SearchResponse:
    query = queries.best_known(regions.known_region(region), filter, k=limit + offset)
    found = catalogue.index.search(query)[offset:]
    items = list(title_cards.title_cards(catalogue, found, title_cards.boost_reasons(region)))
    return SearchResponse(items=items, total=None, limit=limit, offset=offset)


def _search_cards(catalogue: CatalogueView, found: Iterable[FusedHit]) -> Iterable[TitleCard]:
    for each in found:
        listing = catalogue.titles.get(each.hit.title_id)
        if listing is not None:
            reason = reasons.search_reason(each.hit, name_score=each.evidence.name)
            terms = replace(
                title_cards.score_terms(each.hit),
                name=each.evidence.name,
                words=each.evidence.words,
                preference=each.evidence.preference,
                personal=each.evidence.personal,
            )
            yield title_cards.title_card(listing, score=each.score, terms=terms, reason=reason)


def _readings(query: AnalyzedQuery) -> list[QueryReadingResponse]:
    return [
        QueryReadingResponse(text=text, weight=weight) for text, weight in query.expansion.readings
    ]


def _chip_response(chip: Chip) -> ChipResponse:
    return ChipResponse(key=chip.key, label=chip.label, text=chip.text, hard=chip.hard)
