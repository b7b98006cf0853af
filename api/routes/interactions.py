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

from api.auth.consent import ViewerIdentityDep, declines_storage
from api.auth.identity import IdentityDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import PaginationDep
from api.schemas.problems import Problem
from api.schemas.responses import ListResponse, ResponseModel, json_response
from api.state import CatalogueViewDep, FeatureSourceDep, MetricsDep, ResourcesDep, SessionDep
from db import interactions
from db.engine import open_session
from db.interactions import Interaction
from db.titles import TitleNotFound
from viewers import interactions as viewer_interactions
from viewers.interaction_format import InteractionBase
from vocabulary.ids import MAX_TITLE_ID
from vocabulary.kinds import Event

MAX_INTERACTIONS_PER_REQUEST = 500
MAX_INTERACTION_AGE = timedelta(days=730)  # a client that was away longer has nothing to tell
MAX_CLOCK_SKEW = timedelta(minutes=5)  # of ours, as clocks may be

router = APIRouter(
    prefix="/api/user",
    tags=["interactions"],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
    dependencies=[NO_STORE],
)


def _check_time(at: datetime) -> datetime:
    now = datetime.now(UTC)
    if at > now + MAX_CLOCK_SKEW:
        raise ValueError("is in the future")
    if at < now - MAX_INTERACTION_AGE:
        raise ValueError("is more than two years ago")
    return min(at, now).astimezone(UTC)


class InteractionRequest(InteractionBase):
    """Something that somebody did with a title."""

    id: UUID | None = Field(None, description="the client's own: told twice, it counts once")
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    at: Annotated[AwareDatetime, AfterValidator(_check_time)] | None = Field(
        None, description="when it happened, with a time zone; now if absent"
    )


InteractionRequests = Annotated[
    list[InteractionRequest], Field(max_length=MAX_INTERACTIONS_PER_REQUEST)
]
INTERACTION_REQUESTS_ADAPTER: TypeAdapter[list[InteractionRequest]] = TypeAdapter(
    InteractionRequests
)


class InteractionBatch(BaseModel):
    """Several of them, in the order they happened."""

    interactions: InteractionRequests


def _parse_body(body: object) -> InteractionRequest | InteractionBatch:
    if isinstance(body, list):
        return InteractionBatch.model_construct(
            interactions=INTERACTION_REQUESTS_ADAPTER.validate_python(body)
        )
    if isinstance(body, dict) and "interactions" in body:
        return InteractionBatch.model_validate(body)
    return InteractionRequest.model_validate(body)


InteractionsBody = Annotated[
    InteractionRequest | InteractionBatch,
    PlainValidator(
        _parse_body,
        json_schema_input_type=InteractionRequest | list[InteractionRequest] | InteractionBatch,
    ),
    Body(),
]


class RejectedInteraction(ResponseModel):
    """One of several that was not stored, by its place from 0."""

    index: int
    detail: str


class InteractionsResponse(ResponseModel):
    """What became of it: `repeated` had been told before; `kept` tells whether anything is."""

    stored: int
    repeated: int
    refused: list[RejectedInteraction]
    kept: bool = True


class InteractionResponse(ResponseModel):
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
    response_model=InteractionsResponse,
    responses={404: {"model": Problem, "description": "There is no such title."}},
)
def post_interactions(
    body: InteractionsBody,
    request: Request,
    identity: ViewerIdentityDep,
    catalogue: CatalogueViewDep,
    feature_source: FeatureSourceDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
) -> Response:
    """Store what somebody did, one thing or up to 500; the next feed knows of it.

    Of several, those of titles that do not exist are refused and the others stored.
    """
    given = body.interactions if isinstance(body, InteractionBatch) else [body]
    refused = [
        RejectedInteraction(index=index, detail=str(TitleNotFound(each.content_id)))
        for index, each in enumerate(given)
        if each.content_id not in catalogue.titles
    ]
    if refused and isinstance(body, InteractionRequest):
        raise TitleNotFound(body.content_id)
    if identity is None or declines_storage(request, identity):
        return json_response(
            InteractionsResponse(stored=0, repeated=0, refused=refused, kept=False)
        )
    unknown = {each.index for each in refused}
    now = datetime.now(UTC)
    told = [
        each.to_interaction(each.id or uuid4(), each.content_id, at=each.at or now)
        for index, each in enumerate(given)
        if index not in unknown
    ]
    with open_session(resources.engine) as writing:
        counted = viewer_interactions.record_interactions(
            writing, identity.id, told, feature_source
        )
        writing.commit()
    for each in counted.new:
        metrics.interactions.labels(each.event).inc()
    return json_response(
        InteractionsResponse(
            stored=counted.stored_count, repeated=counted.repeated_count, refused=refused
        )
    )


@router.get("/interactions", operation_id="interactions")
def list_interactions(
    identity: IdentityDep, pagination: PaginationDep, session: SessionDep
) -> ListResponse[InteractionResponse]:
    """Return what the viewer did, the last told first."""
    found, total = list[Interaction](), 0
    if identity is not None:
        found = interactions.latest(
            session, identity.id, limit=pagination.limit, offset=pagination.offset
        )
        total = interactions.count(session, identity.id)
    return ListResponse[InteractionResponse](
        items=[_interaction_response(each) for each in found],
        total=total,
        limit=pagination.limit,
        offset=pagination.offset,
    )


def _interaction_response(interaction: Interaction) -> InteractionResponse:
    return InteractionResponse(
        id=interaction.id,
        content_id=interaction.title_id,
        event=interaction.event,
        value=interaction.value,
        progress=interaction.progress,
        at=interaction.at,
        session_id=interaction.session_id,
        device=interaction.device,
        row=interaction.row,
        position=interaction.position,
    )
