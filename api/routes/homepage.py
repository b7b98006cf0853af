"""The rows of the homepage."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth.viewer_context import ViewerContextDep, reason_language
from api.params import ReasonLanguageParam
from api.region_detection import RegionParam, resolve_region
from api.schemas.homepage import HomepageResponse
from api.schemas.responses import json_response, private_json_response
from api.state import CatalogueViewDep, CpuLimiterDep
from catalog import languages
from index.query import Filter
from services.feed import FeedRequest
from services.homepage import MAX_ROW_TITLES, build_homepage

router = APIRouter(prefix="/api", tags=["recommendations"])


@router.get("/recommendations/homepage", operation_id="homepage", response_model=HomepageResponse)
async def get_homepage(
    request: Request,
    catalogue: CatalogueViewDep,
    cpu_limiter: CpuLimiterDep,
    viewer: ViewerContextDep,
    region: RegionParam,
    language: Annotated[str | None, Query(max_length=10, examples=["te"])] = None,
    lang: ReasonLanguageParam = None,
) -> Response:
    """Return the rows of the homepage; no title is in two of them.

    A known viewer's own rows come first: for you, continue watching, watchlist, similar to liked
    titles. The region defaults to that of the profile.
    """
    resolved_region = await resolve_region(request, region, viewer.region)
    code = languages.normalise_code(language) if language else None
    feed_request = FeedRequest(
        region=resolved_region,
        filter=Filter(),
        limit=MAX_ROW_TITLES,
        now=datetime.now(UTC),
        reason_language=reason_language(request, lang, viewer),
    )
    is_personal = not viewer.is_new or viewer.region is not None

    def respond() -> Response:
        homepage = build_homepage(
            catalogue,
            region=resolved_region,
            language=code,
            viewer=viewer,
            feed_request=feed_request,
        )
        response = HomepageResponse.model_validate(homepage)
        return private_json_response(response) if is_personal else json_response(response)

    return await cpu_limiter.run(respond)
