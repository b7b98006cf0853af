"""Background jobs for administrators: rebuild the index, follow a job."""

from fastapi import APIRouter
from rq.exceptions import NoSuchJobError
from rq.job import Job

from api.auth.authorization import REQUIRE_ADMINISTRATOR
from api.openapi import ADMINISTRATOR_RESPONSES, problem_responses
from api.schemas.admin_jobs import EnqueuedJobResponse, JobResponse
from api.state import ResourcesDep
from workers import queues

router = APIRouter(
    prefix="/api/admin",
    tags=["admin"],
    dependencies=[REQUIRE_ADMINISTRATOR],
    responses=ADMINISTRATOR_RESPONSES
    | problem_responses({503: "The job queue does not answer; try again."}),
)


@router.post("/reindex", status_code=202, operation_id="admin_reindex")
def enqueue_reindex(resources: ResourcesDep) -> EnqueuedJobResponse:
    """Enqueue a job that rebuilds the index of every process from PostgreSQL."""
    job = queues.enqueue(resources.redis, "reindex")
    return EnqueuedJobResponse(job_id=job.id, status=job.get_status().value)


@router.get(
    "/jobs/{id}",
    operation_id="admin_job",
    responses=problem_responses({404: "There is no such job."}),
)
def get_job(id: str, resources: ResourcesDep) -> JobResponse:
    """Return the state of a job."""
    try:
        return JobResponse.from_job(Job.fetch(id, connection=resources.redis))
    except ValueError as error:  # RQ raises it for ids that no job can have
        raise NoSuchJobError(id) from error
