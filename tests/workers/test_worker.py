"""Real worker processes on the real servers; the slow job is one that PostgreSQL keeps waiting."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis
from rq import Worker
from sqlalchemy import Engine, text

from catalog.importer import Importer
from catalog.record import Record
from db import vectors
from db.engine import open_session
from embedded.lease import Lease
from tests.rasika_process import PROJECT_FOLDER
from tests.waiting import wait_until
from vocabulary.kinds import Space
from workers import queues

WORKER_PROGRAM = """
import sys, redis
from workers.worker import Pace, run
run(redis.Redis.from_url(sys.argv[1]), pace=Pace(beat=1, silence=1, maintenance=1))
"""
COUNT_LOCK_WAITS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'own'"
)

Start = Callable[[], psutil.Process]


def kill(process: psutil.Process) -> None:
    """End a process and all that it started, at once and unasked."""
    for each in [process, *process.children(recursive=True)]:
        if each.is_running():
            each.kill()
    process.wait(5)


@pytest.fixture
def start_worker(
    own_database: Engine, servers: Lease, valkey: "redis.Redis", tmp_path: Path
) -> Iterator[Start]:
    """Start a worker and wait until it listens."""
    running: list[psutil.Process] = []

    def begin() -> psutil.Process:
        process = psutil.Popen(
            [sys.executable, "-c", WORKER_PROGRAM, servers.redis_url],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(PROJECT_FOLDER),
                "RASIKA_DATABASE_URL": own_database.url.render_as_string(hide_password=False),
                "RASIKA_REDIS_URL": servers.redis_url,
            },
            stderr=subprocess.DEVNULL,
        )
        running.append(process)
        wait_until(lambda: any(each.pid == process.pid for each in Worker.all(valkey)))
        return process

    yield begin
    for process in running:
        if process.is_running():
            kill(process)


def test_a_worker_killed_in_the_middle_of_a_job_loses_no_job(
    own_database: Engine,
    start_worker: Start,
    valkey: "redis.Redis",
    make_record: Callable[..., Record],
) -> None:
    with open_session(own_database) as writing:
        ids = Importer().store(writing, [make_record(f"Title {n}") for n in range(3)]).created_ids
        writing.commit()
    with own_database.connect() as holding:
        holding.execute(text("LOCK TABLE title_vector"))
        (job,) = queues.embed_titles(valkey, ids)
        killed = start_worker()
        with own_database.execution_options(isolation_level="AUTOCOMMIT").connect() as watching:
            wait_until(lambda: watching.execute(COUNT_LOCK_WAITS).scalar_one())
        start_worker()  # idle when the other one dies
        kill(killed)
        assert job.get_status() == "started"
        holding.rollback()
    wait_until(lambda: job.get_status() == "finished")
    job.refresh()  # type: ignore[no-untyped-call]  # RQ's own
    assert job.return_value() == {"embedded": 3, "unchanged": 0}
    assert job.retries_left == len(queues.RETRY_DELAYS_S) - 1
    assert job.meta == {"done": 3, "total": 3}
    with open_session(own_database) as reading:
        assert (
            vectors.ids_without_vector(reading, Space.CONTENT, _model(own_database), limit=9) == []
        )


def _model(own: Engine) -> str:
    with own.connect() as connection:
        return str(connection.execute(text("SELECT DISTINCT model FROM title_vector")).scalar_one())
