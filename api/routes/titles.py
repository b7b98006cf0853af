"""One title: what is known of it, and what is like it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.auth.viewer_context import AdmitsDep
from api.params import FilterDep, LiveDep, PageDep, SessionDep
from api.schemas.titles import Details, HitShown, Listed, Problem, rendered
from api.search_batcher import AbreastDep
from services import search

LARGEST_ID = 2**31 - 1  # PostgreSQL's integer

router = APIRouter(
    prefix="/api/content",
    tags=["content"],
    responses={404: {"model": Problem, "description": "There is no such title."}},
)

NEEDS_DATABASE: dict[int | str, dict[str, Any]] = {
    503: {"model": Problem, "description": "The database does not answer; try again."}
}

TitleIdPath = Annotated[int, Path(ge=1, le=LARGEST_ID, examples=[7])]


@router.get("/{id}/details", operation_id="content_details", responses=NEEDS_DATABASE)
def details(id: TitleIdPath, reading: SessionDep) -> Details:  # noqa: A002  # the contract's name
    """Return everything known of a title."""
    return search.details(reading, id)


@router.get("/{id}/similar", operation_id="content_similar", response_model=Listed[HitShown])
async def similar(
    id: TitleIdPath,  # noqa: A002  # the contract's name
    live: LiveDep,
    wanted: FilterDep,
    page: PageDep,
    abreast: AbreastDep,
    admits: AdmitsDep,
) -> Response:
    """Return the titles most like one, that meet the filter."""
    query = search.similar_query(live, id, wanted=admits.restrict(wanted), k=page.end)
    return await abreast.search(
        query,
        lambda hits: rendered(
            search.similar_of(live, id, hits, limit=page.limit, offset=page.offset)
        ),
    )
