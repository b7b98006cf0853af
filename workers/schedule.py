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

TICK_S = 20
KEPT_S = 86_400  # how long it is remembered that a turn was taken

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Something that happens at the times of a cron line, in UTC."""

    cron: str
    enqueue: Callable[["redis.Redis"], Job]


SCHEDULE = (
    Scheduled("*/10 * * * *", queues.embed_missing),  # what an import could not enqueue
    Scheduled("17 * * * *", queues.refresh_popularity),
    Scheduled("5-59/10 * * * *", queues.refresh_popular_searches),
    Scheduled("8-59/10 * * * *", queues.close_viewings),
    Scheduled("9-59/10 * * * *", queues.sweep_forgotten),
    Scheduled("30 3 * * *", queues.prune_changes),
    Scheduled("40 3 * * *", queues.trim_searches),
    Scheduled("50 3 * * *", queues.trim_visitors),
    Scheduled("50 3 * * *", queues.trim_sign_ins),
)


def enqueue_due(
    client: "redis.Redis",
    schedule: Sequence[Scheduled] = SCHEDULE,
    *,
    now: datetime | None = None,
) -> list[Job]:
    """Enqueue what is due and was not yet, however many workers ask."""
    moment = now or datetime.now(UTC)
    taken = []
    for each in schedule:
        turn = croniter(each.cron, moment).get_prev(datetime).isoformat()
        key = f"rasika:scheduled:{each.enqueue.__name__}:{turn}"
        if (moment - datetime.fromisoformat(turn)).total_seconds() < 3 * TICK_S and client.set(
            key, 1, nx=True, ex=KEPT_S
        ):
            taken.append(each.enqueue(client))
    return taken


def keep(client: "redis.Redis", stop: threading.Event) -> None:
    """Enqueue what is due until told to stop."""
    while not stop.wait(TICK_S):
        try:
            enqueue_due(client)
        except redis.RedisError as error:
            log.warning("schedule_unreachable", error=str(error))
