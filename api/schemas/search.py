"""JSON of a search."""

from collections.abc import Sequence

from api.schemas.responses import ListResponse, ResponseModel
from search.pipeline import AnalyzedQuery, SearchResult
from services.search import SearchRequest
from services.title_cards import TitleCard
from vocabulary.title_summary import TitleSummary


class ChipResponse(ResponseModel):
    """Something recognised in the text; send its key as `ignore` to remove it."""

    key: str
    label: str
    text: str
    hard: bool


class DidYouMeanResponse(ResponseModel):
    """A title whose name is similar to the text."""

    id: int
    title: str
    year: int | None


class QueryReadingResponse(ResponseModel):
    """A reading of the text, and its weight in the query vector."""

    text: str
    weight: float


class SearchResponse(ListResponse[TitleCard]):
    """The results of a search.

    `degraded` names what was unavailable, `chips` what was recognised in the text, and `relaxed`
    what was recognised but dropped because nothing would have been left. `nearest`: no title has
    the name or the words, the results are near in meaning only.
    """

    degraded: list[str] = []
    chips: list[ChipResponse] = []
    relaxed: list[ChipResponse] = []
    did_you_mean: DidYouMeanResponse | None = None
    nearest: bool = False
    readings: list[QueryReadingResponse] | None = None

    @classmethod
    def from_result(
        cls,
        result: SearchResult,
        request: SearchRequest,
        *,
        cards: list[TitleCard],
        did_you_mean: TitleSummary | None,
        degraded: Sequence[str] = (),
        explained_query: AnalyzedQuery | None = None,
    ) -> "SearchResponse":
        """Return the JSON of a result; readings only with a query to explain."""
        return cls(
            items=cards,
            total=None,
            limit=request.limit,
            offset=request.offset,
            degraded=list(degraded),
            chips=[ChipResponse.model_validate(chip) for chip in result.chips],
            relaxed=[ChipResponse.model_validate(chip) for chip in result.relaxed_chips],
            did_you_mean=DidYouMeanResponse.model_validate(did_you_mean) if did_you_mean else None,
            nearest=result.nearest,
            readings=_readings(explained_query) if explained_query else None,
        )


def _readings(query: AnalyzedQuery) -> list[QueryReadingResponse]:
    return [
        QueryReadingResponse(text=text, weight=weight) for text, weight in query.expansion.readings
    ]
