"""What a visitor searched for and opened: told to him, and forgotten when he says so."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, model_validator

from api import search_logging
from api.auth.identity import IdentityDep, ViewerIdentityDep, declines_storage
from api.errors import TitleNotFound
from api.params import MAX_OFFSET, MAX_PAGE_SIZE, CatalogueViewDep, PaginationDep, ResourcesDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import ListResponse, Problem, ResponseModel
from db import searches
from db.engine import open_session
from db.searches import ClickLogEntry
from runtime.search_log import SearchLog
from vocabulary.ids import MAX_TITLE_ID

MAX_CLICK_POSITION = MAX_OFFSET + MAX_PAGE_SIZE

router = APIRouter(prefix="/api/search", tags=["search history"])


async def search_log(request: Request) -> SearchLog:
    """Return where the process's searches wait to be written."""
    found: SearchLog = request.app.state.search_log
    return found


SearchLogDep = Annotated[SearchLog, Depends(search_log)]


class PastSearchResponse(ResponseModel):
    """A text that was searched for, when last, and the titles opened from it then."""

    id: UUID
    text: str
    region: str
    results: int
    at: datetime
    opened: list[int]


class ClickRequest(BaseModel):
    """A title that was opened from a search."""

    search_id: UUID | None = Field(None, description="the answer's `X-Search-Id`, or")
    q: str | None = Field(None, description="the text, last asked by this visitor")
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    position: int = Field(ge=1, le=MAX_CLICK_POSITION, description="in the list, from 1")
    id: UUID | None = Field(None, description="the client's own: told twice, it counts once")

    @model_validator(mode="after")
    def _require_search(self) -> "ClickRequest":
        if self.search_id is None and self.q is None:
            raise ValueError("give `search_id` or `q`")
        return self


@router.post(
    "/clicks",
    status_code=202,
    operation_id="search_click",
    responses={404: {"model": Problem, "description": "There is no such title."}},
)
async def record_click(
    click: ClickRequest,
    request: Request,
    catalogue: CatalogueViewDep,
    identity: IdentityDep,
    log: SearchLogDep,
) -> None:
    """Note that a title was opened; without a search of that name or text, nothing is noted."""
    if click.content_id not in catalogue.titles:
        raise TitleNotFound(click.content_id)
    if declines_storage(request, identity):
        return
    log.add(
        ClickLogEntry(
            id=click.id or uuid4(),
            visitor_id=identity.id if identity else None,
            search_id=click.search_id,
            folded=search_logging.query_key(search_logging.storable_text(click.q or "")),
            title_id=click.content_id,
            position=click.position,
            at=datetime.now(UTC),
        )
    )


@router.get("/history", operation_id="search_history", responses=DATABASE_UNAVAILABLE_RESPONSES)
def list_search_history(
    identity: ViewerIdentityDep,
    pagination: PaginationDep,
    resources: ResourcesDep,
    log: SearchLogDep,
) -> ListResponse[PastSearchResponse]:
    """Return what this visitor searched for, the latest first, each text once."""
    past, total = [], 0
    if identity is not None:
        log.flush()
        with open_session(resources.engine) as reading:
            past = searches.history(
                reading, identity.id, limit=pagination.limit, offset=pagination.offset
            )
            total = searches.count(reading, identity.id)
    items = [PastSearchResponse.model_validate(each) for each in past]
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
    identity: IdentityDep, resources: ResourcesDep, log: SearchLogDep
) -> None:
    """Delete all that this visitor searched for and opened from there."""
    if identity is not None:
        log.flush()  # lest what still waits be written afterwards
        with open_session(resources.engine) as writing:
            searches.delete_history(writing, identity.id)
            writing.commit()


@router.delete(
    "/history/{id}",
    status_code=204,
    operation_id="forget_search",
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)
def delete_past_search(
    id: UUID,  # the contract's name
    identity: IdentityDep,
    resources: ResourcesDep,
    log: SearchLogDep,
) -> None:
    """Delete one text of this visitor's, however often asked; one that is not there is no error."""
    if identity is not None:
        log.flush()
        with open_session(resources.engine) as writing:
            searches.delete_past_search(writing, identity.id, id)
            writing.commit()
