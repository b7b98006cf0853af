"""Lists that nobody asked a question for."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import answers
from api.dependencies import FilterDep, LiveDep, PageDep
from api.regions import RegionDep
from api.schemas import HitShown, Homepage, Listed, rendered
from catalog import languages

router = APIRouter(prefix="/api", tags=["recommendations"])


@router.get("/trending", operation_id="trending", response_model=Listed[HitShown])
def trending(live: LiveDep, wanted: FilterDep, page: PageDep, region: RegionDep) -> Response:
    """Return what is trending in a region."""
    found = answers.trending(
        live, wanted=wanted, region=region, limit=page.limit, offset=page.offset
    )
    return rendered(found)


@router.get("/recommendations/homepage", operation_id="homepage", response_model=Homepage)
def homepage(
    live: LiveDep,
    region: RegionDep,
    language: Annotated[str | None, Query(max_length=10, examples=["te"])] = None,
) -> Response:
    """Return the rows of the homepage; no title stands in two of them."""
    code = languages.code(language) if language else None
    return rendered(answers.homepage(live, region=region, language=code))
