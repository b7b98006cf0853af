"""Search: the best titles for a text, or the best known ones that pass a filter."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from catalog import regions
from embeddings.embedder import Embedder
from index.query import Filter
from recommend import queries, reasons
from recommend.reasons import ENGLISH
from runtime.catalogue_view import CatalogueView
from search import pipeline
from search.fusion import FusedHit
from search.language.query_expansion import bundled_expander
from search.pipeline import AnalyzedQuery, SearchResult
from services import title_cards
from services.title_cards import TitleCard
from vocabulary.arrays import Vector
from vocabulary.ids import Region

ANALYSIS_CACHE_KEY, RESULT_CACHE_KEY = "analyze", "retrieve"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What to return for a query; taste, of unit length, is a term of the score."""

    filter: Filter
    region: Region
    limit: int
    offset: int = 0
    taste: Vector | None = None
    reason_language: str = ENGLISH

    @property
    def end(self) -> int:
        """The number of results up to the end of the page."""
        return self.offset + self.limit


def analyze(
    catalogue: CatalogueView,
    embedder: Embedder | None,
    text: str,
    *,
    ignored_chip_keys: frozenset[str] = frozenset(),
) -> AnalyzedQuery:
    """Return a text parsed and, with an embedder, embedded; results are cached."""
    embed = partial(embedder.embed, role="query") if embedder else None
    return catalogue.result_cache.get_or_compute(
        (ANALYSIS_CACHE_KEY, text, ignored_chip_keys, embed is None),
        lambda: pipeline.analyze(
            catalogue, bundled_expander(), embed, text, ignored_chip_keys=ignored_chip_keys
        ),
    )


def search(catalogue: CatalogueView, query: AnalyzedQuery, request: SearchRequest) -> SearchResult:
    """Return a page of results; without a text, the best known titles that pass the filter.

    A text without an embedding finds titles by names and words. Results without taste are cached.
    """
    if not query.text.strip():
        return _browse(catalogue, request)
    retrieve = partial(
        pipeline.retrieve,
        catalogue,
        query,
        request.filter,
        regions.known_region(request.region),
        k=request.end,
    )
    if request.taste is not None:
        result = retrieve(taste=request.taste)
    else:
        result = catalogue.result_cache.get_or_compute(_cache_key(query, request), retrieve)
    return replace(result, hits=result.hits[request.offset :])


def search_cards(
    catalogue: CatalogueView, query: AnalyzedQuery, result: SearchResult, request: SearchRequest
) -> list[TitleCard]:
    """Return the hits of a search as cards, without titles that were removed meanwhile."""
    if not query.text.strip():
        reason = title_cards.boost_reasons(request.region, request.reason_language)
        hits = (each.hit for each in result.hits)
        return list(title_cards.title_cards(catalogue, hits, reason))
    return list(_ranked_cards(catalogue, result, request.reason_language))


def _browse(catalogue: CatalogueView, request: SearchRequest) -> SearchResult:
    query = queries.best_known(regions.known_region(request.region), request.filter, k=request.end)
    hits = catalogue.index.search(query)[request.offset :]
    return SearchResult(list(map(FusedHit, hits)))


def _cache_key(query: AnalyzedQuery, request: SearchRequest) -> tuple[object, ...]:
    return (
        RESULT_CACHE_KEY,
        query.text,
        query.ignored_chip_keys,
        query.vector is None,
        request.filter,
        regions.known_region(request.region),
        request.end,
    )


def _ranked_cards(
    catalogue: CatalogueView, result: SearchResult, reason_language: str
) -> Iterator[TitleCard]:
    for each in result.hits:
        summary = catalogue.titles.get(each.hit.title_id)
        if summary is None:
            continue
        evidence = each.evidence
        terms = replace(
            title_cards.score_terms(each.hit),
            name=evidence.name,
            words=evidence.words,
            preference=evidence.preference,
            personal=evidence.personal,
        )
        reason = reasons.search_reason(each.hit, name_score=evidence.name, language=reason_language)
        yield title_cards.title_card(summary, score=each.score, terms=terms, reason=reason)
