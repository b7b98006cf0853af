"""Liveness, readiness and metrics."""

import asyncio
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Response

from api.metrics import CONTENT_TYPE
from api.schemas.health import HealthCheckResponse, ReadinessResponse
from api.state import AppStateDep
from services import health
from services.health import CheckResult

ESSENTIAL_CHECKS = frozenset({"postgres", "index"})
PROBE_TIMEOUT_S = 3.0
MAX_PROBE_THREADS = 4  # of their own, as requests that wait for PostgreSQL can take all others

router = APIRouter(tags=["health"])

_probe_threads = CapacityLimiter(MAX_PROBE_THREADS)


@router.get("/livez", operation_id="livez")
async def livez() -> dict[str, str]:
    """Say that the process is up."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", responses={503: {"model": ReadinessResponse}})
async def readyz(state: AppStateDep, response: Response) -> ReadinessResponse:
    """Check every dependency; 503 if one is down without which answers are missing or outdated."""
    resources = state.resources
    checks = [
        *await asyncio.gather(
            _run_probe("postgres", partial(health.check_postgres, resources.engine)),
            _run_probe("redis", partial(health.check_redis, resources.redis)),
        ),
        health.check_embedder(resources),
        await _run_probe("index", partial(health.check_index, resources, state.catalogue)),
    ]
    failed = {check.name for check in checks if not check.ok}
    status = "unready" if failed & ESSENTIAL_CHECKS else "degraded" if failed else "ready"
    if status == "unready":
        response.status_code = 503
    return ReadinessResponse(
        status=status, checks=[HealthCheckResponse.model_validate(check) for check in checks]
    )


@router.get("/metrics", operation_id="metrics", include_in_schema=False)
async def prometheus_metrics(state: AppStateDep) -> Response:
    """Return the metrics for Prometheus."""
    state.metrics.observe_catalogue(state.catalogue)
    return Response(state.metrics.exposition(), media_type=CONTENT_TYPE)


async def _run_probe(name: str, probe: "partial[CheckResult]") -> CheckResult:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return await to_thread.run_sync(probe, limiter=_probe_threads, abandon_on_cancel=True)
    except TimeoutError:
        return CheckResult(name, ok=False, detail=f"no answer within {PROBE_TIMEOUT_S:.0f} s")
