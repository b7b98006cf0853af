"""Whether the process lives, whether it can work, and what it counts."""

import time
from collections.abc import Callable

import redis
from fastapi import APIRouter, Response
from sqlalchemy import text

from api.metrics import CONTENT_TYPE
from api.params import CatalogueViewDep, MetricsDep, ResourcesDep
from api.schemas.titles import HealthCheckResponse, ReadinessResponse
from config.resources import Resources
from db.engine import OUTAGES, first_line
from index.query import IndexUnavailable
from runtime.catalogue_view import CatalogueView

MAX_UNCONFIRMED_S = 10.0  # without word from PostgreSQL the index may miss changes
ESSENTIAL_CHECKS = frozenset({"postgres", "index"})

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez")
def livez() -> dict[str, str]:
    """Say that the process is up."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", responses={503: {"model": ReadinessResponse}})
def readyz(
    resources: ResourcesDep, catalogue: CatalogueViewDep, response: Response
) -> ReadinessResponse:
    """Ask every dependency; 503 when one without which answers are missing or old is down."""
    checks = [
        _run_check("postgres", lambda: _probe_postgres(resources)),
        _run_check("redis", lambda: _probe_redis(resources)),
        _check_embedder(resources),
        _check_index(resources, catalogue),
    ]
    down = {check.name for check in checks if not check.ok}
    status = "unready" if down & ESSENTIAL_CHECKS else "degraded" if down else "ready"
    if status == "unready":
        response.status_code = 503
    return ReadinessResponse(status=status, checks=checks)


@router.get("/metrics", operation_id="metrics", include_in_schema=False)
def prometheus_metrics(metrics: MetricsDep, catalogue: CatalogueViewDep) -> Response:
    """Return what is counted, for Prometheus."""
    metrics.index_titles.set(len(catalogue.titles))
    metrics.index_unconfirmed_s.set(time.monotonic() - catalogue.confirmed_at)
    metrics.is_listening.set(catalogue.change_listener.is_listening)
    return Response(metrics.exposition(), media_type=CONTENT_TYPE)


def _run_check(name: str, probe: Callable[[], str]) -> HealthCheckResponse:
    try:
        return HealthCheckResponse(name=name, ok=True, detail=probe())
    except (*OUTAGES, redis.RedisError) as error:
        reason = first_line(error)
        return HealthCheckResponse(name=name, ok=False, detail=reason)


def _probe_postgres(resources: Resources) -> str:
    with resources.engine.connect() as connection:
        return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"


def _probe_redis(resources: Resources) -> str:
    resources.redis.ping()
    return "answers"


def _check_embedder(resources: Resources) -> HealthCheckResponse:
    if resources.embedder is None:
        detail = f"{resources.settings.embedder} could not be loaded: searching names only"
        return HealthCheckResponse(name="embedder", ok=False, detail=detail)
    return HealthCheckResponse(name="embedder", ok=True, detail=resources.embedder.model)


def _check_index(resources: Resources, catalogue: CatalogueView) -> HealthCheckResponse:
    try:
        count = len(catalogue.index)
    except (*OUTAGES, IndexUnavailable) as error:
        return HealthCheckResponse(name="index", ok=False, detail=first_line(error))
    silence = time.monotonic() - catalogue.confirmed_at
    detail = f"{resources.settings.index}, {count} titles, confirmed {silence:.1f} s ago"
    return HealthCheckResponse(name="index", ok=silence < MAX_UNCONFIRMED_S, detail=detail)
