"""The search box."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Response

from api.auth.viewer_context import LensDep
from api.cpu_limiter import CoresDep
from api.params import FilterDep, LiveDep, MetricsDep, PageDep, ResourcesDep
from api.region_detection import RegionDep
from api.schemas.titles import SearchAnswer, personal, rendered
from api.search_logging import AskingDep
from services import search as search_service

LONGEST = 500  # characters; a plot in a breath

router = APIRouter(prefix="/api/search", tags=["search"])


@router.get("", operation_id="search", response_model=SearchAnswer)
async def search(
    live: LiveDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    wanted: FilterDep,
    page: PageDep,
    region: RegionDep,
    cores: CoresDep,
    asking: AskingDep,
    lens: LensDep,
    q: Annotated[
        str,
        Query(
            description="a plot, a mood or a name, in any script",
            examples=["man reborn as a housefly", "ఈగ"],
            max_length=LONGEST,
        ),
    ] = "",
    ignore: Annotated[
        list[Annotated[str, Query(max_length=100)]],
        Query(max_length=20, description="keys of chips that shall not be understood"),
    ] = [],  # noqa: B006  # FastAPI copies it
    explain: Annotated[bool, Query(description="tell how the text was read")] = False,
) -> Response:
    """Find titles by plot, mood or name; without a text, browse what meets the filter."""
    # Not within `cores`: those who wait for the model share its passes.
    asked = await to_thread.run_sync(
        lambda: search_service.ask(live, resources.embedder, q, ignored=frozenset(ignore))
    )

    def answered() -> Response:
        answer = search_service.search(
            live,
            metrics,
            asked=asked,
            wanted=lens.age_limit.restrict(wanted),
            region=region,
            limit=page.limit,
            offset=page.offset,
            embedded=resources.embedder is not None,
            explained=explain,
            taste=lens.taste_direction,
        )
        told = rendered if lens.is_default else personal
        return told(asking.noted(q, region, answer))

    return await cores.run(answered)
