"""The worker process: opens its resources once, then forks a process per job."""

import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import redis
from rq import Queue, Worker
from rq.job import Job

from workers import jobs, schedule  # noqa: F401  # jobs: imported here once, not in every fork
from workers.job_context import JobContext, set_context
from workers.job_table import QUEUE_NAMES

# RQ waits this much less than the time to live for a job before it looks for lost ones.
RQ_TTL_MARGIN_S = 15


@dataclass(frozen=True, slots=True)
class WorkerTimings:
    """How soon the death of a worker is noticed, in seconds.

    Its job counts as lost after `heartbeat_s + max_silence_s`. The next maintenance of any worker,
    busy or idle, returns the job to the queue.
    """

    heartbeat_s: int = 5
    max_silence_s: int = 10
    maintenance_interval_s: int = 15


DEFAULT_TIMINGS = WorkerTimings()


class RasikaWorker(Worker):
    """An RQ worker whose lost jobs are found in seconds instead of RQ's minutes."""

    max_silence_s = DEFAULT_TIMINGS.max_silence_s
    context: JobContext

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return the seconds that a running job may be silent."""
        ttl_s = super().get_heartbeat_ttl(job, working_time)
        return int(min(ttl_s, self.job_monitoring_interval + self.max_silence_s))

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Run a job in the forked process, over connections of its own."""
        self.context.forget_connections()
        super().main_work_horse(job, queue)

    def kill_horse(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill the process of the job with its children.

        RQ kills its process group. Until the process has made a group of its own, that is the
        group of this worker and of everything started from the same script.
        """
        if not self.horse_pid:
            return
        with suppress(ProcessLookupError):
            if os.getpgid(self.horse_pid) == os.getpgrp():
                os.kill(self.horse_pid, sig)
            else:
                super().kill_horse(sig)


def run_worker(
    client: "redis.Redis",
    context: JobContext,
    queue_names: Sequence[str] = QUEUE_NAMES,
    *,
    burst: bool = False,
    timings: WorkerTimings = DEFAULT_TIMINGS,
) -> bool:
    """Work until stopped (SIGINT, SIGTERM), or with `burst` until the queues are empty."""
    set_context(context)
    stop = threading.Event()
    thread = threading.Thread(target=schedule.run_schedule, args=(client, stop), daemon=True)
    thread.start()
    worker = RasikaWorker(
        list(queue_names),
        connection=client,
        job_monitoring_interval=timings.heartbeat_s,
        maintenance_interval=timings.maintenance_interval_s,
        worker_ttl=timings.maintenance_interval_s + RQ_TTL_MARGIN_S,
    )
    worker.context = context
    worker.max_silence_s = timings.max_silence_s
    try:
        return bool(worker.work(with_scheduler=True, burst=burst, logging_level="WARNING"))
    finally:
        stop.set()
