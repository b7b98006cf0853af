"""JSON of interactions."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Body
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    PlainValidator,
    TypeAdapter,
)

from api.schemas.responses import ResponseModel
from db.interactions import Interaction
from viewers.interaction_format import InteractionBase
from vocabulary.ids import MAX_TITLE_ID
from vocabulary.kinds import Event

MAX_INTERACTIONS_PER_REQUEST = 500
MAX_INTERACTION_AGE = timedelta(days=730)
MAX_CLOCK_SKEW = timedelta(minutes=5)  # of a client's clock


def _check_time(at: datetime) -> datetime:
    now = datetime.now(UTC)
    if at > now + MAX_CLOCK_SKEW:
        raise ValueError("is in the future")
    if at < now - MAX_INTERACTION_AGE:
        raise ValueError("is more than two years ago")
    return min(at, now).astimezone(UTC)


class InteractionRequest(InteractionBase):
    """What a viewer did with a title."""

    id: UUID | None = Field(None, description="chosen by the client; a repeated id counts once")
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    at: Annotated[AwareDatetime, AfterValidator(_check_time)] | None = Field(
        None, description="when it happened, with a time zone; default now"
    )


InteractionRequests = Annotated[
    list[InteractionRequest], Field(max_length=MAX_INTERACTIONS_PER_REQUEST)
]
INTERACTION_REQUESTS_ADAPTER: TypeAdapter[list[InteractionRequest]] = TypeAdapter(
    InteractionRequests
)


class InteractionBatch(BaseModel):
    """Several interactions, in the order they happened."""

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
    """An interaction of a batch that was not stored; `index` counts from 0."""

    index: int
    detail: str


class InteractionsResponse(ResponseModel):
    """What was stored; `repeated` were sent before, `kept` is false if nothing may be stored."""

    stored: int
    repeated: int
    refused: list[RejectedInteraction]
    kept: bool = True


class InteractionResponse(ResponseModel):
    """A stored interaction."""

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

    @classmethod
    def from_interaction(cls, interaction: Interaction) -> "InteractionResponse":
        """Return a stored interaction as JSON shows it."""
        fields = {
            name: getattr(interaction, name) for name in cls.model_fields.keys() - {"content_id"}
        }
        return cls(content_id=interaction.title_id, **fields)
