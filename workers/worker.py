"""The worker process."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import redis
from rq import Worker
from rq.job import Job

from workers import queues, schedule

# RQ waits for jobs for so much less than a worker's time to live, and looks for lost jobs between.
RQ_TTL_MARGIN_S = 15


@dataclass(frozen=True, slots=True)
class WorkerTimings:
    """How soon a worker that was killed is noticed, in seconds.

    Its job is silent after `beat + silence`; at the next maintenance, of whichever worker, busy
    or idle, the job goes back to the queue.
    """

    heartbeat_s: int = 5
    max_silence_s: int = 10
    maintenance_interval_s: int = 15


DEFAULT_TIMINGS = WorkerTimings()


class RasikaWorker(Worker):
    """An RQ worker whose lost jobs are found in seconds instead of RQ's minutes."""

    max_silence_s = DEFAULT_TIMINGS.max_silence_s

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return the seconds that a running job may be silent."""
        patient = super().get_heartbeat_ttl(job, working_time)
        return int(min(patient, self.job_monitoring_interval + self.max_silence_s))


def run_worker(
    client: "redis.Redis",
    queue_names: Sequence[str] = queues.QUEUE_NAMES,
    *,
    burst: bool = False,
    timings: WorkerTimings = DEFAULT_TIMINGS,
) -> bool:
    """Work until told to stop (SIGINT, SIGTERM), or with `burst` until nothing is left."""
    stop = threading.Event()
    keeper = threading.Thread(target=schedule.run_schedule, args=(client, stop), daemon=True)
    keeper.start()
    worker = RasikaWorker(
        list(queue_names),
        connection=client,
        job_monitoring_interval=timings.heartbeat_s,
        maintenance_interval=timings.maintenance_interval_s,
        worker_ttl=timings.maintenance_interval_s + RQ_TTL_MARGIN_S,
    )
    worker.max_silence_s = timings.max_silence_s
    try:
        return bool(worker.work(with_scheduler=True, burst=burst, logging_level="WARNING"))
    finally:
        stop.set()
