"""What routes and pages answer with: rankings over what is live, in the form of the contract."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from api.metrics import Metrics
from api.schemas.search import (
    ChipResponse,
    DidYouMeanResponse,
    QueryReadingResponse,
    SearchResponse,
)
from catalog import regions
from embeddings.embedder import Embedder
from index.query import Filter
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
from vocabulary.ids import Region

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
