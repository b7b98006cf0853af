"""Lists that nobody asked a question for."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import answers
from api.cores import CoresDep
from api.dependencies import FilterDep, LiveDep, PageDep
from api.regions import RegionDep
from api.schemas import HitShown, Homepage, Listed, rendered
from catalog import languages

router = APIRouter(prefix="/api", tags=["recommendations"])


@router.get("/trending", operation_id="trending", response_model=Listed[HitShown])
async def trending(
    live: LiveDep, wanted: FilterDep, page: PageDep, region: RegionDep, cores: CoresDep
) -> Response:
    """Return what is trending in a region."""
    return await cores.run(
        lambda: rendered(
            answers.trending(
                live, wanted=wanted, region=region, limit=page.limit, offset=page.offset
            )
        )
    )


@router.get("/recommendations/homepage", operation_id="homepage", response_model=Homepage)
async def homepage(
    live: LiveDep,
    region: RegionDep,
    cores: CoresDep,
    language: Annotated[str | None, Query(max_length=10, examples=["te"])] = None,
) -> Response:
    """Return the rows of the homepage; no title stands in two of them."""
    code = languages.code(language) if language else None
    return await cores.run(lambda: rendered(answers.homepage(live, region=region, language=code)))
