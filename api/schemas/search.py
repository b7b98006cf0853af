"""JSON of a search."""

from api.schemas.responses import ListResponse, ResponseModel
from services.title_cards import TitleCard


class ChipResponse(ResponseModel):
    """Something understood of a text; send its key as `ignore` to take it away."""

    key: str
    label: str
    text: str
    hard: bool


class DidYouMeanResponse(ResponseModel):
    """A title whose name is nearly what was typed."""

    id: int
    title: str
    year: int | None


class QueryReadingResponse(ResponseModel):
    """A way in which a text was read, and its weight in what was looked for."""

    text: str
    weight: float


class SearchResponse(ListResponse[TitleCard]):
    """What a search found.

    `degraded` names what it had to do without, `chips` what was understood of the text and
    `relaxed` what was understood and given up, because nothing would have been left. `nearest`:
    no title has the name or the words, these are near in meaning alone.
    """

    degraded: list[str] = []
    chips: list[ChipResponse] = []
    relaxed: list[ChipResponse] = []
    did_you_mean: DidYouMeanResponse | None = None
    nearest: bool = False
    readings: list[QueryReadingResponse] | None = None
