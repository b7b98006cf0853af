"""One title: what is known of it, and what is like it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.auth.viewer_context import AgeLimitsDep
from api.params import CatalogueViewDep, FilterDep, PaginationDep, SessionDep
from api.schemas.titles import ListResponse, Problem, TitleCard, TitleDetailsResponse, json_response
from api.search_batcher import SearchBatcherDep
from services import search
from vocabulary.ids import MAX_TITLE_ID

router = APIRouter(
    prefix="/api/content",
    tags=["content"],
    responses={404: {"model": Problem, "description": "There is no such title."}},
)

DATABASE_UNAVAILABLE_RESPONSES: dict[int | str, dict[str, Any]] = {
    503: {"model": Problem, "description": "The database does not answer; try again."}
}

TitleIdParam = Annotated[int, Path(ge=1, le=MAX_TITLE_ID, examples=[7])]


@router.get(
    "/{id}/details", operation_id="content_details", responses=DATABASE_UNAVAILABLE_RESPONSES
)
def get_title_details(
    id: TitleIdParam, session: SessionDep
) -> TitleDetailsResponse:  # the contract's name
    """Return everything known of a title."""
    return search.title_details(session, id)


@router.get("/{id}/similar", operation_id="content_similar", response_model=ListResponse[TitleCard])
async def list_similar_titles(
    id: TitleIdParam,  # the contract's name
    catalogue: CatalogueViewDep,
    filter: FilterDep,
    pagination: PaginationDep,
    search_batcher: SearchBatcherDep,
    age_limits: AgeLimitsDep,
) -> Response:
    """Return the titles most like one, that meet the filter."""
    query = search.similar_query(
        catalogue, id, filter=age_limits.restrict(filter), k=pagination.end
    )
    return await search_batcher.search(
        query,
        lambda hits: json_response(
            search.similar_titles_from_hits(
                catalogue, id, hits, limit=pagination.limit, offset=pagination.offset
            )
        ),
    )
