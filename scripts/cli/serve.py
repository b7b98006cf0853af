"""`rasika serve` and `rasika worker`."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import TypedDict

import redis
import structlog
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from config import settings as settings_module
from config.resources import Resources, open_resources
from config.settings import Settings
from runtime.catalogue_view import create_catalogue_view
from scripts.cli.console import CommandFailed
from services import seeding
from workers import queues, worker

PARENT_CHECK_INTERVAL_S = 1.0
WORKER_STOP_TIMEOUT_S = 3.0

log = structlog.get_logger()

shutdown_requested = threading.Event()  # whoever ends this process said so before it served


class PortUnavailable(CommandFailed):
    """The address to listen on is in use or not allowed."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {reason}; choose another --port")


class ListenOptions(TypedDict):
    """Where uvicorn answers, and in how many processes."""

    host: str
    port: int
    workers: int


class UvicornOptions(TypedDict):
    """What is left to others: logging to `config.logging_setup`, trusting proxies to `api.region_detection`."""

    log_config: None
    access_log: bool
    proxy_headers: bool
    server_header: bool


UVICORN_OPTIONS = UvicornOptions(
    log_config=None, access_log=False, proxy_headers=False, server_header=False
)


def serve(settings: Settings, *, host: str, port: int, workers: int, seed: bool) -> None:
    """Serve until told to stop; on the embedded Valkey a worker runs beside.

    Raises `PortUnavailable`, before anything is started.
    """
    _require_free_port(host, port)
    # uvicorn raises the signal again once it has stopped; without a handler that would be the end.
    signal.signal(signal.SIGTERM, _exit_on_sigterm)
    with open_resources(settings) as resources, _queue_worker_process(settings):
        if seed:
            seeding.seed_catalogue(resources.engine, resources.embedder)
        _enqueue_missing_embeddings(resources)
        options = ListenOptions(host=host, port=port, workers=workers)
        application = (
            _create_application(resources)
            if workers == 1
            else "scripts.cli.serve:create_worker_application"
        )
        if not shutdown_requested.is_set():
            uvicorn.run(application, factory=workers > 1, **options, **UVICORN_OPTIONS)


def create_worker_application() -> FastAPI:
    """Return the application of one of several processes, over resources of its own."""
    held = ExitStack()
    atexit.register(held.close)
    return _create_application(held.enter_context(open_resources(settings_module.load_settings())))


def _create_application(resources: Resources) -> FastAPI:
    live = create_catalogue_view(resources)
    live.load()
    return create_app(resources, live)


def run_queue_worker(
    settings: Settings, names: Sequence[str], *, burst: bool, with_parent: int
) -> None:
    """Work on queues until told to stop, or until the parent of that id is gone (0: never)."""
    if with_parent:
        threading.Thread(target=_exit_with_parent, args=(with_parent,), daemon=True).start()
    with open_resources(settings, with_embedder=False) as resources:
        worker.run_worker(resources.redis, names or queues.QUEUE_NAMES, burst=burst)


def _enqueue_missing_embeddings(resources: Resources) -> None:
    """Enqueue the titles that have no vector, rather than let people wait for them."""
    embedder = resources.embedder
    if embedder is None or not next(
        seeding.missing_title_batches(resources.engine, embedder, 1), None
    ):
        return
    try:
        queues.embed_missing(resources.redis)
    except redis.RedisError as error:
        log.warning("embedding_not_enqueued", error=str(error))


@contextmanager
def _queue_worker_process(settings: Settings) -> Iterator[None]:
    """Run a worker for those who started nothing but this."""
    if settings.redis_url is not None:
        yield
        return
    parent = str(os.getpid())
    command = [sys.executable, "-m", "scripts.cli", "worker", "--with-parent", parent]
    process = subprocess.Popen(command)  # noqa: S603  # this interpreter, our own words
    try:
        yield
    finally:
        _stop_process(process)


def _stop_process(process: "subprocess.Popen[bytes]") -> None:
    """Let the worker's job end if it ends soon; asked twice, the worker gives it up for later."""
    for end in (process.terminate, process.terminate, process.kill):
        end()
        with suppress(subprocess.TimeoutExpired):
            process.wait(WORKER_STOP_TIMEOUT_S)
            return


def _require_free_port(host: str, port: int) -> None:
    """Bind where uvicorn will, for a moment."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        raise PortUnavailable(host, port, error.strerror or str(error)) from error


def _exit_on_sigterm(_signal: int, _frame: FrameType | None) -> None:
    # Python drops what is raised while an object is being finalised, as thousands are at a start.
    shutdown_requested.set()
    sys.exit(0)


def _exit_with_parent(parent: int) -> None:
    """End this process once its parent is gone, however that went."""
    while os.getppid() == parent:
        threading.Event().wait(PARENT_CHECK_INTERVAL_S)
    os.kill(os.getpid(), signal.SIGTERM)
