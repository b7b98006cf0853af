"""Enqueues the jobs of the table at the times of their cron lines, in UTC."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import redis
import structlog
from croniter import croniter
from rq.job import Job

from workers import queues
from workers.job_table import JOBS, JobSpec

TICK_INTERVAL_S = 20
MAX_LATENESS_S = 3 * TICK_INTERVAL_S  # a turn missed for longer is skipped
TURN_KEY_TTL_S = 86_400

log = structlog.get_logger()


def enqueue_due(
    client: "redis.Redis", jobs: Mapping[str, JobSpec] = JOBS, *, now: datetime | None = None
) -> list[Job]:
    """Enqueue each job whose turn has come, once per turn however many workers call this."""
    moment = now or datetime.now(UTC)
    enqueued = []
    for name, spec in jobs.items():
        if spec.cron is None:
            continue
        turn: datetime = croniter(spec.cron, moment).get_prev(datetime)
        if (moment - turn).total_seconds() < MAX_LATENESS_S and _claim_turn(client, name, turn):
            enqueued.append(queues.enqueue(client, name))
    return enqueued


def run_schedule(client: "redis.Redis", stop: threading.Event) -> None:
    """Enqueue due jobs until stopped; errors are logged, and the next tick tries again."""
    while not stop.wait(TICK_INTERVAL_S):
        try:
            enqueue_due(client)
        except redis.RedisError as error:
            log.warning("schedule_unreachable", error=str(error))
        except Exception:  # otherwise nothing would be scheduled until a restart
            log.exception("schedule_failed")


def _claim_turn(client: "redis.Redis", name: str, turn: datetime) -> bool:
    key = f"rasika:scheduled:{name}:{turn.isoformat()}"
    return bool(client.set(key, 1, nx=True, ex=TURN_KEY_TTL_S))
