"""Every schedule, on one screen."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
import structlog
from croniter import croniter
from rq.job import Job

from workers import queues

TICK_INTERVAL_S = 20
TURN_KEY_TTL_S = 86_400  # how long it is remembered that a turn was taken

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """Something that happens at the times of a cron line, in UTC."""

    cron: str
    enqueue: Callable[["redis.Redis"], Job]


SCHEDULE = (
    ScheduledJob("*/10 * * * *", queues.embed_missing),  # what an import could not enqueue
    ScheduledJob("17 * * * *", queues.refresh_popularity),
    ScheduledJob("5-59/10 * * * *", queues.refresh_popular_searches),
    ScheduledJob("8-59/10 * * * *", queues.close_viewings),
    ScheduledJob("9-59/10 * * * *", queues.delete_forgotten_searches),
    ScheduledJob("30 3 * * *", queues.prune_changes),
    ScheduledJob("40 3 * * *", queues.trim_searches),
    ScheduledJob("50 3 * * *", queues.trim_visitors),
    ScheduledJob("50 3 * * *", queues.trim_sessions),
)


def enqueue_due(
    client: "redis.Redis",
    schedule: Sequence[ScheduledJob] = SCHEDULE,
    *,
    now: datetime | None = None,
) -> list[Job]:
    """Enqueue what is due and was not yet, however many workers ask."""
    moment = now or datetime.now(UTC)
    taken = []
    for each in schedule:
        turn = croniter(each.cron, moment).get_prev(datetime).isoformat()
        key = f"rasika:scheduled:{each.enqueue.__name__}:{turn}"
        if (
            moment - datetime.fromisoformat(turn)
        ).total_seconds() < 3 * TICK_INTERVAL_S and client.set(key, 1, nx=True, ex=TURN_KEY_TTL_S):
            taken.append(each.enqueue(client))
    return taken


def run_schedule(client: "redis.Redis", stop: threading.Event) -> None:
    """Enqueue what is due until told to stop."""
    while not stop.wait(TICK_INTERVAL_S):
        try:
            enqueue_due(client)
        except redis.RedisError as error:
            log.warning("schedule_unreachable", error=str(error))
