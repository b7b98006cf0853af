"""The viewing report for administrators: which titles are watched to the end."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.authorization import REQUIRE_ADMINISTRATOR
from api.openapi import ADMINISTRATOR_RESPONSES, DATABASE_UNAVAILABLE_RESPONSES
from api.params import MAX_PAGE_SIZE, SinceParam, start_of_period
from api.schemas.viewings import TitleCompletionResponse, title_name
from api.state import CatalogueViewDep, SessionDep
from db import viewings
from recommend.title_state import MIN_COMPLETED_PROGRESS
from vocabulary.ids import MAX_TITLE_ID

DEFAULT_REPORT_PERIOD = timedelta(days=30)

router = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[REQUIRE_ADMINISTRATOR],
    responses=ADMINISTRATOR_RESPONSES | DATABASE_UNAVAILABLE_RESPONSES,
)


@router.get("/viewings", operation_id="admin_viewings")
def list_title_completions(
    catalogue: CatalogueViewDep,
    session: SessionDep,
    since: SinceParam = None,
    content_id: Annotated[int | None, Query(ge=1, le=MAX_TITLE_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
) -> list[TitleCompletionResponse]:
    """Return how often the most watched titles are watched to the end.

    Viewings of the last 30 days count, unless `since` is given.
    """
    rows = viewings.completions(
        session,
        since=start_of_period(since, default=DEFAULT_REPORT_PERIOD),
        completed_from=MIN_COMPLETED_PROGRESS,
        limit=limit,
        title_id=content_id,
    )
    return [
        TitleCompletionResponse(
            content_id=row.title_id,
            title=title_name(catalogue, row.title_id),
            viewings=row.viewings,
            viewers=row.viewers,
            completion_rate=row.completion,
            mean_progress=row.progress,
        )
        for row in rows
    ]
