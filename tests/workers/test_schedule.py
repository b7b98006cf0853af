import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis
from rq import Queue

from workers import queues, schedule
from workers.job_table import JOBS, MAINTENANCE_QUEUE, JobSpec
from workers.schedule import enqueue_due

EVERY_TEN_MINUTES = {"refresh_popularity": JobSpec(cron="*/10 * * * *")}
DUE_AT = datetime(2026, 11, 21, 12, 10, 5, tzinfo=UTC)


def test_due_job_is_enqueued_once_per_turn(valkey: "redis.Redis") -> None:
    assert len(enqueue_due(valkey, EVERY_TEN_MINUTES, now=DUE_AT)) == 1
    assert enqueue_due(valkey, EVERY_TEN_MINUTES, now=DUE_AT + timedelta(seconds=20)) == []
    assert len(enqueue_due(valkey, EVERY_TEN_MINUTES, now=DUE_AT + timedelta(minutes=10))) == 1
    assert Queue(MAINTENANCE_QUEUE, connection=valkey).count == 2


def test_concurrent_workers_enqueue_a_turn_once(valkey: "redis.Redis") -> None:
    with ThreadPoolExecutor(8) as workers:
        made = workers.map(lambda _: enqueue_due(valkey, EVERY_TEN_MINUTES, now=DUE_AT), range(8))
    assert sum(map(len, made)) == 1


def test_missed_turn_is_skipped(valkey: "redis.Redis") -> None:
    assert enqueue_due(valkey, EVERY_TEN_MINUTES, now=DUE_AT + timedelta(minutes=5)) == []


def test_no_turn_is_lost_between_two_ticks(valkey: "redis.Redis") -> None:
    made = 0
    for second in range(0, 3600, schedule.TICK_INTERVAL_S):
        made += len(enqueue_due(valkey, EVERY_TEN_MINUTES, now=DUE_AT + timedelta(seconds=second)))
    assert made == 6


def test_every_scheduled_job_is_due_within_a_day(valkey: "redis.Redis") -> None:
    names = set()
    for minute in range(24 * 60):
        moment = DUE_AT + timedelta(minutes=minute)
        names |= {queues.job_name(job) for job in enqueue_due(valkey, now=moment)}
    assert names == {name for name, spec in JOBS.items() if spec.cron}


class UnreachableRedis(redis.Redis):
    """A server that does not answer."""

    def set(self, *_: object, **__: object) -> None:
        raise redis.ConnectionError("unreachable")


class FailingRedis(redis.Redis):
    """A client with a bug."""

    def set(self, *_: object, **__: object) -> None:
        raise ValueError("unexpected")


@pytest.mark.parametrize("client", [UnreachableRedis, FailingRedis])
def test_schedule_survives_errors(
    client: type["redis.Redis"], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = threading.Semaphore(0)
    stop = threading.Event()

    def due(client: "redis.Redis") -> None:
        ticks.release()
        client.set("turn", 1)

    monkeypatch.setattr(schedule, "TICK_INTERVAL_S", 0.01)
    monkeypatch.setattr(schedule, "enqueue_due", due)
    thread = threading.Thread(target=schedule.run_schedule, args=(client(), stop))
    thread.start()
    assert all(ticks.acquire(timeout=5) for _ in range(3))
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
