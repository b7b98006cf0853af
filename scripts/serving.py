"""`rasika serve` and `rasika worker`."""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import redis
import structlog
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from wiring import settings as wiring_settings
from wiring import upkeep
from wiring.live import Live
from wiring.resources import Resources, opened
from wiring.settings import Settings
from workers import queues, worker

PARENT_CHECK_S = 1.0
WORKER_STOP_S = 10.0

log = structlog.get_logger()


def serve(settings: Settings, *, host: str, port: int, workers: int, seed: bool) -> None:
    """Serve until told to stop; on the embedded Valkey a worker runs beside."""
    with opened(settings) as resources, _beside(settings):
        if seed:
            upkeep.seed(resources.engine, resources.embedder)
        _embed_what_waits(resources)
        uvicorn.run(
            "scripts.serving:application",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # `api.regions` believes trusted proxies only
            server_header=False,
        )


def application() -> FastAPI:
    """Return the application over resources that live as long as the process."""
    held = ExitStack()
    atexit.register(held.close)
    resources = held.enter_context(opened(wiring_settings.load()))
    live = Live(resources.engine, resources.loader())
    live.load()
    return create_app(resources, live)


def work(settings: Settings, names: Sequence[str], *, burst: bool, with_parent: bool) -> None:
    """Work on queues until told to stop."""
    if with_parent:
        threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    with opened(settings, embedder=False) as resources:
        worker.run(resources.redis, names or queues.NAMES, burst=burst)


def _embed_what_waits(resources: Resources) -> None:
    """Enqueue the titles that have no vector, rather than let people wait for them."""
    embedder = resources.embedder
    if embedder is None or not next(upkeep.missing_batches(resources.engine, embedder, 1), None):
        return
    try:
        queues.embed_missing(resources.redis)
    except redis.RedisError as error:
        log.warning("embedding_not_enqueued", error=str(error))


@contextmanager
def _beside(settings: Settings) -> Iterator[None]:
    """Run a worker for those who started nothing but this."""
    if settings.redis_url is not None:
        yield
        return
    command = [sys.executable, "-m", "scripts.cli", "worker", "--with-parent"]
    process = subprocess.Popen(command)  # noqa: S603  # this interpreter, our own words
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(WORKER_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _leave_with_parent(parent: int) -> None:
    """End this process once its parent is gone, however that went."""
    while os.getppid() == parent:
        threading.Event().wait(PARENT_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)
