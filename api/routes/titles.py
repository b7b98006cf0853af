"""One title: its details, and similar titles."""

from fastapi import APIRouter, Response

from api.auth.viewer_context import ViewerSettingsDep
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import FilterDep, PaginationDep, TitleIdParam
from api.schemas.problems import Problem
from api.schemas.responses import ListResponse, json_response
from api.schemas.titles import TitleDetailsResponse
from api.state import CatalogueViewDep, SearchBatcherDep, SessionDep
from db import titles
from db.titles import TitleNotFound
from services.similar import similar_cards, similar_query
from services.title_cards import TitleCard

router = APIRouter(
    prefix="/api/content",
    tags=["content"],
    responses={404: {"model": Problem, "description": "There is no such title."}},
)


@router.get(
    "/{id}/details", operation_id="content_details", responses=DATABASE_UNAVAILABLE_RESPONSES
)
def get_title_details(id: TitleIdParam, session: SessionDep) -> TitleDetailsResponse:
    """Return everything known about a title."""
    title = titles.get(session, id)
    if title is None:
        raise TitleNotFound(id)
    return TitleDetailsResponse.from_title(title)


@router.get("/{id}/similar", operation_id="content_similar", response_model=ListResponse[TitleCard])
async def list_similar_titles(
    id: TitleIdParam,
    catalogue: CatalogueViewDep,
    filter: FilterDep,
    pagination: PaginationDep,
    search_batcher: SearchBatcherDep,
    viewer: ViewerSettingsDep,
) -> Response:
    """Return the most similar titles that pass the filter."""
    query = similar_query(catalogue, id, viewer.age_limit.restrict(filter), k=pagination.end)
    return await search_batcher.search(
        query,
        lambda hits: json_response(
            ListResponse[TitleCard](
                items=similar_cards(catalogue, id, hits[pagination.offset :]),
                total=None,
                limit=pagination.limit,
                offset=pagination.offset,
            )
        ),
    )
