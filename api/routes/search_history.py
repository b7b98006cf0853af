"""A viewer's search history, and the titles they opened from searches."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import APIRouter, Request

from api.auth.consent import ViewerIdentityDep, declines_storage
from api.auth.identity import IdentityDep
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES, TITLE_NOT_FOUND_RESPONSES
from api.params import PaginationDep
from api.schemas.responses import ListResponse
from api.schemas.search_history import ClickRequest, PastSearchResponse
from api.search_logging import query_key, storable_text
from api.state import CatalogueViewDep, SearchLogDep, SessionDep
from db import searches
from db.searches import ClickLogEntry
from db.titles import TitleNotFound

router = APIRouter(prefix="/api/search", tags=["search history"])


@router.post(
    "/clicks", status_code=202, operation_id="search_click", responses=TITLE_NOT_FOUND_RESPONSES
)
async def record_click(
    click: ClickRequest,
    request: Request,
    catalogue: CatalogueViewDep,
    identity: IdentityDep,
    search_log: SearchLogDep,
) -> None:
    """Log that a title was opened from a search; without such a search nothing is logged."""
    if click.content_id not in catalogue.titles:
        raise TitleNotFound(click.content_id)
    if declines_storage(request, identity):
        return
    search_log.add(
        ClickLogEntry(
            id=click.id or uuid4(),
            visitor_id=identity.id if identity else None,
            search_id=click.search_id,
            folded=query_key(storable_text(click.q or "")),
            title_id=click.content_id,
            position=click.position,
            at=datetime.now(UTC),
        )
    )


@router.get("/history", operation_id="search_history", responses=DATABASE_UNAVAILABLE_RESPONSES)
def list_search_history(
    identity: ViewerIdentityDep,
    pagination: PaginationDep,
    session: SessionDep,
    search_log: SearchLogDep,
) -> ListResponse[PastSearchResponse]:
    """Return what this viewer searched for, the latest first, each text once."""
    items, total = list[PastSearchResponse](), 0
    if identity is not None:
        search_log.flush()
        rows = searches.history(
            session, identity.id, limit=pagination.limit, offset=pagination.offset
        )
        items = [PastSearchResponse.model_validate(row) for row in rows]
        total = searches.count(session, identity.id)
    return ListResponse[PastSearchResponse](
        items=items, total=total, limit=pagination.limit, offset=pagination.offset
    )


@router.delete(
    "/history",
    status_code=204,
    operation_id="forget_searches",
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)
def delete_search_history(
    identity: IdentityDep, session: SessionDep, search_log: SearchLogDep
) -> None:
    """Delete this viewer's searches and what they opened from them."""
    if identity is not None:
        search_log.flush()  # otherwise searches still in memory would be written afterwards
        searches.delete_history(session, identity.id)
        session.commit()


@router.delete(
    "/history/{id}",
    status_code=204,
    operation_id="forget_search",
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)
def delete_past_search(
    id: UUID, identity: IdentityDep, session: SessionDep, search_log: SearchLogDep
) -> None:
    """Delete every search of this viewer for one text; an unknown id is no error."""
    if identity is not None:
        search_log.flush()
        searches.delete_past_search(session, identity.id, id)
        session.commit()
