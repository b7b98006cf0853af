"""The worker process."""

import threading
from collections.abc import Sequence

import redis
from rq import Worker
from rq.job import Job

from workers import queues, schedule

# A worker that was killed is noticed by the silence of its job: within `BEAT_S + SILENCE_S`, and
# at the next maintenance its job goes back to the queue.
BEAT_S = 5
SILENCE_S = 10
MAINTENANCE_S = 15


class RasikaWorker(Worker):
    """An RQ worker whose lost jobs are found in seconds instead of RQ's minutes."""

    silence_s = SILENCE_S

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Return the seconds that a running job may be silent."""
        patient = super().get_heartbeat_ttl(job, working_time)
        return int(min(patient, self.job_monitoring_interval + self.silence_s))


def run(client: "redis.Redis", names: Sequence[str] = queues.NAMES, *, burst: bool = False) -> bool:
    """Work until told to stop (SIGINT, SIGTERM), or with `burst` until nothing is left."""
    stop = threading.Event()
    keeper = threading.Thread(target=schedule.keep, args=(client, stop), daemon=True)
    keeper.start()
    worker = RasikaWorker(
        list(names),
        connection=client,
        job_monitoring_interval=BEAT_S,
        maintenance_interval=MAINTENANCE_S,
    )
    try:
        return bool(worker.work(with_scheduler=True, burst=burst, logging_level="WARNING"))
    finally:
        stop.set()
