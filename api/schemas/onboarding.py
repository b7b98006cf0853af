"""JSON of onboarding picks."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas.responses import ResponseModel
from viewers.context import MAX_PICKS
from vocabulary.ids import MAX_TITLE_ID


class PicksRequest(BaseModel):
    """Titles that a viewer loves."""

    content_ids: list[Annotated[int, Field(ge=1, le=MAX_TITLE_ID)]] = Field(
        min_length=1, max_length=MAX_PICKS, examples=[[7, 9, 21]]
    )


class PicksResponse(ResponseModel):
    """How many picks are new, and how many were picked before."""

    picked: int
    repeated: int
