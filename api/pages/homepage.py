"""The homepage."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Response

from api.auth.viewer_context import ViewerContextDep, reason_language
from api.pages.layout import page_router, render_page
from api.pages.region import PageRegionDep
from api.region_detection import REGION_COOKIE
from api.search_logging import SearchLoggerDep
from api.state import CatalogueViewDep, CpuLimiterDep
from catalog import regions
from index.query import Filter
from services.feed import FeedRequest
from services.homepage import MAX_ROW_TITLES, Homepage, build_homepage

REGION_COOKIE_MAX_AGE_S = 365 * 86_400

router = page_router()


async def load_homepage(
    request: Request,
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    region: PageRegionDep,
    cpu_limiter: CpuLimiterDep,
    search_logger: SearchLoggerDep,
    language: str = "",
) -> Homepage:
    """Return the rows of the homepage."""
    search_logger.with_visitor()
    feed_request = FeedRequest(
        region=region,
        filter=Filter(),
        limit=MAX_ROW_TITLES,
        now=datetime.now(UTC),
        reason_language=reason_language(request, None, viewer),
    )
    return await cpu_limiter.run(
        lambda: build_homepage(
            catalogue,
            region=region,
            language=language or None,
            viewer=viewer,
            feed_request=feed_request,
        )
    )


@router.get("/")
async def show_homepage(
    request: Request,
    homepage: Annotated[Homepage, Depends(load_homepage)],
    region: str = "",
    language: str = "",
) -> Response:
    """Return the homepage; a chosen region is remembered in a cookie."""
    context = {"homepage": homepage, "region": homepage.region, "language": language}
    response = render_page(request, "homepage.html", context)
    if region and (chosen := regions.canonical_region(region)):
        response.set_cookie(
            REGION_COOKIE, chosen, max_age=REGION_COOKIE_MAX_AGE_S, httponly=True, samesite="lax"
        )
    return response
