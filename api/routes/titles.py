"""One title: what is known of it, and what is like it."""

from fastapi import APIRouter, Response

from api.auth.viewer_context import ViewerSettingsDep
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import FilterDep, PaginationDep, TitleIdParam
from api.schemas.problems import Problem
from api.schemas.responses import ListResponse, json_response
from api.schemas.titles import TitleDetailsResponse
from api.state import CatalogueViewDep, SearchBatcherDep, SessionDep
from services import search
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
    """Return everything known of a title."""
    return search.title_details(session, id)


@router.get("/{id}/similar", operation_id="content_similar", response_model=ListResponse[TitleCard])
async def list_similar_titles(
    id: TitleIdParam,
    catalogue: CatalogueViewDep,
    filter: FilterDep,
    pagination: PaginationDep,
    search_batcher: SearchBatcherDep,
    viewer: ViewerSettingsDep,
) -> Response:
    """Return the titles most like one, that meet the filter."""
    query = search.similar_query(
        catalogue, id, filter=viewer.age_limit.restrict(filter), k=pagination.end
    )
    return await search_batcher.search(
        query,
        lambda hits: json_response(
            search.similar_titles_from_hits(
                catalogue, id, hits, limit=pagination.limit, offset=pagination.offset
            )
        ),
    )
