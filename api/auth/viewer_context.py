"""Whose answer it is: the taste, standings and preferences of who asks, or nobody's."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import structlog
from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.auth.identity import AnybodyDep, Who
from api.metrics import Metrics
from api.params import LiveDep, MetricsDep, ResourcesDep
from config.resources import Resources
from db.engine import open_session
from recommend.age_limits import AgeLimit
from recommend.reason_texts import REASON_LANGUAGES
from recommend.reasons import ENGLISH
from runtime.catalogue_view import Live
from viewers.context import ANONYMOUS_CONTEXT, Personalization, ViewerContext
from viewers.context import read_personalization as lens_of
from viewers.context import read_viewer_context as person_of

TASTE = "taste"  # as a cause of degraded answers
NO_LENS = Personalization()

log = structlog.get_logger()


async def person(
    asking: AnybodyDep, live: LiveDep, resources: ResourcesDep, metrics: MetricsDep
) -> ViewerContext:
    """Return who asks."""
    if asking is None:
        return ANONYMOUS_CONTEXT
    return await run_in_threadpool(whole, asking, live, resources, metrics)


def whole(asking: Who | None, live: Live, resources: Resources, metrics: Metrics) -> ViewerContext:
    """Return who asks; nobody while PostgreSQL does not answer, for there are lists for anybody."""
    if asking is None:
        return ANONYMOUS_CONTEXT
    try:
        with open_session(resources.engine) as reading:
            return person_of(reading, asking.id, model=live.model, today=datetime.now(UTC).date())
    except (DBAPIError, PoolTimeout) as error:
        metrics.degraded.labels(TASTE).inc()
        log.warning("taste_unreachable", error=str(error).partition("\n")[0])
        return ANONYMOUS_CONTEXT


async def lens(
    asking: AnybodyDep,
    live: LiveDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    personal: Annotated[
        bool, Query(description="let the taste of who asks order what fits equally well")
    ] = True,
) -> Personalization:
    """Return what an answer to who asks looks through, his taste included if he wants that."""
    if asking is None:
        return NO_LENS
    read = partial(through, asking, live, resources, metrics, personal=personal)
    return await run_in_threadpool(read)


async def admits(
    asking: AnybodyDep, live: LiveDep, resources: ResourcesDep, metrics: MetricsDep
) -> AgeLimit:
    """Return what the age of who asks admits to."""
    return (await lens(asking, live, resources, metrics, personal=False)).age_limit


def through(
    asking: Who | None,
    live: Live,
    resources: Resources,
    metrics: Metrics,
    *,
    personal: bool = True,
) -> Personalization:
    """Return what an answer looks through; nobody's lens while PostgreSQL does not answer."""
    if asking is None:
        return NO_LENS
    today = datetime.now(UTC).date()
    try:
        with open_session(resources.engine) as reading:
            return lens_of(reading, asking.id, model=live.model, today=today, personal=personal)
    except (DBAPIError, PoolTimeout):
        metrics.degraded.labels(TASTE).inc()
        return NO_LENS


def told_in(request: Request, asked: str | None, person: ViewerContext) -> str:
    """Return the language to tell reasons in: the one asked for, said, or understood."""
    accepted = request.headers.get("accept-language", "").split(",")
    wishes = [asked or "", person.display_language or "", *accepted]
    codes = (re.split("[-_;]", each.strip().lower())[0] for each in wishes)
    return next((code for code in codes if code in REASON_LANGUAGES), ENGLISH)


PersonDep = Annotated[ViewerContext, Depends(person)]
LensDep = Annotated[Personalization, Depends(lens)]
AdmitsDep = Annotated[AgeLimit, Depends(admits)]
