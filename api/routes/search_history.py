"""What a visitor searched for and opened: told to him, and forgotten when he says so."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, model_validator

from api import search_logging
from api.auth.identity import ViewerDep, WhoDep, is_private
from api.errors import TitleNotFound
from api.params import DEEPEST, MOST, LiveDep, PageDep, ResourcesDep
from api.routes.titles import LARGEST_ID, NEEDS_DATABASE
from api.schemas.titles import Answer, Listed, Problem
from db import searches
from db.engine import open_session
from db.searches import ClickLogEntry
from runtime.search_log import SearchLog

LAST_POSITION = DEEPEST + MOST

router = APIRouter(prefix="/api/search", tags=["search history"])


async def search_log(request: Request) -> SearchLog:
    """Return where the process's searches wait to be written."""
    found: SearchLog = request.app.state.search_log
    return found


SearchLogDep = Annotated[SearchLog, Depends(search_log)]


class PastSearch(Answer):
    """A text that was searched for, when last, and the titles opened from it then."""

    id: UUID
    text: str
    region: str
    results: int
    at: datetime
    opened: list[int]


class Opened(BaseModel):
    """A title that was opened from a search."""

    search_id: UUID | None = Field(None, description="the answer's `X-Search-Id`, or")
    q: str | None = Field(None, description="the text, last asked by this visitor")
    content_id: int = Field(ge=1, le=LARGEST_ID, examples=[7])
    position: int = Field(ge=1, le=LAST_POSITION, description="in the list, from 1")
    id: UUID | None = Field(None, description="the client's own: told twice, it counts once")

    @model_validator(mode="after")
    def _of_a_search(self) -> "Opened":
        if self.search_id is None and self.q is None:
            raise ValueError("give `search_id` or `q`")
        return self


@router.post(
    "/clicks",
    status_code=202,
    operation_id="search_click",
    responses={404: {"model": Problem, "description": "There is no such title."}},
)
async def click(
    opened: Opened, request: Request, live: LiveDep, viewer: WhoDep, log: SearchLogDep
) -> None:
    """Note that a title was opened; without a search of that name or text, nothing is noted."""
    if opened.content_id not in live.listings:
        raise TitleNotFound(opened.content_id)
    if is_private(request, viewer):
        return
    log.add(
        ClickLogEntry(
            id=opened.id or uuid4(),
            visitor_id=viewer.id if viewer else None,
            search_id=opened.search_id,
            folded=search_logging.key(search_logging.storable(opened.q or "")),
            title_id=opened.content_id,
            position=opened.position,
            at=datetime.now(UTC),
        )
    )


@router.get("/history", operation_id="search_history", responses=NEEDS_DATABASE)
def history(
    viewer: ViewerDep, page: PageDep, resources: ResourcesDep, log: SearchLogDep
) -> Listed[PastSearch]:
    """Return what this visitor searched for, the latest first, each text once."""
    past, total = [], 0
    if viewer is not None:
        log.flush()
        with open_session(resources.engine) as reading:
            past = searches.history(reading, viewer.id, limit=page.limit, offset=page.offset)
            total = searches.count(reading, viewer.id)
    items = [PastSearch.model_validate(each) for each in past]
    return Listed[PastSearch](items=items, total=total, limit=page.limit, offset=page.offset)


@router.delete(
    "/history", status_code=204, operation_id="forget_searches", responses=NEEDS_DATABASE
)
def forget(viewer: WhoDep, resources: ResourcesDep, log: SearchLogDep) -> None:
    """Delete all that this visitor searched for and opened from there."""
    if viewer is not None:
        log.flush()  # lest what still waits be written afterwards
        with open_session(resources.engine) as writing:
            searches.delete_history(writing, viewer.id)
            writing.commit()


@router.delete(
    "/history/{id}", status_code=204, operation_id="forget_search", responses=NEEDS_DATABASE
)
def forget_one(
    id: UUID,  # noqa: A002  # the contract's name
    viewer: WhoDep,
    resources: ResourcesDep,
    log: SearchLogDep,
) -> None:
    """Delete one text of this visitor's, however often asked; one that is not there is no error."""
    if viewer is not None:
        log.flush()
        with open_session(resources.engine) as writing:
            searches.delete_past_search(writing, viewer.id, id)
            writing.commit()
