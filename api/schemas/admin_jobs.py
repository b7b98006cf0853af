"""JSON of background jobs."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from rq.job import Job

from api.schemas.responses import ResponseModel
from workers.queues import job_name


class EnqueuedJobResponse(ResponseModel):
    """An accepted job."""

    job_id: str
    status: str


class JobResponse(ResponseModel):
    """The state of a job; `done` of `total` are its progress, if it reports any."""

    job_id: str
    name: str
    status: Annotated[str, Field(examples=["queued", "started", "finished", "failed"])]
    done: int | None = None
    total: int | None = None
    result: object | None = None
    error: str | None = None
    enqueued_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None

    @classmethod
    def from_job(cls, job: Job) -> "JobResponse":
        """Return the response for a job of RQ."""
        result = job.latest_result()
        return cls(
            job_id=job.id,
            name=job_name(job),
            status=job.get_status().value,
            done=job.meta.get("done"),
            total=job.meta.get("total"),
            result=result.return_value if result else None,
            error=_last_line(result.exc_string) if result and result.exc_string else None,
            enqueued_at=_iso_format(job.enqueued_at),
            started_at=_iso_format(job.started_at),
            ended_at=_iso_format(job.ended_at),
        )


def _last_line(traceback: str) -> str:
    return traceback.strip().rpartition("\n")[2]


def _iso_format(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
