"""What operators learn from searches."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.params import MAX_PAGE_SIZE, REQUIRE_ADMINISTRATOR, SessionDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import Problem, ResponseModel
from db import search_analytics

DEFAULT_REPORT_PERIOD = timedelta(days=7)

router = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[REQUIRE_ADMINISTRATOR],
    responses={403: {"model": Problem, "description": "Only for administrators."}},
)


class ClickStatistics(ResponseModel):
    """Searches with what was opened from them."""

    searches: int
    visitors: int
    click_through: float | None  # 0..1, searches from which a title was opened
    mean_position: float | None  # of the titles opened, from 1


class PopularQueryResponse(ClickStatistics):
    """A text, as it is mostly written."""

    text: str


class ZeroResultQueryResponse(ResponseModel):
    """A text that found nothing, or nothing that met all of it."""

    text: str
    searches: int
    visitors: int
    last_at: datetime


class ReformulationResponse(ResponseModel):
    """A text for which another one was soon asked, with nothing opened."""

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


@router.get("/searches", operation_id="admin_searches", responses=DATABASE_UNAVAILABLE_RESPONSES)
def get_search_report(
    session: SessionDep,
    since: Annotated[
        datetime | None, Query(description="ISO 8601, UTC unless it says; a week ago by default")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
) -> SearchReportResponse:
    """Return what is asked most, what finds nothing and what is asked anew in other words."""
    start = _as_utc(since) if since else datetime.now(UTC) - DEFAULT_REPORT_PERIOD
    totals = search_analytics.totals(session, since=start)
    asked = search_analytics.popular_queries(session, since=start, limit=limit)
    missed = search_analytics.zero_result_queries(session, since=start, limit=limit)
    again = search_analytics.reformulations(session, since=start, limit=limit)
    return SearchReportResponse(
        since=start,
        searches=totals.searches,
        visitors=totals.visitors,
        click_through=totals.click_through,
        mean_position=totals.mean_position,
        without_results=totals.without_results,
        popular=[PopularQueryResponse.model_validate(each) for each in asked],
        zero_results=[ZeroResultQueryResponse.model_validate(each) for each in missed],
        reformulated=[ReformulationResponse.model_validate(each) for each in again],
    )


def _as_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
