"""Watching: where somebody is in a title, until he stops or falls silent."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.auth.consent import NO_STORE, ConsentingIdentityDep
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
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import ListResponse, Problem, ResponseModel
from api.state import FeatureSourceDep
from db import viewer_lifecycle, viewings
from db.engine import open_session
from db.viewings import NewViewing, Viewing
from recommend.title_state import MIN_COMPLETED_PROGRESS
from runtime.catalogue_view import CatalogueView
from viewers import viewings as viewer_viewings
from viewers.interaction_format import AsciiLabel
from vocabulary.ids import MAX_TITLE_ID

DEFAULT_REPORT_PERIOD = timedelta(days=30)

router = APIRouter(
    prefix="/api/user/viewings",
    tags=["viewings"],
    dependencies=[NO_STORE],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)
admin_router = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[REQUIRE_ADMINISTRATOR],
    responses={403: {"model": Problem, "description": "Only for administrators."}},
)

ResponsesByStatus = dict[int | str, dict[str, Any]]

STORAGE_DECLINED_RESPONSES: ResponsesByStatus = {
    403: {"model": Problem, "description": "Nothing may be kept."}
}
VIEWING_NOT_FOUND_RESPONSES: ResponsesByStatus = {
    404: {"model": Problem, "description": "There is no such viewing of one's own."}
}
VIEWING_ENDED_RESPONSES: ResponsesByStatus = {
    409: {"model": Problem, "description": "It is over; start another one."}
}


Progress = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class StartViewingRequest(BaseModel):
    """What somebody begins to watch."""

    id: UUID | None = Field(None, description="the client's own: told twice, it counts once")
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    device: AsciiLabel | None = Field(None, examples=["tv", "phone", "tablet", "desktop"])


class ViewingProgressRequest(BaseModel):
    """How far somebody is."""

    progress: Progress = Field(examples=[0.4])


class StopViewingRequest(BaseModel):
    """How far somebody got; without it, as far as he was."""

    progress: Progress | None = None


class ViewingResponse(ResponseModel):
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


class ViewingsResponse(ListResponse[ViewingResponse]):
    """A page of viewings; `completion_rate` is the share of those over that came to the end."""

    completion_rate: float | None


class TitleCompletionResponse(ResponseModel):
    """How a title's viewings ended; `completion_rate` is the share that came to the end."""

    content_id: int
    title: str | None
    viewings: int
    viewers: int
    completion_rate: float
    mean_progress: float


@router.get("", operation_id="viewings")
def list_viewings(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ViewingsResponse:
    """Return what the one who asks watched and watches, the last begun first."""
    found, total, completion = list[Viewing](), 0, None
    if identity is not None:
        total, completion = viewings.count(
            session, identity.id, completed_from=MIN_COMPLETED_PROGRESS
        )
        found = viewings.latest(
            session, identity.id, limit=pagination.limit, offset=pagination.offset
        )
    return ViewingsResponse(
        items=[_viewing_response(catalogue, each) for each in found],
        total=total,
        limit=pagination.limit,
        offset=pagination.offset,
        completion_rate=completion,
    )


@router.post(
    "",
    status_code=201,
    operation_id="start_viewing",
    responses={
        200: {"model": ViewingResponse, "description": "It was told before."},
        404: {"model": Problem, "description": "There is no such title."},
        409: {"model": Problem, "description": "There is another viewing of this id."},
        **STORAGE_DECLINED_RESPONSES,
    },
)
def start_viewing(
    body: StartViewingRequest,
    identity: ConsentingIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    response: Response,
) -> ViewingResponse:
    """Begin to watch a title."""
    if body.content_id not in catalogue.titles:
        raise TitleNotFound(body.content_id)
    started = NewViewing(body.id or uuid4(), body.content_id, body.device)
    with open_session(resources.engine) as writing:
        viewer_lifecycle.lock(writing, identity.id)
        seen, new = viewings.start(writing, identity.id, started)
        writing.commit()
    if not new:
        response.status_code = 200
    return _viewing_response(catalogue, seen)


@router.patch(
    "/{id}",
    operation_id="go_on_viewing",
    responses={
        **STORAGE_DECLINED_RESPONSES,
        **VIEWING_NOT_FOUND_RESPONSES,
        **VIEWING_ENDED_RESPONSES,
    },
)
def update_viewing(
    id: UUID,  # the contract's name
    body: ViewingProgressRequest,
    identity: ConsentingIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
) -> ViewingResponse:
    """Tell how far one is; to go back is not to have seen less."""
    with open_session(resources.engine) as writing:
        viewer_lifecycle.lock(writing, identity.id)
        seen = viewings.update_progress(writing, identity.id, id, progress=body.progress)
        writing.commit()
    return _viewing_response(catalogue, seen)


@router.post(
    "/{id}/stop",
    operation_id="stop_viewing",
    responses={**STORAGE_DECLINED_RESPONSES, **VIEWING_NOT_FOUND_RESPONSES},
)
def stop_viewing(
    id: UUID,  # the contract's name
    identity: ConsentingIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    feature_source: FeatureSourceDep,
    body: StopViewingRequest | None = None,
) -> ViewingResponse:
    """Stop watching: so much was watched, or all of it; told twice, it counts once."""
    progress = (body and body.progress) or 0.0
    with open_session(resources.engine) as writing:
        seen = viewer_viewings.stop(
            writing, identity.id, id, feature_source=feature_source, progress=progress
        )
        writing.commit()
    return _viewing_response(catalogue, seen)


@admin_router.get(
    "/viewings", operation_id="admin_viewings", responses=DATABASE_UNAVAILABLE_RESPONSES
)
def list_title_completions(
    catalogue: CatalogueViewDep,
    session: SessionDep,
    since: Annotated[
        datetime | None, Query(description="ISO 8601, UTC unless it says; 30 days ago by default")
    ] = None,
    content_id: Annotated[int | None, Query(ge=1, le=MAX_TITLE_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
) -> list[TitleCompletionResponse]:
    """Return how often the titles that are watched most are watched to the end."""
    start = since or datetime.now(UTC) - DEFAULT_REPORT_PERIOD
    found = viewings.completions(
        session,
        since=start if start.tzinfo else start.replace(tzinfo=UTC),
        completed_from=MIN_COMPLETED_PROGRESS,
        limit=limit,
        title_id=content_id,
    )
    return [
        TitleCompletionResponse(
            content_id=each.title_id,
            title=_title_name(catalogue, each.title_id),
            viewings=each.viewings,
            viewers=each.viewers,
            completion_rate=each.completion,
            mean_progress=each.progress,
        )
        for each in found
    ]


def _viewing_response(catalogue: CatalogueView, viewing: Viewing) -> ViewingResponse:
    return ViewingResponse(
        id=viewing.id,
        content_id=viewing.title_id,
        title=_title_name(catalogue, viewing.title_id),
        device=viewing.device,
        completion=viewing.progress,
        completed=viewing.progress >= MIN_COMPLETED_PROGRESS,
        started_at=viewing.started_at,
        updated_at=viewing.updated_at,
        stopped_at=viewing.stopped_at,
    )


def _title_name(catalogue: CatalogueView, title_id: int) -> str | None:
    listing = catalogue.titles.get(title_id)
    return listing.title if listing else None
