"""Whether the process lives, whether it can work, and what it counts."""

import time
from collections.abc import Callable

import redis
from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.metrics import CONTENT_TYPE
from api.params import LiveDep, MetricsDep, ResourcesDep
from api.schemas.titles import Check, Readiness
from config.resources import Resources
from index.query import IndexUnavailable
from runtime.catalogue_view import Live

STALE_S = 10.0  # without word from PostgreSQL the index may miss changes
ESSENTIAL = frozenset({"postgres", "index"})

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez")
def livez() -> dict[str, str]:
    """Say that the process is up."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", responses={503: {"model": Readiness}})
def readyz(resources: ResourcesDep, live: LiveDep, response: Response) -> Readiness:
    """Ask every dependency; 503 when one without which answers are missing or old is down."""
    checks = [
        _check("postgres", lambda: _postgres(resources)),
        _check("redis", lambda: _redis(resources)),
        _embedder(resources),
        _index(resources, live),
    ]
    down = {check.name for check in checks if not check.ok}
    status = "unready" if down & ESSENTIAL else "degraded" if down else "ready"
    if status == "unready":
        response.status_code = 503
    return Readiness(status=status, checks=checks)


@router.get("/metrics", operation_id="metrics", include_in_schema=False)
def metrics(counted: MetricsDep, live: LiveDep) -> Response:
    """Return what is counted, for Prometheus."""
    counted.titles.set(len(live.listings))
    counted.behind.set(time.monotonic() - live.confirmed_at)
    counted.hears.set(live.bell.hears)
    return Response(counted.exposed(), media_type=CONTENT_TYPE)


def _check(name: str, ask: Callable[[], str]) -> Check:
    try:
        return Check(name=name, ok=True, detail=ask())
    except (DBAPIError, PoolTimeout, redis.RedisError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        return Check(name=name, ok=False, detail=reason)


def _postgres(resources: Resources) -> str:
    with resources.engine.connect() as connection:
        return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"


def _redis(resources: Resources) -> str:
    resources.redis.ping()
    return "answers"


def _embedder(resources: Resources) -> Check:
    if resources.embedder is None:
        detail = f"{resources.settings.embedder} could not be loaded: searching names only"
        return Check(name="embedder", ok=False, detail=detail)
    return Check(name="embedder", ok=True, detail=resources.embedder.model)


def _index(resources: Resources, live: Live) -> Check:
    try:
        count = len(live.index)
    except (DBAPIError, PoolTimeout, IndexUnavailable) as error:
        return Check(name="index", ok=False, detail=str(error).strip().partition("\n")[0])
    silence = time.monotonic() - live.confirmed_at
    detail = f"{resources.settings.index}, {count} titles, confirmed {silence:.1f} s ago"
    return Check(name="index", ok=silence < STALE_S, detail=detail)
