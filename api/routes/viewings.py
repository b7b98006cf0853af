"""Viewings: start, progress and end of watching a title."""

from uuid import UUID, uuid4

from fastapi import APIRouter, Response

from api.auth.consent import ConsentingIdentityDep
from api.auth.identity import IdentityDep
from api.caching import NO_STORE
from api.openapi import (
    DATABASE_UNAVAILABLE_RESPONSES,
    STORAGE_DECLINED_RESPONSES,
    problem_responses,
)
from api.params import PaginationDep
from api.schemas.viewings import (
    StartViewingRequest,
    StopViewingRequest,
    ViewingProgressRequest,
    ViewingResponse,
    ViewingsResponse,
)
from api.state import CatalogueViewDep, FeatureSourceDep, SessionDep
from db import viewer_lifecycle, viewings
from db.titles import TitleNotFound
from db.viewings import NewViewing, Viewing
from recommend.title_state import MIN_COMPLETED_PROGRESS
from viewers.viewings import stop

VIEWING_NOT_FOUND_RESPONSES = problem_responses({404: "The viewer has no such viewing."})

router = APIRouter(
    prefix="/api/user/viewings",
    tags=["viewings"],
    dependencies=[NO_STORE],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)


@router.get("", operation_id="viewings")
def list_viewings(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ViewingsResponse:
    """Return what the viewer watched and is watching, the last started first."""
    page, total, completion_rate = list[Viewing](), 0, None
    if identity is not None:
        total, completion_rate = viewings.count(
            session, identity.id, completed_from=MIN_COMPLETED_PROGRESS
        )
        page = viewings.latest(
            session, identity.id, limit=pagination.limit, offset=pagination.offset
        )
    return ViewingsResponse(
        items=[ViewingResponse.from_viewing(viewing, catalogue) for viewing in page],
        total=total,
        limit=pagination.limit,
        offset=pagination.offset,
        completion_rate=completion_rate,
    )


@router.post(
    "",
    status_code=201,
    operation_id="start_viewing",
    responses={200: {"model": ViewingResponse, "description": "It was sent before."}}
    | problem_responses({404: "There is no such title.", 409: "Another viewing has this id."})
    | STORAGE_DECLINED_RESPONSES,
)
def start_viewing(
    body: StartViewingRequest,
    identity: ConsentingIdentityDep,
    catalogue: CatalogueViewDep,
    session: SessionDep,
    response: Response,
) -> ViewingResponse:
    """Start watching a title."""
    if body.content_id not in catalogue.titles:
        raise TitleNotFound(body.content_id)
    viewer_lifecycle.lock(session, identity.id)
    viewing, is_new = viewings.start(
        session, identity.id, NewViewing(body.id or uuid4(), body.content_id, body.device)
    )
    session.commit()
    response.status_code = 201 if is_new else 200
    return ViewingResponse.from_viewing(viewing, catalogue)


@router.patch(
    "/{id}",
    operation_id="go_on_viewing",
    responses=STORAGE_DECLINED_RESPONSES
    | VIEWING_NOT_FOUND_RESPONSES
    | problem_responses({409: "It has ended; start another one."}),
)
def update_viewing(
    id: UUID,
    body: ViewingProgressRequest,
    identity: ConsentingIdentityDep,
    catalogue: CatalogueViewDep,
    session: SessionDep,
) -> ViewingResponse:
    """Report progress; skipping back does not lower it."""
    viewer_lifecycle.lock(session, identity.id)
    viewing = viewings.update_progress(session, identity.id, id, progress=body.progress)
    session.commit()
    return ViewingResponse.from_viewing(viewing, catalogue)


@router.post(
    "/{id}/stop",
    operation_id="stop_viewing",
    responses=STORAGE_DECLINED_RESPONSES | VIEWING_NOT_FOUND_RESPONSES,
)
def stop_viewing(
    id: UUID,
    identity: ConsentingIdentityDep,
    catalogue: CatalogueViewDep,
    session: SessionDep,
    feature_source: FeatureSourceDep,
    body: StopViewingRequest | None = None,
) -> ViewingResponse:
    """Stop watching; sent twice, it counts once."""
    progress = (body and body.progress) or 0.0
    viewing = stop(session, identity.id, id, feature_source=feature_source, progress=progress)
    session.commit()
    return ViewingResponse.from_viewing(viewing, catalogue)
