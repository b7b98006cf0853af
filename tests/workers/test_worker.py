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
from config.settings import load_settings
from db.engine import connect
from workers.job_context import JobContext
from workers.worker import WorkerTimings, run_worker
settings = load_settings()
run_worker(
    redis.Redis.from_url(sys.argv[1]),
    JobContext(settings, connect(settings.database_url)),
    timings=WorkerTimings(heartbeat_s=1, max_silence_s=1, maintenance_interval_s=1),
)
"""
MAX_TRIVIAL_JOB_S = 0.3
COUNT_LOCK_WAITS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'own'"
)

Start = Callable[[], psutil.Process]


def kill(process: psutil.Process) -> None:
    """Kill a process and its children."""
    for each in [process, *process.children(recursive=True)]:
        if each.is_running():
            each.kill()
    process.wait(5)


@pytest.fixture
def start_worker(
    own_database: Engine, servers: Lease, valkey: "redis.Redis", tmp_path: Path
) -> Iterator[Start]:
    """Start workers, each of which is waited for until it is registered."""
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


def test_job_of_a_killed_worker_is_run_by_another(
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
        (job,) = queues.enqueue_embedding(valkey, ids)
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


def test_jobs_share_what_their_worker_opened(
    start_worker: Start, valkey: "redis.Redis", own_database: Engine
) -> None:
    """No job opens resources again, loads the model without need, or imports the API."""
    worker = start_worker()
    jobs = [queues.enqueue(valkey, "prune_changes") for _ in range(3)]
    wait_until(lambda: all(job.get_status(refresh=True) == "finished" for job in jobs))
    for job in jobs:
        job.refresh()  # type: ignore[no-untyped-call]  # RQ's own
    durations = [
        (job.ended_at - job.started_at).total_seconds()
        for job in jobs
        if job.ended_at and job.started_at
    ]
    assert min(durations) < MAX_TRIVIAL_JOB_S, durations
    libraries = {Path(each.path).name for each in worker.memory_maps()}
    assert not any(name.startswith("_encoder") for name in libraries)


KILL_PROGRAM = """
import os, sys, time, redis
from workers.worker import RasikaWorker
worker = RasikaWorker(["maintenance"], connection=redis.Redis.from_url(sys.argv[1]))
worker.kill_horse()
worker._horse_pid = os.fork()
if not worker.horse_pid:
    time.sleep(60)
worker.kill_horse()
print(os.waitpid(worker.horse_pid, 0)[1])
"""


def test_killing_a_job_that_just_started_kills_only_that_job(servers: Lease) -> None:
    process = subprocess.run(
        [sys.executable, "-c", KILL_PROGRAM, servers.redis_url],
        env={**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)},
        start_new_session=True,  # without the fix it would kill the tests
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (process.returncode, process.stdout) == (0, "9\n"), process.stderr
