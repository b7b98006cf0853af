"""JSON of the readiness check."""

from typing import Annotated

from pydantic import Field

from api.schemas.responses import ResponseModel


class HealthCheckResponse(ResponseModel):
    """Whether a dependency works."""

    name: str
    ok: bool
    detail: str


class ReadinessResponse(ResponseModel):
    """Whether the service works; `degraded` if only partly."""

    status: Annotated[str, Field(examples=["ready", "degraded", "unready"])]
    checks: list[HealthCheckResponse]
