"""Watching: where somebody is in a title, until he stops or falls silent."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.auth.consent import KeptDep, PersonalDep
from api.auth.identity import IdentityDep
from api.errors import TitleNotFound
from api.params import (
    MAX_PAGE_SIZE,
    REQUIRE_ADMINISTRATOR,
    CatalogueViewDep,
    PaginationDep,
    ResourcesDep,
    SessionDep,
)
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES, MAX_TITLE_ID
from api.schemas.titles import ListResponse, Problem, ResponseModel
from api.state import CatalogueDep
from db import viewer_lifecycle, viewings
from db.engine import open_session
from db.viewings import NewViewing, Viewing
from recommend.title_state import MIN_COMPLETED_PROGRESS
from runtime.catalogue_view import Live
from viewers import viewings as viewer_viewings
from viewers.interaction_format import AsciiLabel

USUAL = timedelta(days=30)

router = APIRouter(
    prefix="/api/user/viewings",
    tags=["viewings"],
    dependencies=[PersonalDep],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)
operators = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[REQUIRE_ADMINISTRATOR],
    responses={403: {"model": Problem, "description": "Only for administrators."}},
)

Problems = dict[int | str, dict[str, Any]]

NOT_KEPT: Problems = {403: {"model": Problem, "description": "Nothing may be kept."}}
NOT_FOUND: Problems = {
    404: {"model": Problem, "description": "There is no such viewing of one's own."}
}
OVER: Problems = {409: {"model": Problem, "description": "It is over; start another one."}}


Progress = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Begun(BaseModel):
    """What somebody begins to watch."""

    id: UUID | None = Field(None, description="the client's own: told twice, it counts once")
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    device: AsciiLabel | None = Field(None, examples=["tv", "phone", "tablet", "desktop"])


class Going(BaseModel):
    """How far somebody is."""

    progress: Progress = Field(examples=[0.4])


class Stopped(BaseModel):
    """How far somebody got; without it, as far as he was."""

    progress: Progress | None = None


class ViewingShown(ResponseModel):
    """A viewing; `completion` is how far it got, 0 to 1."""

    id: UUID
    content_id: int
    title: str | None
    device: str | None
    completion: float
    completed: bool
    started_at: datetime
    updated_at: datetime
    stopped_at: datetime | None


class Viewings(ListResponse[ViewingShown]):
    """A page of viewings; `completion_rate` is the share of those over that came to the end."""

    completion_rate: float | None


class CompletionShown(ResponseModel):
    """How a title's viewings ended; `completion_rate` is the share that came to the end."""

    content_id: int
    title: str | None
    viewings: int
    viewers: int
    completion_rate: float
    mean_progress: float


@router.get("", operation_id="viewings")
def latest(
    asking: IdentityDep, live: CatalogueViewDep, page: PaginationDep, reading: SessionDep
) -> Viewings:
    """Return what the one who asks watched and watches, the last begun first."""
    found, total, completion = list[Viewing](), 0, None
    if asking is not None:
        total, completion = viewings.count(
            reading, asking.id, completed_from=MIN_COMPLETED_PROGRESS
        )
        found = viewings.latest(reading, asking.id, limit=page.limit, offset=page.offset)
    return Viewings(
        items=[_shown(live, each) for each in found],
        total=total,
        limit=page.limit,
        offset=page.offset,
        completion_rate=completion,
    )


@router.post(
    "",
    status_code=201,
    operation_id="start_viewing",
    responses={
        200: {"model": ViewingShown, "description": "It was told before."},
        404: {"model": Problem, "description": "There is no such title."},
        409: {"model": Problem, "description": "There is another viewing of this id."},
        **NOT_KEPT,
    },
)
def start(
    begun: Begun,
    asking: KeptDep,
    live: CatalogueViewDep,
    resources: ResourcesDep,
    response: Response,
) -> ViewingShown:
    """Begin to watch a title."""
    if begun.content_id not in live.listings:
        raise TitleNotFound(begun.content_id)
    started = NewViewing(begun.id or uuid4(), begun.content_id, begun.device)
    with open_session(resources.engine) as writing:
        viewer_lifecycle.lock(writing, asking.id)
        seen, new = viewings.start(writing, asking.id, started)
        writing.commit()
    if not new:
        response.status_code = 200
    return _shown(live, seen)


@router.patch("/{id}", operation_id="go_on_viewing", responses={**NOT_KEPT, **NOT_FOUND, **OVER})
def go_on(
    id: UUID,  # noqa: A002  # the contract's name
    going: Going,
    asking: KeptDep,
    live: CatalogueViewDep,
    resources: ResourcesDep,
) -> ViewingShown:
    """Tell how far one is; to go back is not to have seen less."""
    with open_session(resources.engine) as writing:
        viewer_lifecycle.lock(writing, asking.id)
        seen = viewings.update_progress(writing, asking.id, id, progress=going.progress)
        writing.commit()
    return _shown(live, seen)


@router.post("/{id}/stop", operation_id="stop_viewing", responses={**NOT_KEPT, **NOT_FOUND})
def stop(
    id: UUID,  # noqa: A002  # the contract's name
    asking: KeptDep,
    live: CatalogueViewDep,
    resources: ResourcesDep,
    catalogue: CatalogueDep,
    stopped: Stopped | None = None,
) -> ViewingShown:
    """Stop watching: so much was watched, or all of it; told twice, it counts once."""
    progress = (stopped and stopped.progress) or 0.0
    with open_session(resources.engine) as writing:
        seen = viewer_viewings.stop(
            writing, asking.id, id, feature_source=catalogue, progress=progress
        )
        writing.commit()
    return _shown(live, seen)


@operators.get("/viewings", operation_id="admin_viewings", responses=DATABASE_UNAVAILABLE_RESPONSES)
def report(
    live: CatalogueViewDep,
    reading: SessionDep,
    since: Annotated[
        datetime | None, Query(description="ISO 8601, UTC unless it says; 30 days ago by default")
    ] = None,
    content_id: Annotated[int | None, Query(ge=1, le=MAX_TITLE_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
) -> list[CompletionShown]:
    """Return how often the titles that are watched most are watched to the end."""
    start = since or datetime.now(UTC) - USUAL
    found = viewings.completions(
        reading,
        since=start if start.tzinfo else start.replace(tzinfo=UTC),
        completed_from=MIN_COMPLETED_PROGRESS,
        limit=limit,
        title_id=content_id,
    )
    return [
        CompletionShown(
            content_id=each.title_id,
            title=_title(live, each.title_id),
            viewings=each.viewings,
            viewers=each.viewers,
            completion_rate=each.completion,
            mean_progress=each.progress,
        )
        for each in found
    ]


def _shown(live: Live, seen: Viewing) -> ViewingShown:
    return ViewingShown(
        id=seen.id,
        content_id=seen.title_id,
        title=_title(live, seen.title_id),
        device=seen.device,
        completion=seen.progress,
        completed=seen.progress >= MIN_COMPLETED_PROGRESS,
        started_at=seen.started_at,
        updated_at=seen.updated_at,
        stopped_at=seen.stopped_at,
    )


def _title(live: Live, title_id: int) -> str | None:
    listing = live.listings.get(title_id)
    return listing.title if listing else None
