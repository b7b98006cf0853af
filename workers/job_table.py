"""The jobs by name: queue, time limit and schedule of each; `workers.jobs` has their functions."""

from collections.abc import Mapping
from dataclasses import dataclass

MAINTENANCE_QUEUE = "maintenance"  # short jobs, taken first
EMBEDDING_QUEUE = "embedding"  # long ones
QUEUE_NAMES = (MAINTENANCE_QUEUE, EMBEDDING_QUEUE)


@dataclass(frozen=True, slots=True)
class JobSpec:
    """How a job is run."""

    queue: str = MAINTENANCE_QUEUE
    timeout_s: int = 300
    cron: str | None = None  # in UTC; none: only on request
    unique: bool = False  # not enqueued again while one waits or runs


# A batch of 500 long texts takes about two minutes on two cores.
JOBS: Mapping[str, JobSpec] = {
    "embed_titles": JobSpec(EMBEDDING_QUEUE, timeout_s=3600),
    "embed_missing": JobSpec(EMBEDDING_QUEUE, timeout_s=3600, cron="*/10 * * * *", unique=True),
    "refresh_popularity": JobSpec(timeout_s=900, cron="17 * * * *"),
    "reindex": JobSpec(),
    "refresh_popular_searches": JobSpec(timeout_s=900, cron="5-59/10 * * * *"),
    "close_viewings": JobSpec(timeout_s=900, cron="8-59/10 * * * *"),
    "delete_forgotten_searches": JobSpec(cron="9-59/10 * * * *"),
    "prune_changes": JobSpec(cron="30 3 * * *"),
    "trim_searches": JobSpec(cron="40 3 * * *"),
    "trim_visitors": JobSpec(timeout_s=900, cron="50 3 * * *"),
    "trim_sessions": JobSpec(cron="50 3 * * *"),
}
