"""JSON of the search report."""

from datetime import datetime

from api.schemas.responses import ResponseModel


class ClickStatistics(ResponseModel):
    """Searches, and how often titles were opened from them."""

    searches: int
    visitors: int
    click_through: float | None  # 0..1, searches from which a title was opened
    mean_position: float | None  # of the opened titles, from 1


class PopularQueryResponse(ClickStatistics):
    """A text, in its most frequent spelling."""

    text: str


class ZeroResultQueryResponse(ResponseModel):
    """A text that found nothing, or nothing that met all of its constraints."""

    text: str
    searches: int
    visitors: int
    last_at: datetime


class ReformulationResponse(ResponseModel):
    """A text that was soon replaced by another one, with no title opened."""

    text: str
    then: str
    times: int
    visitors: int


class SearchReportResponse(ClickStatistics):
    """The searches since a moment; lists have the most frequent first."""

    since: datetime
    without_results: int
    popular: list[PopularQueryResponse]
    zero_results: list[ZeroResultQueryResponse]
    reformulated: list[ReformulationResponse]
