import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis
from rq import Queue

from workers import queues, schedule
from workers.schedule import SCHEDULE, ScheduledJob, enqueue_due

EVERY_TEN_MINUTES = ScheduledJob("*/10 * * * *", queues.embed_missing)
DUE_AT = datetime(2026, 11, 21, 12, 10, 5, tzinfo=UTC)


def test_what_is_due_is_enqueued_once_per_turn(valkey: "redis.Redis") -> None:
    assert len(enqueue_due(valkey, [EVERY_TEN_MINUTES], now=DUE_AT)) == 1
    assert enqueue_due(valkey, [EVERY_TEN_MINUTES], now=DUE_AT + timedelta(seconds=20)) == []
    assert len(enqueue_due(valkey, [EVERY_TEN_MINUTES], now=DUE_AT + timedelta(minutes=10))) == 1
    assert Queue(queues.EMBEDDING_QUEUE, connection=valkey).count == 2


def test_workers_that_ask_at_once_share_a_turn(valkey: "redis.Redis") -> None:
    with ThreadPoolExecutor(8) as workers:
        made = workers.map(lambda _: enqueue_due(valkey, [EVERY_TEN_MINUTES], now=DUE_AT), range(8))
    assert sum(map(len, made)) == 1


def test_a_turn_that_passed_while_nobody_worked_is_not_made_up_for(valkey: "redis.Redis") -> None:
    assert enqueue_due(valkey, [EVERY_TEN_MINUTES], now=DUE_AT + timedelta(minutes=5)) == []


def test_no_turn_falls_between_two_ticks(valkey: "redis.Redis") -> None:
    made = 0
    for second in range(0, 3600, schedule.TICK_INTERVAL_S):
        made += len(
            enqueue_due(valkey, [EVERY_TEN_MINUTES], now=DUE_AT + timedelta(seconds=second))
        )
    assert made == 6


def test_each_line_of_the_schedule_comes_up_within_a_day(valkey: "redis.Redis") -> None:
    names = set()
    for minute in range(24 * 60):
        moment = DUE_AT + timedelta(minutes=minute)
        names |= {job.func_name for job in enqueue_due(valkey, SCHEDULE, now=moment)}
    assert names == {f"workers.jobs.{each.enqueue.__name__}" for each in SCHEDULE}


class UnreachableRedis(redis.Redis):
    """A server that does not answer."""

    def set(self, *_: object, **__: object) -> None:
        raise redis.ConnectionError("away")


def test_the_schedule_goes_on_when_the_server_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Semaphore(0)
    stop = threading.Event()

    def due(client: "redis.Redis") -> None:
        asked.release()
        client.set("turn", 1)

    monkeypatch.setattr(schedule, "TICK_S", 0.01)
    monkeypatch.setattr(schedule, "enqueue_due", due)
    thread = threading.Thread(target=schedule.run_schedule, args=(UnreachableRedis(), stop))
    thread.start()
    assert all(asked.acquire(timeout=5) for _ in range(3))
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
