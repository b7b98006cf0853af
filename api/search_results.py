"""Running a search for the JSON route and the results page alike."""

from anyio import CapacityLimiter, to_thread

from api.schemas.search import SearchResponse
from api.state import AppState
from search.pipeline import AnalyzedQuery
from services.search import SearchRequest, analyze, search, search_cards

DEGRADED_EMBEDDER = "embedder"
MAX_ANALYSIS_THREADS = 40  # of their own, as requests that wait for PostgreSQL can take all others

_analysis_threads = CapacityLimiter(MAX_ANALYSIS_THREADS)


async def analyze_text(
    state: AppState, text: str, ignored_chip_keys: frozenset[str]
) -> AnalyzedQuery:
    """Parse and embed a text, outside the CPU limit: concurrent texts share the model's passes."""
    embedder = state.resources.embedder
    return await to_thread.run_sync(
        lambda: analyze(state.catalogue, embedder, text, ignored_chip_keys=ignored_chip_keys),
        limiter=_analysis_threads,
    )


def run_search(
    state: AppState, query: AnalyzedQuery, request: SearchRequest, *, explain: bool = False
) -> SearchResponse:
    """Return the results of a query; counts a text search without an embedder as degraded."""
    has_text = bool(query.text.strip())
    degraded = [DEGRADED_EMBEDDER] if has_text and state.resources.embedder is None else []
    for cause in degraded:
        state.metrics.degraded.labels(cause).inc()
    result = search(state.catalogue, query, request)
    return SearchResponse.from_result(
        result,
        request,
        cards=search_cards(state.catalogue, query, result, request),
        did_you_mean=state.catalogue.titles.get(result.did_you_mean or 0),
        degraded=degraded,
        explained_query=query if explain and has_text else None,
    )
