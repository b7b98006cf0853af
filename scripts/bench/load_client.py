"""The HTTP client of `rasika bench http` and `rasika bench feed`: closed loops, in one process.

Closed loop: each caller keeps one connection and sends its next request when the last one is
answered. The callers run in a process of their own, so that they do not slow the server down, and
use the standard library: per request it takes a tenth of the processor time of httpx, on the cores
that the server is measured on. (Locust would add gevent and some 25 packages, and reports neither
alternating turns nor the server's processor time; oha is not on PyPI.)
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil

HOST = "127.0.0.1"
LIVEZ_PATH = "/livez"  # costs nothing but HTTP: the baseline
PROJECT_FOLDER = Path(__file__).resolve().parents[2]

REQUEST_TIMEOUT_S = 30.0
MAX_TRIES = 2  # a server closes connections that are idle for seconds
UNREACHABLE_STATUS = 599
SUCCESS_STATUSES = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What both benchmarks need; routes take turns, so that a noisy machine slows all alike."""

    port: int
    server_pid: int
    caller_count: int
    round_count: int
    turn_s: float


@dataclass(slots=True)
class LoadResult:
    """Requests of one case."""

    latencies_s: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0
    server_cpu_s: float = 0.0
    errors: int = 0

    def add(self, other: "LoadResult") -> None:
        """Add the requests of another result; elapsed time is counted apart."""
        self.latencies_s += other.latencies_s
        self.server_cpu_s += other.server_cpu_s
        self.errors += other.errors


class LoadProcessFailed(RuntimeError):
    """The process of the callers failed; the message is its last line."""


class Connection:
    """One kept connection of a caller."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.headers = headers or {}
        self._connection = HTTPConnection(HOST, port, timeout=REQUEST_TIMEOUT_S)

    def request(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Return the status and the body of the response; 599 for an unreachable server."""
        content = None if body is None else json.dumps(body).encode()
        headers = self.headers | ({"Content-Type": "application/json"} if content else {})
        for _ in range(MAX_TRIES):
            try:
                self._connection.request(method, path, content, headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (OSError, HTTPException):
                self._connection.close()  # the next request opens it again
        return UNREACHABLE_STATUS, b""

    def timed_request(
        self, result: LoadResult, method: str, path: str, body: object = None
    ) -> tuple[int, bytes]:
        """Request, and add the latency and a failure to a result."""
        began = time.perf_counter()
        status, content = self.request(method, path, body)
        result.latencies_s.append(time.perf_counter() - began)
        result.errors += status not in SUCCESS_STATUSES
        return status, content

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def run_closed_loops(calls: Sequence[Callable[[], object]], seconds: float) -> float:
    """Repeat each call in a thread of its own, once at least; return the seconds it took."""
    began = time.perf_counter()
    end_at = began + seconds
    threads = [threading.Thread(target=_repeat, args=(call, end_at), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def cpu_seconds(process: psutil.Process) -> float:
    """Return the processor time that a process has used, to a hundredth of a second."""
    times = process.cpu_times()
    return float(times.user + times.system)


def run_load_process(module: str, plan: LoadPlan) -> Any:
    """Run `python -m module` with a plan on standard input; return the JSON it prints.

    Raises `LoadProcessFailed`.
    """
    done = subprocess.run(  # noqa: S603  # this interpreter and a module of ours
        [sys.executable, "-m", module],
        input=json.dumps(asdict(plan)),
        env={**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LoadProcessFailed((done.stderr.strip().splitlines() or ["no output"])[-1])
    return json.loads(done.stdout)


def _repeat(call: Callable[[], object], end_at: float) -> None:
    call()
    while time.perf_counter() < end_at:
        call()
