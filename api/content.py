"""One title: what is known of it, and what is like it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api import answers
from api.abreast import AbreastDep
from api.dependencies import FilterDep, LiveDep, PageDep, SessionDep
from api.person import AdmitsDep
from api.schemas import Details, HitShown, Listed, Problem, rendered

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
    return answers.details(reading, id)


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
    query = answers.similar_query(live, id, wanted=admits.narrowed(wanted), k=page.end)
    return await abreast.search(
        query,
        lambda hits: rendered(
            answers.similar_of(live, id, hits, limit=page.limit, offset=page.offset)
        ),
    )
