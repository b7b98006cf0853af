"""The callers of `rasika bench http`: a process of their own, lest they slow the server down.

    python -m scripts.bench.http_load < plan > measured

Closed loop: each caller keeps one connection and asks again as soon as it is answered. It is the
standard library's client, for it costs a tenth of what httpx does on the cores that are shared
with the server.
"""

import json
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count

import psutil

HOST = "127.0.0.1"
REQUEST_TIMEOUT_S = 30.0
HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to ask; the routes take turns, so that a noisy machine slows all alike."""

    port: int
    server: int  # its process id
    caller_count: int
    rounds: int
    turn_s: float
    routes: dict[str, list[str]]  # a name to the paths asked, one after the other


@dataclass(slots=True)
class LoadResult:
    """What came of a route; all in seconds."""

    latencies_s: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0
    server_cpu_s: float = 0.0
    errors: int = 0


class Caller(threading.Thread):
    """Asks until the time is over."""

    def __init__(self, plan: LoadPlan, paths: Sequence[str], turn: "count[int]") -> None:
        super().__init__(daemon=True)
        self.result = LoadResult()
        self._connection = HTTPConnection(HOST, plan.port, timeout=REQUEST_TIMEOUT_S)
        self._paths = paths
        self._turn = turn
        self.end_at = 0.0

    def run(self) -> None:
        """Ask once to warm up, then keep the time of every answer."""
        self.request(self._paths[-1])
        while time.perf_counter() < self.end_at or not self.result.latencies_s:
            began = time.perf_counter()
            ok = self.request(self._paths[next(self._turn) % len(self._paths)])
            self.result.latencies_s.append(time.perf_counter() - began)
            self.result.errors += not ok
        self._connection.close()

    def request(self, path: str) -> bool:
        """Return whether the server answered well."""
        try:
            self._connection.request("GET", path)
            response = self._connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            self._connection.close()  # the next request opens it again
            return False
        return response.status == HTTP_OK


def measure(plan: LoadPlan) -> dict[str, LoadResult]:
    """Return what came of every route."""
    server = psutil.Process(plan.server)
    measured = {name: LoadResult() for name in plan.routes}
    turns = {name: count() for name in plan.routes}
    for _ in range(plan.rounds):
        for name, paths in plan.routes.items():
            callers = [Caller(plan, paths, turns[name]) for _ in range(plan.caller_count)]
            before = cpu_seconds(server)
            passed = _run_turn(plan, callers)
            _add_results(measured[name], callers, passed, cpu_seconds(server) - before)
    return measured


def _run_turn(plan: LoadPlan, callers: Sequence[Caller]) -> float:
    began = time.perf_counter()
    for caller in callers:
        caller.end_at = began + plan.turn_s
        caller.start()
    for caller in callers:
        caller.join()
    return time.perf_counter() - began


def _add_results(total: LoadResult, callers: Sequence[Caller], passed: float, cpu: float) -> None:
    for caller in callers:
        total.latencies_s += caller.result.latencies_s
        total.errors += caller.result.errors
    total.elapsed_s += passed
    total.server_cpu_s += cpu


def cpu_seconds(process: psutil.Process) -> float:
    """Return the seconds of processor time that a process has taken, to a hundredth."""
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Read a plan and write what came of it."""
    plan = LoadPlan(**json.load(sys.stdin))
    json.dump({name: asdict(each) for name, each in measure(plan).items()}, sys.stdout)


if __name__ == "__main__":
    main()
