"""What operators learn from searches."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.params import MOST, AdministratorDep, SessionDep
from api.routes.titles import NEEDS_DATABASE
from api.schemas.titles import Answer, Problem
from db import search_analytics

USUAL = timedelta(days=7)

router = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[AdministratorDep],
    responses={403: {"model": Problem, "description": "Only for administrators."}},
)


class Clicked(Answer):
    """Searches with what was opened from them."""

    searches: int
    visitors: int
    click_through: float | None  # 0..1, searches from which a title was opened
    mean_position: float | None  # of the titles opened, from 1


class AskedShown(Clicked):
    """A text, as it is mostly written."""

    text: str


class MissedShown(Answer):
    """A text that found nothing, or nothing that met all of it."""

    text: str
    searches: int
    visitors: int
    last_at: datetime


class ReformulatedShown(Answer):
    """A text for which another one was soon asked, with nothing opened."""

    text: str
    then: str
    times: int
    visitors: int


class SearchReport(Clicked):
    """The searches since a moment; lists have the most frequent first."""

    since: datetime
    without_results: int
    popular: list[AskedShown]
    zero_results: list[MissedShown]
    reformulated: list[ReformulatedShown]


@router.get("/searches", operation_id="admin_searches", responses=NEEDS_DATABASE)
def searches(
    reading: SessionDep,
    since: Annotated[
        datetime | None, Query(description="ISO 8601, UTC unless it says; a week ago by default")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> SearchReport:
    """Return what is asked most, what finds nothing and what is asked anew in other words."""
    start = _utc(since) if since else datetime.now(UTC) - USUAL
    totals = search_analytics.totals(reading, since=start)
    asked = search_analytics.popular_queries(reading, since=start, limit=limit)
    missed = search_analytics.zero_result_queries(reading, since=start, limit=limit)
    again = search_analytics.reformulations(reading, since=start, limit=limit)
    return SearchReport(
        since=start,
        searches=totals.searches,
        visitors=totals.visitors,
        click_through=totals.click_through,
        mean_position=totals.mean_position,
        without_results=totals.without_results,
        popular=[AskedShown.model_validate(each) for each in asked],
        zero_results=[MissedShown.model_validate(each) for each in missed],
        reformulated=[ReformulatedShown.model_validate(each) for each in again],
    )


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
