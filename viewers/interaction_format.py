"""What viewers did as lines of a file: of another system, or of this one before."""

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
EARLIEST_TIME = datetime(1990, 1, 1, tzinfo=UTC)  # before, nobody told a machine what he watched
EXTERNAL_VIEWER_NAMESPACE = uuid5(NAMESPACE_URL, "urn:rasika:viewer")


def _check_half_stars(value: float) -> float:
    if not (value * 2).is_integer():
        raise ValueError("ratings are in steps of 0.5")
    return value


def _check_past(at: datetime) -> datetime:
    if not EARLIEST_TIME <= at <= datetime.now(UTC):
        raise ValueError("is in the future, or before 1990")
    return at.astimezone(UTC)


AsciiLabel = Annotated[
    str, Field(min_length=1, max_length=100, pattern="^[ -~]+$")
]  # printable ASCII


class InteractionBase(BaseModel):
    """Something that somebody did with a title."""

    event: Event
    value: Annotated[float, AfterValidator(_check_half_stars)] | None = Field(
        None,
        ge=MIN_RATING_STARS,
        le=MAX_RATING_STARS,
        description="of `rate`: stars, in steps of 0.5",
    )
    progress: float | None = Field(
        None, ge=0, le=1, description="of `watch`: how much of the title had been seen at its end"
    )
    session_id: AsciiLabel | None = Field(None, description="the client's, of one visit")
    device: AsciiLabel | None = Field(None, examples=["tv", "phone", "tablet", "desktop"])
    row: AsciiLabel | None = Field(None, description="the key of the row it was shown in")
    position: int | None = Field(None, ge=1, le=MAX_POSITION, description="there, from 1")

    @model_validator(mode="after")
    def _check_rating(self) -> "InteractionBase":
        if self.event is Event.RATE and self.value is None:
            raise ValueError("`rate` needs a `value`")
        return self

    def to_interaction(self, interaction_id: UUID, title_id: int, *, at: datetime) -> Interaction:
        """Return it as it is stored; what is not of its event is left out."""
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
    """A line; its title is the one of the external ids, if there is one, else of `content_id`."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    viewer: str = Field(min_length=1, max_length=200)  # ours, or as another system calls him
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
        """The viewer's number; of another system's, always the same."""
        try:
            return UUID(self.viewer)
        except ValueError:
            return uuid5(EXTERNAL_VIEWER_NAMESPACE, self.viewer)

    def resolve_title_id(self, ids_by_external_id: Mapping[tuple[str, str], int]) -> int | None:
        """Return the title that it is of."""
        known = (ids_by_external_id.get(each) for each in self.external_ids.items())
        return next((each for each in known if each is not None), self.content_id)

    def interaction_with(self, title_id: int) -> Interaction:
        """Return it as it is stored; a line without a number always gets the same one."""
        named = f"{title_id} {self.event} {self.at.isoformat()} {self.value} {self.progress}"
        return self.to_interaction(self.id or uuid5(self.viewer_id, named), title_id, at=self.at)


def parse_line(data: Mapping[str, Any]) -> InteractionLine | tuple[str, ...]:
    """Return an object as a line, or what is wrong with it; who only gives a value rated."""
    given = {"event": Event.RATE, **data} if "value" in data else data
    try:
        return InteractionLine.model_validate(given)
    except ValidationError as error:
        return tuple(describe_errors(error))


def format_line(viewer_id: UUID, interaction: Interaction, external_ids: Mapping[str, str]) -> str:
    """Return what a viewer did as one JSON line, without what is not known of it."""
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
