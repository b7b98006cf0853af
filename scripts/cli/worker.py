"""`rasika worker`: runs queued jobs."""

import os
import signal
import threading
from collections.abc import Sequence

from config.garbage_collection import collect_between_bytecodes
from config.resources import open_resources
from config.settings import Settings
from workers import worker
from workers.job_context import JobContext
from workers.job_table import QUEUE_NAMES

PARENT_CHECK_INTERVAL_S = 1.0


def run_queue_worker(
    settings: Settings, names: Sequence[str], *, burst: bool, with_parent: int
) -> None:
    """Work on queues until stopped, or until the parent of that id is gone (0: never)."""
    collect_between_bytecodes()
    if with_parent:
        threading.Thread(target=_exit_with_parent, args=(with_parent,), daemon=True).start()
    with open_resources(settings, with_embedder=False) as resources:
        context = JobContext(settings, resources.engine)
        worker.run_worker(resources.redis, context, names or QUEUE_NAMES, burst=burst)


def _exit_with_parent(parent: int) -> None:
    """Stop this process once its parent is gone, however that ended."""
    while os.getppid() == parent:
        threading.Event().wait(PARENT_CHECK_INTERVAL_S)
    os.kill(os.getpid(), signal.SIGTERM)
