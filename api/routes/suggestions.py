"""Suggestions while typing."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.params import MAX_QUERY_CHARACTERS, TextListParam
from api.region_detection import RegionDep
from api.schemas.responses import ListResponse, json_response
from api.state import AppStateDep
from services.suggestions import SuggestionCard, suggest

MAX_SUGGESTIONS = 20  # more would be a page of results
DEFAULT_SUGGESTIONS = 8  # fit on a phone above its keyboard
MAX_POPULAR_QUERIES = 50  # of a region

router = APIRouter(prefix="/api/search", tags=["search"])


@router.get("/suggest", operation_id="search_suggest", response_model=ListResponse[SuggestionCard])
async def list_suggestions(
    state: AppStateDep,
    region: RegionDep,
    q: Annotated[
        str,
        Query(
            description="the text typed so far, in any script",
            examples=["baahu", "బాహు"],
            max_length=MAX_QUERY_CHARACTERS,
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_SUGGESTIONS)] = DEFAULT_SUGGESTIONS,
    language: Annotated[
        TextListParam, Query(description="ISO 639-1, preferred among suggestions that fit alike")
    ] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Suggest titles, people, genres, languages and queries for the typed text."""
    popular_queries = state.popular_searches.in_region(region)[:MAX_POPULAR_QUERIES]

    def respond() -> Response:
        cards = suggest(
            state.catalogue,
            q,
            region=region,
            preferred_languages=language,
            popular_queries=popular_queries,
            limit=limit,
        )
        return json_response(
            ListResponse[SuggestionCard](items=cards, total=None, limit=limit, offset=0)
        )

    return await state.cpu_limiter.run(respond)
