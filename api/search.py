"""The search box."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import answers
from api.dependencies import FilterDep, LiveDep, MetricsDep, PageDep, ResourcesDep
from api.regions import RegionDep
from api.schemas import SearchAnswer, rendered

LONGEST = 500  # characters; a plot in a breath

router = APIRouter(prefix="/api/search", tags=["search"])


@router.get("", operation_id="search", response_model=SearchAnswer)
def search(
    live: LiveDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    wanted: FilterDep,
    page: PageDep,
    region: RegionDep,
    q: Annotated[
        str,
        Query(
            description="a plot, a mood or a name, in any script",
            examples=["man reborn as a housefly", "ఈగ"],
            max_length=LONGEST,
        ),
    ] = "",
) -> Response:
    """Find titles by plot, mood or name; without a text, browse what meets the filter."""
    found = answers.search(
        live,
        resources.embedder,
        metrics,
        text=q,
        wanted=wanted,
        region=region,
        limit=page.limit,
        offset=page.offset,
    )
    return rendered(found)
