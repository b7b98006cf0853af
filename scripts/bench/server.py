"""A real server over a filled home, and the rows of what its callers measured."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedders import load_embedder
from config.settings import ENV_PREFIX, Settings
from scripts.bench import datasets, fixtures, load_client
from scripts.bench.fixtures import BenchmarkFixture
from scripts.bench.load_client import (
    HOST,
    LIVEZ_PATH,
    PROJECT_FOLDER,
    LoadPlan,
    LoadProcessFailed,
    LoadResult,
)
from scripts.bench.machine import resident_mib
from scripts.bench.measurements import (
    BASELINE,
    RASIKA,
    BenchmarkFailed,
    BenchmarkOptions,
    BenchmarkRun,
    Timings,
)

START_TIMEOUT_S = 300.0  # 100,000 titles are loaded at the start
TURN_S = 2.0  # routes and numbers of callers take turns of about so long


@dataclass(frozen=True, slots=True)
class BenchmarkServer:
    """A running server, the titles it serves, and the run that it is measured in."""

    fixture: BenchmarkFixture
    run: BenchmarkRun
    pid: int
    port: int


@contextmanager
def open_server(
    settings: Settings, titles: int, workload: str, baseline: str
) -> Iterator[BenchmarkServer]:
    """Fill a home with titles, which is kept, and serve it while the context is open.

    Raises `BenchmarkFailed`.
    """
    model = require_model(settings)
    with fixtures.open_fixture(settings.home, titles, model) as fixture:
        dataset = datasets.describe_dataset(len(fixture.ids), fixture.real_titles)
        run = BenchmarkRun(titles, f"{dataset}; {workload}", baseline)
        with _server_process(settings, fixture, run) as (process, port):
            yield BenchmarkServer(fixture, run, process.pid, port)
            run.facts["server_rss_mib"] = resident_mib(process.pid)


def require_model(settings: Settings) -> str:
    """Return the name of the embedding model.

    Raises `BenchmarkFailed`.
    """
    embedder = load_embedder(settings)
    if embedder is None:
        raise BenchmarkFailed(f"the embedder {settings.embedder} could not be loaded")
    return embedder.model


def plan_fields(server: BenchmarkServer, options: BenchmarkOptions) -> dict[str, Any]:
    """Return the fields that every `LoadPlan` has."""
    round_count = max(1, round(options.seconds_per_case / TURN_S))
    return {
        "port": server.port,
        "server_pid": server.pid,
        "caller_count": options.callers,
        "round_count": round_count,
        "turn_s": options.seconds_per_case / round_count,
    }


def run_load(module: str, plan: LoadPlan) -> Any:
    """Run the callers and return what they print.

    Raises `BenchmarkFailed`.
    """
    try:
        return load_client.run_load_process(module, plan)
    except LoadProcessFailed as error:
        raise BenchmarkFailed(f"the callers failed: {error}") from error


def add_load_rows(
    run: BenchmarkRun, results: Mapping[str, LoadResult], targets_ms: Mapping[str, float]
) -> None:
    """Add a row for each case, its speed relative to that of `/livez`."""
    baseline = _timings(results[LIVEZ_PATH])
    run.rows.append(baseline.measurement(LIVEZ_PATH, BASELINE))
    for case, result in results.items():
        if case != LIVEZ_PATH:
            timings = _timings(result)
            speed = timings.per_second / baseline.per_second
            target_ms = targets_ms.get(case)
            run.rows.append(timings.measurement(case, RASIKA, speed=speed, target_ms=target_ms))


def server_cpu_ms(result: LoadResult) -> float:
    """Return the server's processor time per request, to a hundredth of a millisecond."""
    return round(1000 * result.server_cpu_s / len(result.latencies_s), 2)


def _timings(result: LoadResult) -> Timings:
    return Timings(result.latencies_s, len(result.latencies_s) / result.elapsed_s, result.errors)


@contextmanager
def _server_process(
    settings: Settings, fixture: BenchmarkFixture, run: BenchmarkRun
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Serve; with a Redis URL set, no worker runs beside the server."""
    port = _free_port()
    log = fixture.path / "serve.log"
    began = time.monotonic()
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603  # this interpreter and a module of ours
            [sys.executable, "-m", "scripts.cli", "serve", "--no-seed", "--port", str(port)],
            env=_environment(settings, fixture),
            cwd=fixture.path,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, port, log)
        run.facts["server_start_s"] = round(time.monotonic() - began, 1)
        yield process, port
    finally:
        process.terminate()
        process.wait()


def _environment(settings: Settings, fixture: BenchmarkFixture) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    import_path = [str(PROJECT_FOLDER), os.environ.get("PYTHONPATH", "")]
    return others | {
        "PYTHONPATH": os.pathsep.join(filter(None, import_path)),
        f"{ENV_PREFIX}HOME": str(fixture.path.resolve()),
        f"{ENV_PREFIX}DATABASE_URL": fixture.lease.database_url,
        f"{ENV_PREFIX}REDIS_URL": fixture.lease.redis_url,
        f"{ENV_PREFIX}EMBEDDER": settings.embedder,
    }


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() > deadline:
            last_line = (log.read_text(errors="replace").strip().splitlines() or ["no output"])[-1]
            raise BenchmarkFailed(f"the server did not start: {last_line} (see {log})")
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
