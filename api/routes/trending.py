"""Trending titles of a region."""

from fastapi import APIRouter, Response

from api.auth.viewer_context import ViewerSettingsDep
from api.params import FilterDep, PaginationDep
from api.region_detection import RegionDep
from api.schemas.responses import ListResponse, json_response
from api.state import CatalogueViewDep, CpuLimiterDep
from services.title_cards import TitleCard
from services.trending import trending_titles

router = APIRouter(prefix="/api", tags=["recommendations"])


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
    limit, offset = pagination.limit, pagination.offset
    allowed = viewer.age_limit.restrict(filter)

    def respond() -> Response:
        items = trending_titles(catalogue, allowed, region, limit=limit, offset=offset)
        return json_response(
            ListResponse[TitleCard](items=items, total=None, limit=limit, offset=offset)
        )

    return await cpu_limiter.run(respond)
