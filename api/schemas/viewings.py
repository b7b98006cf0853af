"""JSON of viewings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.responses import ListResponse, ResponseModel
from db.viewings import Viewing
from recommend.title_state import MIN_COMPLETED_PROGRESS
from runtime.catalogue_view import CatalogueView
from viewers.interaction_format import AsciiLabel
from vocabulary.ids import MAX_TITLE_ID

Progress = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class StartViewingRequest(BaseModel):
    """A title that the viewer starts to watch."""

    id: UUID | None = Field(
        None, description="chosen by the client: sent twice, the viewing counts once"
    )
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    device: AsciiLabel | None = Field(None, examples=["tv", "phone", "tablet", "desktop"])


class ViewingProgressRequest(BaseModel):
    """How far the viewer has watched."""

    progress: Progress = Field(examples=[0.4])


class StopViewingRequest(BaseModel):
    """How far the viewer watched; without it, the last progress counts."""

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

    @classmethod
    def from_viewing(cls, viewing: Viewing, catalogue: CatalogueView) -> "ViewingResponse":
        """Return the response for a viewing."""
        return cls(
            id=viewing.id,
            content_id=viewing.title_id,
            title=title_name(catalogue, viewing.title_id),
            device=viewing.device,
            completion=viewing.progress,
            completed=viewing.progress >= MIN_COMPLETED_PROGRESS,
            started_at=viewing.started_at,
            updated_at=viewing.updated_at,
            stopped_at=viewing.stopped_at,
        )


class ViewingsResponse(ListResponse[ViewingResponse]):
    """A page of viewings; `completion_rate` is the share of ended ones watched to the end."""

    completion_rate: float | None


class TitleCompletionResponse(ResponseModel):
    """A title's ended viewings; `completion_rate` is the share watched to the end."""

    content_id: int
    title: str | None
    viewings: int
    viewers: int
    completion_rate: float
    mean_progress: float


def title_name(catalogue: CatalogueView, title_id: int) -> str | None:
    """Return the title's name; none if it is not served any more."""
    summary = catalogue.titles.get(title_id)
    return summary.title if summary else None
