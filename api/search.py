"""The search box."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Response

from api import answers
from api.asked import AskingDep
from api.cores import CoresDep
from api.dependencies import FilterDep, LiveDep, MetricsDep, PageDep, ResourcesDep
from api.regions import RegionDep
from api.schemas import SearchAnswer, rendered

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
    # Not within `cores`: those who wait for the model share its passes.
    vector = await to_thread.run_sync(answers.meaning, resources.embedder, q)
    return await cores.run(
        lambda: rendered(
            asking.noted(
                q,
                region,
                answers.search(
                    live,
                    metrics,
                    text=q,
                    vector=vector,
                    wanted=wanted,
                    region=region,
                    limit=page.limit,
                    offset=page.offset,
                ),
            )
        )
    )
