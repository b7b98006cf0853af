"""Liveness, readiness and metrics."""

from fastapi import APIRouter, Response

from api.metrics import CONTENT_TYPE
from api.schemas.health import HealthCheckResponse, ReadinessResponse
from api.state import AppStateDep
from services import health

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez")
async def livez() -> dict[str, str]:
    """Say that the process is up."""
    return {"status": "alive"}


@router.get("/readyz", operation_id="readyz", responses={503: {"model": ReadinessResponse}})
async def readyz(state: AppStateDep, response: Response) -> ReadinessResponse:
    """Check every dependency; 503 if one is down without which answers are missing or outdated."""
    checks = await health.run_checks(state.resources, state.catalogue)
    status = health.overall_status(checks)
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
