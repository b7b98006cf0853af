"""Whose answer it is: the taste, standings and preferences of who asks, or nobody's."""

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.accounts.who import AnybodyDep, Who
from api.dependencies import LiveDep, MetricsDep, ResourcesDep
from api.metrics import Metrics
from db.engine import session
from index.query import Vector
from recommend.phrases import LANGUAGES
from recommend.reasons import ENGLISH
from viewers.person import NOBODY, Person, direction_of
from viewers.person import person as person_of
from wiring.live import Live
from wiring.resources import Resources

TASTE = "taste"  # as a cause of degraded answers

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
        with session(resources.engine) as reading:
            return person_of(reading, asking.id, model=live.model, today=datetime.now(UTC).date())
    except (DBAPIError, PoolTimeout) as error:
        metrics.degraded.labels(TASTE).inc()
        log.warning("taste_unreachable", error=str(error).partition("\n")[0])
        return NOBODY


async def taste(
    asking: AnybodyDep,
    live: LiveDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    personal: Annotated[
        bool, Query(description="let the taste of who asks order what fits equally well")
    ] = True,
) -> Vector | None:
    """Return where the taste of who asks lies, of unit length; none where he wants none of it."""
    if asking is None or not personal:
        return None
    return await run_in_threadpool(_direction, asking.id, live, resources, metrics)


def _direction(
    viewer_id: UUID, live: Live, resources: Resources, metrics: Metrics
) -> Vector | None:
    try:
        with session(resources.engine) as reading:
            return direction_of(reading, viewer_id, model=live.model)
    except (DBAPIError, PoolTimeout):
        metrics.degraded.labels(TASTE).inc()
        return None


def told_in(request: Request, asked: str | None, person: Person) -> str:
    """Return the language to tell reasons in: the one asked for, said, or understood."""
    accepted = request.headers.get("accept-language", "").split(",")
    wishes = [asked or "", person.display_language or "", *accepted]
    codes = (re.split("[-_;]", each.strip().lower())[0] for each in wishes)
    return next((code for code in codes if code in LANGUAGES), ENGLISH)


PersonDep = Annotated[Person, Depends(person)]
TasteDep = Annotated[Vector | None, Depends(taste)]
