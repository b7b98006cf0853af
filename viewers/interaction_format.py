"""The format of interactions in requests and in import and export files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from catalog.validation_messages import describe_errors
from db.interactions import Interaction
from recommend.title_state import MAX_RATING_STARS, MIN_RATING_STARS
from vocabulary.ids import MAX_TITLE_ID
from vocabulary.kinds import Event

MAX_POSITION = 10_000
EARLIEST_TIME = datetime(1990, 1, 1, tzinfo=UTC)  # earlier times are mistakes
EXTERNAL_VIEWER_NAMESPACE = uuid5(NAMESPACE_URL, "urn:rasika:viewer")


def _check_half_stars(value: float) -> float:
    if not (value * 2).is_integer():
        raise ValueError("ratings are in steps of 0.5")
    return value


def _check_past(at: datetime) -> datetime:
    if not EARLIEST_TIME <= at <= datetime.now(UTC):
        raise ValueError("is in the future, or before 1990")
    return at.astimezone(UTC)


# Printable ASCII.
AsciiLabel = Annotated[str, Field(min_length=1, max_length=100, pattern="^[ -~]+$")]


class InteractionBase(BaseModel):
    """An event of a viewer with a title."""

    event: Event
    value: Annotated[float, AfterValidator(_check_half_stars)] | None = Field(
        None,
        ge=MIN_RATING_STARS,
        le=MAX_RATING_STARS,
        description="for `rate`: stars, in steps of 0.5",
    )
    progress: float | None = Field(
        None, ge=0, le=1, description="for `watch`: share of the title watched, 0 to 1"
    )
    session_id: AsciiLabel | None = Field(None, description="id of the visit, chosen by the client")
    device: AsciiLabel | None = Field(None, examples=["tv", "phone", "tablet", "desktop"])
    row: AsciiLabel | None = Field(None, description="key of the row that contained the title")
    position: int | None = Field(
        None, ge=1, le=MAX_POSITION, description="position in the row, from 1"
    )

    @model_validator(mode="after")
    def _check_rating(self) -> "InteractionBase":
        if self.event is Event.RATE and self.value is None:
            raise ValueError("`rate` needs a `value`")
        return self

    def to_interaction(self, interaction_id: UUID, title_id: int, *, at: datetime) -> Interaction:
        """Return the event to store, without fields that do not belong to its kind."""
        return Interaction(
            id=interaction_id,
            title_id=title_id,
            event=self.event,
            at=at,
            value=self.value if self.event is Event.RATE else None,
            progress=self.progress if self.event is Event.WATCH else None,
            session_id=self.session_id,
            device=self.device,
            row=self.row,
            position=self.position,
        )


class InteractionLine(InteractionBase):
    """A line of a file; external ids take precedence over `content_id`."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    viewer: str = Field(min_length=1, max_length=200)  # our id, or that of another system
    id: UUID | None = None
    content_id: int | None = Field(None, ge=1, le=MAX_TITLE_ID)
    external_ids: dict[str, str] = Field(default_factory=dict)
    at: Annotated[AwareDatetime, AfterValidator(_check_past)]

    @model_validator(mode="after")
    def _check_title(self) -> "InteractionLine":
        if self.content_id is None and not self.external_ids:
            raise ValueError("give `content_id` or `external_ids`")
        return self

    @property
    def viewer_id(self) -> UUID:
        """The viewer's id; an id of another system always maps to the same one."""
        try:
            return UUID(self.viewer)
        except ValueError:
            return uuid5(EXTERNAL_VIEWER_NAMESPACE, self.viewer)

    def resolve_title_id(self, ids_by_external_id: Mapping[tuple[str, str], int]) -> int | None:
        """Return the title of the line."""
        known = (ids_by_external_id.get(each) for each in self.external_ids.items())
        return next((each for each in known if each is not None), self.content_id)

    def interaction_with(self, title_id: int) -> Interaction:
        """Return the event to store; a line without an id always gets the same one."""
        key = f"{title_id} {self.event} {self.at.isoformat()} {self.value} {self.progress}"
        return self.to_interaction(self.id or uuid5(self.viewer_id, key), title_id, at=self.at)


def parse_line(data: Mapping[str, Any]) -> InteractionLine | tuple[str, ...]:
    """Parse an object into a line or its problems; with only a `value` it is a rating."""
    fields = {"event": Event.RATE, **data} if "value" in data else data
    try:
        return InteractionLine.model_validate(fields)
    except ValidationError as error:
        return tuple(describe_errors(error))


def format_line(viewer_id: UUID, interaction: Interaction, external_ids: Mapping[str, str]) -> str:
    """Return an event as one JSON line, without empty fields."""
    return InteractionLine.model_construct(
        viewer=str(viewer_id),
        id=interaction.id,
        content_id=interaction.title_id,
        external_ids=dict(sorted(external_ids.items())),
        event=interaction.event,
        value=interaction.value,
        progress=interaction.progress,
        at=interaction.at,
        session_id=interaction.session_id,
        device=interaction.device,
        row=interaction.row,
        position=interaction.position,
    ).model_dump_json(exclude_none=True, exclude_defaults=True)
