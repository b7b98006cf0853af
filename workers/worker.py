"""The worker process."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import redis
from rq import Worker
from rq.job import Job

from workers import queues, schedule

# RQ waits for jobs for so much less than a worker's time to live, and looks for lost jobs between.
RQ_MARGIN_S = 15


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon a worker that was killed is noticed, in seconds.

    Its job is silent after `beat + silence`; at the next maintenance, of whichever worker, busy
    or idle, the job goes back to the queue.
    """

    beat: int = 5
    silence: int = 10
    maintenance: int = 15


PACE = Pace()


class RasikaWorker(Worker):
    """An RQ worker whose lost jobs are found in seconds instead of RQ's minutes."""

    silence_s = PACE.silence

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return the seconds that a running job may be silent."""
        patient = super().get_heartbeat_ttl(job, working_time)
        return int(min(patient, self.job_monitoring_interval + self.silence_s))


def run(
    client: "redis.Redis",
    names: Sequence[str] = queues.NAMES,
    *,
    burst: bool = False,
    pace: Pace = PACE,
) -> bool:
    """Work until told to stop (SIGINT, SIGTERM), or with `burst` until nothing is left."""
    stop = threading.Event()
    keeper = threading.Thread(target=schedule.keep, args=(client, stop), daemon=True)
    keeper.start()
    worker = RasikaWorker(
        list(names),
        connection=client,
        job_monitoring_interval=pace.beat,
        maintenance_interval=pace.maintenance,
        worker_ttl=pace.maintenance + RQ_MARGIN_S,
    )
    worker.silence_s = pace.silence
    try:
        return bool(worker.work(with_scheduler=True, burst=burst, logging_level="WARNING"))
    finally:
        stop.set()
