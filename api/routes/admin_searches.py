"""The search report for administrators."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.authorization import REQUIRE_ADMINISTRATOR
from api.openapi import ADMINISTRATOR_RESPONSES, DATABASE_UNAVAILABLE_RESPONSES
from api.params import MAX_PAGE_SIZE, SinceParam, start_of_period
from api.schemas.admin_searches import (
    PopularQueryResponse,
    ReformulationResponse,
    SearchReportResponse,
    ZeroResultQueryResponse,
)
from api.state import SessionDep
from db import search_analytics

DEFAULT_REPORT_PERIOD = timedelta(days=7)

router = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[REQUIRE_ADMINISTRATOR],
    responses=ADMINISTRATOR_RESPONSES | DATABASE_UNAVAILABLE_RESPONSES,
)


@router.get("/searches", operation_id="admin_searches")
def get_search_report(
    session: SessionDep,
    since: SinceParam = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
) -> SearchReportResponse:
    """Return the most frequent searches, those without results, and reformulations.

    They are those of the last 7 days unless `since` is given.
    """
    start = start_of_period(since, default=DEFAULT_REPORT_PERIOD)
    totals = search_analytics.totals(session, since=start)
    popular = search_analytics.popular_queries(session, since=start, limit=limit)
    zero_results = search_analytics.zero_result_queries(session, since=start, limit=limit)
    reformulated = search_analytics.reformulations(session, since=start, limit=limit)
    return SearchReportResponse(
        since=start,
        searches=totals.searches,
        visitors=totals.visitors,
        click_through=totals.click_through,
        mean_position=totals.mean_position,
        without_results=totals.without_results,
        popular=[PopularQueryResponse.model_validate(row) for row in popular],
        zero_results=[ZeroResultQueryResponse.model_validate(row) for row in zero_results],
        reformulated=[ReformulationResponse.model_validate(row) for row in reformulated],
    )
