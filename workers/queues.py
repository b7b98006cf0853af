"""Enqueues jobs by name; imports none of the code that they run."""

from collections.abc import Sequence

import redis
from rq import Queue, Retry
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

from workers.job_table import JOBS

RUN_JOB = "workers.jobs.run_job"  # the only function that RQ calls
PENDING_STATUSES = (
    JobStatus.QUEUED,
    JobStatus.STARTED,
    JobStatus.SCHEDULED,
    JobStatus.DEFERRED,
)

# A job whose worker died is retried at once; one that failed waits for its dependencies.
RETRY_DELAYS_S = (0, 10, 60, 300)
RESULT_TTL_S = 7 * 86_400
FAILURE_TTL_S = 30 * 86_400

TITLES_PER_EMBED_JOB = 500  # little work is repeated when a worker dies


def enqueue(client: "redis.Redis", name: str, *arguments: object) -> Job:
    """Enqueue a job of `JOBS`; if it is unique and already pending, return that one."""
    spec = JOBS[name]
    pending = _pending_job(client, name) if spec.unique else None
    return pending or Queue(spec.queue, connection=client).enqueue(
        RUN_JOB,
        args=(name, *arguments),
        job_id=name if spec.unique else None,
        job_timeout=spec.timeout_s,
        result_ttl=RESULT_TTL_S,
        failure_ttl=FAILURE_TTL_S,
        retry=Retry(max=len(RETRY_DELAYS_S), interval=list(RETRY_DELAYS_S)),
    )


def enqueue_embedding(client: "redis.Redis", ids: Sequence[int]) -> list[Job]:
    """Enqueue the embedding of titles, split into several jobs."""
    starts = range(0, len(ids), TITLES_PER_EMBED_JOB)
    batches = [list(ids[start : start + TITLES_PER_EMBED_JOB]) for start in starts]
    return [enqueue(client, "embed_titles", batch) for batch in batches]


def job_name(job: Job) -> str:
    """Return the name of a job in `JOBS`."""
    return str(job.args[0]) if job.args else ""


def _pending_job(client: "redis.Redis", job_id: str) -> Job | None:
    try:
        job = Job.fetch(job_id, connection=client)
    except NoSuchJobError:
        return None
    return job if job.get_status() in PENDING_STATUSES else None
