"""`rasika serve`: the servers, the application, and a worker beside it.

The heavy imports happen in functions, while the embedded servers start.
"""

import atexit
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, TypedDict

import structlog

from config.garbage_collection import collect_between_bytecodes
from config.settings import Settings, load_settings
from scripts.cli.console import CommandFailed

if TYPE_CHECKING:
    from fastapi import FastAPI

    from config.resources import Resources

WORKER_STOP_TIMEOUT_S = 3.0

log = structlog.get_logger()

shutdown_requested = threading.Event()  # SIGTERM arrived, perhaps before uvicorn ran


class PortUnavailable(CommandFailed):
    """The address to listen on is in use or not allowed."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host} port {port}: {reason}; choose another --port")


class ListenOptions(TypedDict):
    """Where uvicorn listens, and in how many processes."""

    host: str
    port: int
    workers: int


class UvicornOptions(TypedDict):
    """What is done elsewhere: logging in `config.logging_setup`, proxies in `api`."""

    log_config: None
    access_log: bool
    proxy_headers: bool
    server_header: bool
    timeout_worker_healthcheck: int


UVICORN_OPTIONS = UvicornOptions(
    log_config=None,
    access_log=False,
    proxy_headers=False,
    server_header=False,
    # seconds; the default of 5 kills processes of `--workers` that import and load on busy cores
    timeout_worker_healthcheck=60,
)


def serve(settings: Settings, *, host: str, port: int, workers: int, seed: bool) -> None:
    """Serve until stopped; with the embedded Valkey, run a worker process too.

    Raises `PortUnavailable`, before anything is started.
    """
    _require_free_port(host, port)
    # uvicorn raises the signal again once it has stopped; the default handler would kill us.
    signal.signal(signal.SIGTERM, _exit_on_sigterm)
    gc.disable()  # until the catalogue is loaded: nothing of a start is garbage
    with _servers_starting(settings), ExitStack() as stack:
        import uvicorn

        from config.resources import REQUEST_LIMITS, open_resources
        from services import seeding

        if workers == 1:
            import api.app  # noqa: F401  # now, while the servers start

        resources = stack.enter_context(open_resources(settings, limits=REQUEST_LIMITS))
        if seed:
            seeding.seed_catalogue(resources.background_engine, resources.embedder)
        _enqueue_missing_embeddings(resources)
        application = (
            _create_application(resources)
            if workers == 1
            else "scripts.cli.serve:create_worker_application"
        )
        gc.enable()
        collect_between_bytecodes()
        stack.enter_context(_queue_worker_process(settings))  # last: it takes a core for seconds
        options = ListenOptions(host=host, port=port, workers=workers)
        if not shutdown_requested.is_set():
            uvicorn.run(application, factory=workers > 1, **options, **UVICORN_OPTIONS)


def create_worker_application() -> "FastAPI":
    """Return the application of one of several processes, over its own resources."""
    from config import logging_setup
    from config.resources import REQUEST_LIMITS, open_resources

    logging_setup.configure_logging()
    collect_between_bytecodes()
    stack = ExitStack()
    atexit.register(stack.close)
    resources = stack.enter_context(open_resources(load_settings(), limits=REQUEST_LIMITS))
    return _close_after(_create_application(resources), stack)


def _close_after(application: "FastAPI", stack: ExitStack) -> "FastAPI":
    """Close a stack once the application has stopped; uvicorn then kills the process."""
    run_lifespan = application.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: "FastAPI") -> AsyncIterator[Any]:
        async with run_lifespan(app) as state:
            yield state
        stack.close()

    application.router.lifespan_context = lifespan
    return application


def _create_application(resources: "Resources") -> "FastAPI":
    from api.app import create_app
    from runtime.catalogue_view import create_catalogue_view

    view = create_catalogue_view(resources)
    view.load()
    return create_app(resources, view)


@contextmanager
def _servers_starting(settings: Settings) -> Iterator[None]:
    """Start the embedded servers on a thread, and keep them until the block ends.

    A failure shows when the block opens its resources, which then joins or starts them itself.
    """
    leases = ExitStack()

    def start() -> None:
        from embedded.home_folder import EmbeddedServicesError
        from embedded.lease import acquire

        with suppress(EmbeddedServicesError):
            leases.enter_context(
                acquire(
                    settings.home,
                    postgres=settings.database_url is None,
                    valkey=settings.redis_url is None,
                )
            )

    starting = threading.Thread(target=start, daemon=True)
    if settings.database_url is None or settings.redis_url is None:
        starting.start()
    with leases:
        yield


def _enqueue_missing_embeddings(resources: "Resources") -> None:
    """Enqueue a job for titles without a vector, instead of embedding them before serving."""
    import redis

    from services.embedding import missing_title_batches
    from workers import queues

    embedder = resources.embedder
    if embedder is None or not next(
        missing_title_batches(resources.background_engine, embedder, 1), None
    ):
        return
    try:
        queues.enqueue(resources.redis, "embed_missing")
    except redis.RedisError as error:
        log.warning("embedding_not_enqueued", error=str(error))


@contextmanager
def _queue_worker_process(settings: Settings) -> Iterator[None]:
    """Run a worker beside an embedded Valkey, which no other machine can reach."""
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
    """Let the worker finish a short job; a second SIGTERM makes it give up a long one."""
    status = process.poll()
    if status is not None:  # it should have outlived us
        log.warning("worker_ended", status=status)
    for end in (process.terminate, process.terminate, process.kill):
        end()
        with suppress(subprocess.TimeoutExpired):
            process.wait(WORKER_STOP_TIMEOUT_S)
            return


def _require_free_port(host: str, port: int) -> None:
    """Bind where uvicorn will, for a moment."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PortUnavailable(host, port, error.strerror or str(error)) from error


def _exit_on_sigterm(_signal: int, _frame: FrameType | None) -> None:
    # Python drops what is raised while an object is being finalised, as thousands are at a start.
    shutdown_requested.set()
    sys.exit(0)
