"""Whose answer it is: the taste, standings and preferences of who asks, or nobody's."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import Depends
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.accounts.who import AnybodyDep
from api.dependencies import LiveDep, MetricsDep, ResourcesDep
from db.engine import session
from viewers.person import NOBODY, Person
from viewers.person import person as person_of

TASTE = "taste"  # as a cause of degraded answers

log = structlog.get_logger()


def person(
    asking: AnybodyDep, live: LiveDep, resources: ResourcesDep, metrics: MetricsDep
) -> Person:
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


PersonDep = Annotated[Person, Depends(person)]
