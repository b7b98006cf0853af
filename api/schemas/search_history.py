"""JSON of the search history and of clicks on results."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from api.params import MAX_OFFSET, MAX_PAGE_SIZE
from api.schemas.responses import ResponseModel
from vocabulary.ids import MAX_TITLE_ID

MAX_CLICK_POSITION = MAX_OFFSET + MAX_PAGE_SIZE


class PastSearchResponse(ResponseModel):
    """A text that was searched for: the last search of it, and the titles opened from that."""

    id: UUID
    text: str
    region: str
    results: int
    at: datetime
    opened: list[int]


class ClickRequest(BaseModel):
    """A title that was opened from a search."""

    search_id: UUID | None = Field(None, description="the response's `X-Search-Id`, or")
    q: str | None = Field(None, description="the text of this visitor's last search for it")
    content_id: int = Field(ge=1, le=MAX_TITLE_ID, examples=[7])
    position: int = Field(ge=1, le=MAX_CLICK_POSITION, description="in the list, from 1")
    id: UUID | None = Field(
        None, description="chosen by the client: sent twice, the click counts once"
    )

    @model_validator(mode="after")
    def _require_search(self) -> Self:
        if self.search_id is None and self.q is None:
            raise ValueError("give `search_id` or `q`")
        return self
