"""A real server over a home that was filled, for benchmarks that ask it over HTTP."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import ENV_PREFIX, Settings
from scripts.bench.fixtures import BenchmarkFixture
from scripts.bench.http_load import HOST
from scripts.bench.measurements import BenchmarkFailed, BenchmarkRun

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 300.0  # a hundred thousand titles are read in one


@contextmanager
def running_server(
    settings: Settings, filled: BenchmarkFixture, run: BenchmarkRun
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Serve until the callers are done; with a Redis that is given, no worker runs beside."""
    port = _free_port()
    command = [sys.executable, "-m", "scripts.cli", "serve", "--no-seed", "--port", str(port)]
    log = filled.path / "serve.log"
    began = time.monotonic()
    with log.open("wb") as written:
        process = subprocess.Popen(  # noqa: S603  # this interpreter, our own words
            command,
            env=_environment(settings, filled),
            cwd=filled.path,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, port, log)
        run.facts["server_start_s"] = round(time.monotonic() - began, 1)
        yield process, port
    finally:
        process.terminate()
        process.wait()


def _environment(settings: Settings, filled: BenchmarkFixture) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    search = [str(PROJECT_FOLDER), os.environ.get("PYTHONPATH", "")]
    return plain | {
        "PYTHONPATH": os.pathsep.join(filter(None, search)),
        f"{ENV_PREFIX}HOME": str(filled.path.resolve()),
        f"{ENV_PREFIX}DATABASE_URL": filled.lease.database_url,
        f"{ENV_PREFIX}REDIS_URL": filled.lease.redis_url,
        f"{ENV_PREFIX}EMBEDDER": settings.embedder,
    }


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            last = (log.read_text(errors="replace").strip().splitlines() or ["nothing said"])[-1]
            raise BenchmarkFailed(f"the server did not start: {last} (see {log})")
        time.sleep(0.1)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
