"""Lists that nobody asked a question for."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth.identity import LenientIdentityDep
from api.auth.viewer_context import (
    DEGRADED_TASTE,
    ViewerContextDep,
    ViewerSettingsDep,
    reason_language,
)
from api.mood_param import MoodDep
from api.params import MAX_PAGE_SIZE, ExcludeParam, FilterDep, PaginationDep, ReasonLanguageParam
from api.region_detection import RegionDep, RegionParam, resolve_region
from api.schemas.feed import FeedResponse
from api.schemas.homepage import HomepageResponse
from api.schemas.responses import ListResponse, json_response, private_json_response
from api.state import CatalogueViewDep, CpuLimiterDep, FeedMetricsDep
from catalog import languages
from index.query import Filter
from services import feed, search
from services import homepage as homepage_service
from services.feed import FeedRequest
from services.title_cards import TitleCard
from vocabulary.kinds import Role

router = APIRouter(prefix="/api", tags=["recommendations"])


class Device(StrEnum):
    """What a feed is shown on."""

    PHONE = "phone"
    TABLET = "tablet"
    DESKTOP = "desktop"
    TV = "tv"


FEED_LENGTHS = {Device.PHONE: 12, Device.TABLET: 20, Device.DESKTOP: 24, Device.TV: 30}
"""Titles of a feed whose client does not say: what is looked through on such a screen."""
DEFAULT_FEED_LENGTH = 20


@router.get("/trending", operation_id="trending", response_model=ListResponse[TitleCard])
async def list_trending(
    catalogue: CatalogueViewDep,
    filter: FilterDep,
    pagination: PaginationDep,
    region: RegionDep,
    cpu_limiter: CpuLimiterDep,
    viewer: ViewerSettingsDep,
) -> Response:
    """Return what is trending in a region."""
    admitted = viewer.age_limit.restrict(filter)
    respond = json_response if viewer.is_default else private_json_response
    return await cpu_limiter.run(
        lambda: respond(
            search.trending(
                catalogue,
                filter=admitted,
                region=region,
                limit=pagination.limit,
                offset=pagination.offset,
            )
        )
    )


@router.get("/recommendations/homepage", operation_id="homepage", response_model=HomepageResponse)
async def get_homepage(
    catalogue: CatalogueViewDep,
    cpu_limiter: CpuLimiterDep,
    viewer: ViewerContextDep,
    request: Request,
    region: RegionParam,
    language: Annotated[str | None, Query(max_length=10, examples=["te"])] = None,
    lang: ReasonLanguageParam = None,
) -> Response:
    """Return the rows of the homepage; no title stands in two of them.

    Somebody who did something finds his own rows first: what fits him, what he is in the middle
    of, what is like titles that he liked; and nothing that he knows. Who says where he is need
    not say it again.
    """
    code = languages.normalise_code(language) if language else None
    place = await resolve_region(request, region, viewer.region)
    wish = FeedRequest(
        region=place,
        filter=Filter(),
        limit=homepage_service.MAX_ROW_TITLES,
        now=datetime.now(UTC),
        reason_language=reason_language(request, lang, viewer),
    )
    shown = json_response if viewer.is_new and viewer.region is None else private_json_response
    return await cpu_limiter.run(
        lambda: shown(
            homepage_service.build_homepage(
                catalogue, region=place, language=code, viewer=viewer, feed_request=wish
            )
        )
    )


@router.get(
    "/recommendations/personalized",
    operation_id="personal_feed",
    response_model=FeedResponse,
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
    device: Annotated[Device | None, Query(description="settles the length, if no limit")] = None,
    lang: ReasonLanguageParam = None,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies it
    explain: Annotated[
        bool, Query(description="also how the list is in itself, for administrators")
    ] = False,
) -> Response:
    """Return the feed of whoever asks, as what he did a moment ago has made it.

    Half of it is close to his taste, three in ten stretch it, two in ten are what everybody
    watches; nothing that he saw, judged or dismissed comes back.
    """
    wish = FeedRequest(
        region=await resolve_region(request, region, viewer.region),
        filter=feed.exclude_titles(filter, exclude),
        limit=limit or FEED_LENGTHS.get(device or Device.TABLET, DEFAULT_FEED_LENGTH),
        now=datetime.now(UTC),
        reason_language=reason_language(request, lang, viewer),
        mood=mood,
    )
    measured = explain and identity is not None and identity.role is Role.ADMIN
    degraded = [DEGRADED_TASTE] if identity is not None and viewer.id is None else []

    def answered() -> Response:
        served = feed.build_feed(catalogue, viewer, wish)
        measures = feed_metrics.observe(viewer.id, served)
        answer = feed.to_response(catalogue, served, wish)
        told = {
            "degraded": degraded,
            "measures": feed_metrics.summarize(measures) if measured else None,
        }
        return private_json_response(answer.model_copy(update=told))

    return await cpu_limiter.run(answered)
