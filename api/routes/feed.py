"""The personal feed."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth.identity import LenientIdentityDep
from api.auth.viewer_context import DEGRADED_TASTE, ViewerContextDep, reason_language
from api.mood_param import MoodDep
from api.params import MAX_PAGE_SIZE, ExcludeParam, FilterDep, ReasonLanguageParam
from api.region_detection import RegionParam, resolve_region
from api.schemas.feed import FeedResponse
from api.schemas.responses import private_json_response
from api.state import CatalogueViewDep, CpuLimiterDep, FeedMetricsDep
from services import feed
from services.feed import FeedRequest
from vocabulary.kinds import Role

router = APIRouter(prefix="/api", tags=["recommendations"])


class Device(StrEnum):
    """The kind of screen that shows the feed."""

    PHONE = "phone"
    TABLET = "tablet"
    DESKTOP = "desktop"
    TV = "tv"


FEED_LENGTHS = {Device.PHONE: 12, Device.TABLET: 20, Device.DESKTOP: 24, Device.TV: 30}
"""Default number of titles: what people look through on such a screen."""


@router.get(
    "/recommendations/personalized", operation_id="personal_feed", response_model=FeedResponse
)
async def get_feed(
    request: Request,
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    filter: FilterDep,
    cpu_limiter: CpuLimiterDep,
    mood: MoodDep,
    feed_metrics: FeedMetricsDep,
    identity: LenientIdentityDep,
    region: RegionParam,
    limit: Annotated[int | None, Query(ge=1, le=MAX_PAGE_SIZE)] = None,
    device: Annotated[Device, Query(description="sets the default limit")] = Device.TABLET,
    lang: ReasonLanguageParam = None,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies it
    explain: Annotated[
        bool, Query(description="for administrators: also measures of the list itself")
    ] = False,
) -> Response:
    """Return the feed, which takes every interaction so far into account.

    Half of it is close to the viewer's taste, three tenths stretch it, and two tenths are popular
    titles; titles that the viewer watched, judged or dismissed do not come back.
    """
    feed_request = FeedRequest(
        region=await resolve_region(request, region, viewer.region),
        filter=feed.exclude_titles(filter, exclude),
        limit=limit or FEED_LENGTHS[device],
        now=datetime.now(UTC),
        reason_language=reason_language(request, lang, viewer),
        mood=mood,
    )
    shows_measures = explain and identity is not None and identity.role is Role.ADMIN
    degraded = [DEGRADED_TASTE] if identity is not None and viewer.id is None else []

    def respond() -> Response:
        result = feed.build_feed(catalogue, viewer, feed_request)
        measures = feed_metrics.observe(viewer.id, result)
        response = FeedResponse.from_result(
            result,
            feed_request,
            feed.feed_cards(catalogue, result, feed_request),
            degraded=degraded,
            measures=feed_metrics.with_totals(measures) if shows_measures else None,
        )
        return private_json_response(response)

    return await cpu_limiter.run(respond)
