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
from recommend.age_limits import Admits
from recommend.reason_texts import LANGUAGES
from recommend.reasons import ENGLISH
from runtime.catalogue_view import Live
from viewers.context import NOBODY, Lens, Person
from viewers.context import lens as lens_of
from viewers.context import person as person_of

TASTE = "taste"  # as a cause of degraded answers
NO_LENS = Lens()

log = structlog.get_logger()


async def person(
    asking: AnybodyDep, live: LiveDep, resources: ResourcesDep, metrics: MetricsDep
) -> Person:
    """Return who asks."""
    if asking is None:
        return NOBODY
    return await run_in_threadpool(whole, asking, live, resources, metrics)


def whole(asking: Who | None, live: Live, resources: Resources, metrics: Metrics) -> Person:
    """Return who asks; nobody while PostgreSQL does not answer, for there are lists for anybody."""
    if asking is None:
        return NOBODY
    try:
        with open_session(resources.engine) as reading:
            return person_of(reading, asking.id, model=live.model, today=datetime.now(UTC).date())
    except (DBAPIError, PoolTimeout) as error:
        metrics.degraded.labels(TASTE).inc()
        log.warning("taste_unreachable", error=str(error).partition("\n")[0])
        return NOBODY


async def lens(
    asking: AnybodyDep,
    live: LiveDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    personal: Annotated[
        bool, Query(description="let the taste of who asks order what fits equally well")
    ] = True,
) -> Lens:
    """Return what an answer to who asks looks through, his taste included if he wants that."""
    if asking is None:
        return NO_LENS
    read = partial(through, asking, live, resources, metrics, personal=personal)
    return await run_in_threadpool(read)


async def admits(
    asking: AnybodyDep, live: LiveDep, resources: ResourcesDep, metrics: MetricsDep
) -> Admits:
    """Return what the age of who asks admits to."""
    return (await lens(asking, live, resources, metrics, personal=False)).admits


def through(
    asking: Who | None,
    live: Live,
    resources: Resources,
    metrics: Metrics,
    *,
    personal: bool = True,
) -> Lens:
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


def told_in(request: Request, asked: str | None, person: Person) -> str:
    """Return the language to tell reasons in: the one asked for, said, or understood."""
    accepted = request.headers.get("accept-language", "").split(",")
    wishes = [asked or "", person.display_language or "", *accepted]
    codes = (re.split("[-_;]", each.strip().lower())[0] for each in wishes)
    return next((code for code in codes if code in LANGUAGES), ENGLISH)


PersonDep = Annotated[Person, Depends(person)]
LensDep = Annotated[Lens, Depends(lens)]
AdmitsDep = Annotated[Admits, Depends(admits)]
