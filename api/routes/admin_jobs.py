"""What operators do over HTTP."""

from datetime import datetime

from fastapi import APIRouter
from rq.exceptions import NoSuchJobError
from rq.job import Job

from api.params import REQUIRE_ADMINISTRATOR, ResourcesDep
from api.schemas.titles import EnqueuedJobResponse, JobResponse, Problem
from workers import queues

router = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[REQUIRE_ADMINISTRATOR],
    responses={
        403: {"model": Problem, "description": "Only for administrators."},
        503: {"model": Problem, "description": "The job queue does not answer; try again."},
    },
)


@router.post("/reindex", status_code=202, operation_id="admin_reindex")
def enqueue_reindex(resources: ResourcesDep) -> EnqueuedJobResponse:
    """Rebuild the index of every process from PostgreSQL; follow the job to its end."""
    job = queues.reindex(resources.redis)
    return EnqueuedJobResponse(job_id=job.id, status=job.get_status().value)


@router.get(
    "/jobs/{id}",
    operation_id="admin_job",
    responses={404: {"model": Problem, "description": "There is no such job."}},
)
def get_job(id: str, resources: ResourcesDep) -> JobResponse:  # the contract's name
    """Return where a job stands."""
    try:
        found = Job.fetch(id, connection=resources.redis)
    except ValueError as error:  # RQ's word for what no job is ever called
        raise NoSuchJobError(id) from error
    result = found.latest_result()
    return JobResponse(
        job_id=found.id,
        name=found.func_name.rpartition(".")[2] if found.func_name else "",
        status=found.get_status().value,
        done=found.meta.get("done"),
        total=found.meta.get("total"),
        result=result.return_value if result else None,
        error=_last_line(result.exc_string) if result and result.exc_string else None,
        enqueued_at=_iso_format(found.enqueued_at),
        started_at=_iso_format(found.started_at),
        ended_at=_iso_format(found.ended_at),
    )


def _last_line(trace: str) -> str:
    return trace.strip().rpartition("\n")[2]


def _iso_format(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
