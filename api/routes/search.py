"""The search box."""

from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request, Response

from api.auth.viewer_context import PersonalizationDep
from api.params import MAX_QUERY_CHARACTERS, FilterDep, PaginationDep
from api.region_detection import RegionParam, resolve_region
from api.schemas.responses import json_response, private_json_response
from api.schemas.search import SearchResponse
from api.search_logging import SearchLoggerDep
from api.state import CatalogueViewDep, CpuLimiterDep, MetricsDep, ResourcesDep
from services import search as search_service

MAX_ANALYSIS_THREADS = 40  # of their own, as requests that wait for PostgreSQL can take all others

_analysis_threads = CapacityLimiter(MAX_ANALYSIS_THREADS)
router = APIRouter(prefix="/api/search", tags=["search"])


@router.get("", operation_id="search", response_model=SearchResponse)
async def search_titles(
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    filter: FilterDep,
    pagination: PaginationDep,
    region: RegionParam,
    request: Request,
    cpu_limiter: CpuLimiterDep,
    search_logger: SearchLoggerDep,
    personalization: PersonalizationDep,
    q: Annotated[
        str,
        Query(
            description="a plot, a mood or a name, in any script",
            examples=["man reborn as a housefly", "ఈగ"],
            max_length=MAX_QUERY_CHARACTERS,
        ),
    ] = "",
    ignore: Annotated[
        list[Annotated[str, Query(max_length=100)]],
        Query(max_length=20, description="keys of chips that shall not be understood"),
    ] = [],  # noqa: B006  # FastAPI copies it
    explain: Annotated[bool, Query(description="tell how the text was read")] = False,
) -> Response:
    """Find titles by plot, mood or name; without a text, browse what meets the filter."""
    place = await resolve_region(request, region, personalization.region)
    # Outside the CPU limit: texts that wait for the model share its passes.
    asked = await to_thread.run_sync(
        lambda: search_service.analyze(catalogue, resources.embedder, q, ignored=frozenset(ignore)),
        limiter=_analysis_threads,
    )

    def answered() -> Response:
        answer = search_service.search(
            catalogue,
            metrics,
            query=asked,
            filter=personalization.age_limit.restrict(filter),
            region=place,
            limit=pagination.limit,
            offset=pagination.offset,
            has_embedder=resources.embedder is not None,
            explain=explain,
            taste=personalization.taste_direction,
        )
        told = json_response if personalization.is_default else private_json_response
        return told(search_logger.log_search(q, place, answer))

    return await cpu_limiter.run(answered)
