"""What viewers do: told by clients as it happens, shown to them again."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Body, Request, Response
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    PlainValidator,
    TypeAdapter,
)

from api.auth.consent import PersonalDep
from api.auth.identity import IdentityDep, ViewerIdentityDep, declines_storage
from api.errors import TitleNotFound
from api.params import CatalogueViewDep, MetricsDep, PaginationDep, ResourcesDep, SessionDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES, MAX_TITLE_ID
from api.schemas.titles import ListResponse, Problem, ResponseModel, json_response
from api.state import CatalogueDep
from db import interactions
from db.engine import open_session
from db.interactions import Interaction
from viewers import interactions as viewer_interactions
from viewers.interaction_format import InteractionBase
from vocabulary.kinds import Event

MOST_AT_ONCE = 500
OLDEST = timedelta(days=730)  # a client that was away longer has nothing to tell
AHEAD = timedelta(minutes=5)  # of ours, as clocks may be

router = APIRouter(
    prefix="/api/user",
    tags=["interactions"],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
    dependencies=[PersonalDep],
)


def _told_in_time(at: datetime) -> datetime:
    now = datetime.now(UTC)
    if at > now + AHEAD:
        raise ValueError("is in the future")
    if at < now - OLDEST:
        raise ValueError("is more than two years ago")
    return min(at, now).astimezone(UTC)


class InteractionRequest(InteractionBase):
    """Something that somebody did with a title."""

    id: UUID | None = Field(None, description="the client's own: told twice, it counts once")
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    at: Annotated[AwareDatetime, AfterValidator(_told_in_time)] | None = Field(
        None, description="when it happened, with a time zone; now if absent"
    )


Several = Annotated[list[InteractionRequest], Field(max_length=MOST_AT_ONCE)]
SEVERAL: TypeAdapter[list[InteractionRequest]] = TypeAdapter(Several)


class Batch(BaseModel):
    """Several of them, in the order they happened."""

    interactions: Several


def _posted(body: object) -> InteractionRequest | Batch:
    if isinstance(body, list):
        return Batch.model_construct(interactions=SEVERAL.validate_python(body))
    if isinstance(body, dict) and "interactions" in body:
        return Batch.model_validate(body)
    return InteractionRequest.model_validate(body)


Posted = Annotated[
    InteractionRequest | Batch,
    PlainValidator(
        _posted, json_schema_input_type=InteractionRequest | list[InteractionRequest] | Batch
    ),
    Body(),
]


class Refused(ResponseModel):
    """One of several that was not stored, by its place from 0."""

    index: int
    detail: str


class Heard(ResponseModel):
    """What became of it: `repeated` had been told before; `kept` tells whether anything is."""

    stored: int
    repeated: int
    refused: list[Refused]
    kept: bool = True


class InteractionShown(ResponseModel):
    """Something that the viewer did."""

    id: UUID
    content_id: int
    event: Event
    value: float | None
    progress: float | None
    at: datetime
    session_id: str | None
    device: str | None
    row: str | None
    position: int | None


@router.post(
    "/interactions",
    operation_id="interact",
    response_model=Heard,
    responses={404: {"model": Problem, "description": "There is no such title."}},
)
def interact(
    posted: Posted,
    request: Request,
    asking: ViewerIdentityDep,
    live: CatalogueViewDep,
    catalogue: CatalogueDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
) -> Response:
    """Store what somebody did, one thing or up to 500; the next feed knows of it.

    Of several, those of titles that do not exist are refused and the others stored.
    """
    given = posted.interactions if isinstance(posted, Batch) else [posted]
    refused = [
        Refused(index=index, detail=str(TitleNotFound(each.content_id)))
        for index, each in enumerate(given)
        if each.content_id not in live.listings
    ]
    if refused and isinstance(posted, InteractionRequest):
        raise TitleNotFound(posted.content_id)
    if asking is None or declines_storage(request, asking):
        return json_response(Heard(stored=0, repeated=0, refused=refused, kept=False))
    unknown = {each.index for each in refused}
    now = datetime.now(UTC)
    told = [
        each.to_interaction(each.id or uuid4(), each.content_id, at=each.at or now)
        for index, each in enumerate(given)
        if index not in unknown
    ]
    with open_session(resources.engine) as writing:
        counted = viewer_interactions.record_interactions(writing, asking.id, told, catalogue)
        writing.commit()
    for each in counted.new:
        metrics.interactions.labels(each.event).inc()
    return json_response(
        Heard(stored=counted.stored_count, repeated=counted.repeated_count, refused=refused)
    )


@router.get("/interactions", operation_id="interactions")
def told(
    asking: IdentityDep, page: PaginationDep, reading: SessionDep
) -> ListResponse[InteractionShown]:
    """Return what the viewer did, the last told first."""
    found, total = list[Interaction](), 0
    if asking is not None:
        found = interactions.latest(reading, asking.id, limit=page.limit, offset=page.offset)
        total = interactions.count(reading, asking.id)
    return ListResponse[InteractionShown](
        items=[_shown(each) for each in found], total=total, limit=page.limit, offset=page.offset
    )


def _shown(told: Interaction) -> InteractionShown:
    return InteractionShown(
        id=told.id,
        content_id=told.title_id,
        event=told.event,
        value=told.value,
        progress=told.progress,
        at=told.at,
        session_id=told.session_id,
        device=told.device,
        row=told.row,
        position=told.position,
    )
