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
TIMEOUT_S = 30.0
OK = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask; the routes take turns, so that a noisy machine slows all alike."""

    port: int
    server: int  # its process id
    callers: int
    rounds: int
    turn_s: float
    routes: dict[str, list[str]]  # a name to the paths asked, one after the other


@dataclass(slots=True)
class Answered:
    """What came of a route; all in seconds."""

    seconds: list[float] = field(default_factory=list)
    passed: float = 0.0
    server_cpu: float = 0.0
    errors: int = 0


class Caller(threading.Thread):
    """Asks until the time is over."""

    def __init__(self, plan: Plan, paths: Sequence[str], turn: "count[int]") -> None:
        super().__init__(daemon=True)
        self.answered = Answered()
        self._connection = HTTPConnection(HOST, plan.port, timeout=TIMEOUT_S)
        self._paths = paths
        self._turn = turn
        self.end = 0.0

    def run(self) -> None:
        """Ask once to warm up, then keep the time of every answer."""
        self.ask(self._paths[-1])
        while time.perf_counter() < self.end or not self.answered.seconds:
            began = time.perf_counter()
            ok = self.ask(self._paths[next(self._turn) % len(self._paths)])
            self.answered.seconds.append(time.perf_counter() - began)
            self.answered.errors += not ok
        self._connection.close()

    def ask(self, path: str) -> bool:
        """Return whether the server answered well."""
        try:
            self._connection.request("GET", path)
            response = self._connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            self._connection.close()  # the next request opens it again
            return False
        return response.status == OK


def measure(plan: Plan) -> dict[str, Answered]:
    """Return what came of every route."""
    server = psutil.Process(plan.server)
    measured = {name: Answered() for name in plan.routes}
    turns = {name: count() for name in plan.routes}
    for _ in range(plan.rounds):
        for name, paths in plan.routes.items():
            callers = [Caller(plan, paths, turns[name]) for _ in range(plan.callers)]
            before = cpu(server)
            passed = _take_turn(plan, callers)
            _add(measured[name], callers, passed, cpu(server) - before)
    return measured


def _take_turn(plan: Plan, callers: Sequence[Caller]) -> float:
    began = time.perf_counter()
    for caller in callers:
        caller.end = began + plan.turn_s
        caller.start()
    for caller in callers:
        caller.join()
    return time.perf_counter() - began


def _add(total: Answered, callers: Sequence[Caller], passed: float, cpu: float) -> None:
    for caller in callers:
        total.seconds += caller.answered.seconds
        total.errors += caller.answered.errors
    total.passed += passed
    total.server_cpu += cpu


def cpu(process: psutil.Process) -> float:
    """Return the seconds of processor time that a process has taken, to a hundredth."""
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Read a plan and write what came of it."""
    plan = Plan(**json.load(sys.stdin))
    json.dump({name: asdict(each) for name, each in measure(plan).items()}, sys.stdout)


if __name__ == "__main__":
    main()
