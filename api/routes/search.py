"""Search."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth.viewer_context import PersonalizationDep, reason_language
from api.params import MAX_QUERY_CHARACTERS, FilterDep, PaginationDep
from api.region_detection import RegionParam, resolve_region
from api.schemas.responses import json_response, private_json_response
from api.schemas.search import SearchResponse
from api.search_logging import SearchLoggerDep
from api.search_results import analyze_text, run_search
from api.state import AppStateDep
from services.search import SearchRequest

router = APIRouter(prefix="/api/search", tags=["search"])


@router.get("", operation_id="search", response_model=SearchResponse)
async def search_titles(
    request: Request,
    state: AppStateDep,
    filter: FilterDep,
    pagination: PaginationDep,
    region: RegionParam,
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
        Query(max_length=20, description="keys of chips to ignore"),
    ] = [],  # noqa: B006  # FastAPI copies it
    explain: Annotated[bool, Query(description="return the readings of the text")] = False,
) -> Response:
    """Find titles by plot, mood or name; without a text, the best known that pass the filter."""
    search_request = SearchRequest(
        filter=personalization.age_limit.restrict(filter),
        region=await resolve_region(request, region, personalization.region),
        limit=pagination.limit,
        offset=pagination.offset,
        taste=personalization.taste_direction,
        reason_language=reason_language(request, None, personalization),
    )
    query = await analyze_text(state, q, frozenset(ignore))

    def respond() -> Response:
        response = run_search(state, query, search_request, explain=explain)
        to_json = json_response if personalization.is_default else private_json_response
        return to_json(search_logger.log_search(q, search_request.region, response))

    return await state.cpu_limiter.run(respond)
