"""The queues, and what is put on them: after the commit, by those who caused the work."""

from collections.abc import Callable, Sequence

import redis
from rq import Queue, Retry
from rq.job import Job

from workers import jobs

MAINTENANCE_QUEUE = "maintenance"  # short jobs, taken first
EMBEDDING_QUEUE = "embedding"  # long ones
QUEUE_NAMES = (MAINTENANCE_QUEUE, EMBEDDING_QUEUE)

# A job that was under way when its worker died goes back at once; one that failed waits for
# what it depends on to come back.
RETRY_DELAYS_S = (0, 10, 60, 300)

EMBED_TIMEOUT_S = 3600  # a batch of 500 long texts takes about two minutes on two cores
POPULARITY_TIMEOUT_S = 900
SHORT_JOB_TIMEOUT_S = 300
RESULT_TTL_S = 7 * 86_400
FAILURE_TTL_S = 30 * 86_400

TITLES_PER_EMBED_JOB = 500  # titles per job: little is repeated when a worker dies


def embed_titles(client: "redis.Redis", ids: Sequence[int]) -> list[Job]:
    """Enqueue the embedding of titles."""
    return [
        _enqueue(client, EMBEDDING_QUEUE, EMBED_TIMEOUT_S, jobs.embed_titles, list(ids[start:stop]))
        for start in range(0, len(ids), TITLES_PER_EMBED_JOB)
        for stop in [start + TITLES_PER_EMBED_JOB]
    ]


def embed_missing(client: "redis.Redis") -> Job:
    """Enqueue the embedding of whatever has no vector."""
    return _enqueue(client, EMBEDDING_QUEUE, EMBED_TIMEOUT_S, jobs.embed_missing)


def refresh_popularity(client: "redis.Redis") -> Job:
    """Enqueue the computation of every popularity."""
    return _enqueue(client, MAINTENANCE_QUEUE, POPULARITY_TIMEOUT_S, jobs.refresh_popularity)


def reindex(client: "redis.Redis") -> Job:
    """Enqueue a rebuild of every index."""
    return _enqueue(client, MAINTENANCE_QUEUE, SHORT_JOB_TIMEOUT_S, jobs.reindex)


def prune_changes(client: "redis.Redis") -> Job:
    """Enqueue the clean-up of the change log."""
    return _enqueue(client, MAINTENANCE_QUEUE, SHORT_JOB_TIMEOUT_S, jobs.prune_changes)


def trim_searches(client: "redis.Redis") -> Job:
    """Enqueue the deletion of old searches."""
    return _enqueue(client, MAINTENANCE_QUEUE, SHORT_JOB_TIMEOUT_S, jobs.trim_searches)


def trim_sessions(client: "redis.Redis") -> Job:
    """Enqueue the deletion of the sign-ins that have ended."""
    return _enqueue(client, MAINTENANCE_QUEUE, SHORT_JOB_TIMEOUT_S, jobs.trim_sessions)


def refresh_popular_searches(client: "redis.Redis") -> Job:
    """Enqueue the count of what many ask for."""
    return _enqueue(client, MAINTENANCE_QUEUE, POPULARITY_TIMEOUT_S, jobs.refresh_popular_searches)


def close_viewings(client: "redis.Redis") -> Job:
    """Enqueue the end of the viewings that fell silent."""
    return _enqueue(client, MAINTENANCE_QUEUE, POPULARITY_TIMEOUT_S, jobs.close_viewings)


def trim_visitors(client: "redis.Redis") -> Job:
    """Enqueue the deletion of visitors who cannot come back."""
    return _enqueue(client, MAINTENANCE_QUEUE, POPULARITY_TIMEOUT_S, jobs.trim_visitors)


def delete_forgotten_searches(client: "redis.Redis") -> Job:
    """Enqueue the deletion of what came late of who was forgotten."""
    return _enqueue(client, MAINTENANCE_QUEUE, SHORT_JOB_TIMEOUT_S, jobs.delete_forgotten_searches)


def _enqueue(
    client: "redis.Redis", name: str, timeout_s: int, job: Callable[..., object], *args: object
) -> Job:
    return Queue(name, connection=client).enqueue(
        job,
        args=args,
        job_timeout=timeout_s,
        result_ttl=RESULT_TTL_S,
        failure_ttl=FAILURE_TTL_S,
        retry=Retry(max=len(RETRY_DELAYS_S), interval=list(RETRY_DELAYS_S)),
    )
