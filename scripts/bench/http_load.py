"""The callers of `rasika bench http`: many routes in turns.

python -m scripts.bench.http_load < plan.json > results.json
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import cycle

import psutil

from scripts.bench.load_client import (
    Connection,
    LoadPlan,
    LoadResult,
    cpu_seconds,
    run_closed_loops,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLoadPlan(LoadPlan):
    """The routes and the paths requested of each, one after the other."""

    routes: dict[str, list[str]]


def measure(plan: HttpLoadPlan) -> dict[str, LoadResult]:
    """Return the result of every route."""
    results = {name: LoadResult() for name in plan.routes}
    next_paths = {name: cycle(paths) for name, paths in plan.routes.items()}
    for _ in range(plan.round_count):
        for name, paths in next_paths.items():
            _run_turn(plan, paths, results[name])
    return results


def _run_turn(plan: HttpLoadPlan, paths: Iterator[str], total: LoadResult) -> None:
    """Let every caller take the next path of a route until the turn is over."""
    connections = [Connection(plan.port) for _ in range(plan.caller_count)]
    results = [LoadResult() for _ in connections]
    for connection in connections:
        connection.request("GET", next(paths))  # not counted: it opens the connection
    server = psutil.Process(plan.server_pid)
    cpu_before = cpu_seconds(server)
    calls = [
        _next_request(connection, result, paths)
        for connection, result in zip(connections, results, strict=True)
    ]
    total.elapsed_s += run_closed_loops(calls, plan.turn_s)
    total.server_cpu_s += cpu_seconds(server) - cpu_before
    for connection, result in zip(connections, results, strict=True):
        connection.close()
        total.add(result)


def _next_request(
    connection: Connection, result: LoadResult, paths: Iterator[str]
) -> Callable[[], object]:
    return lambda: connection.timed_request(result, "GET", next(paths))


def main() -> None:
    """Read a plan and print the results."""
    plan = HttpLoadPlan(**json.load(sys.stdin))
    json.dump({name: asdict(each) for name, each in measure(plan).items()}, sys.stdout)


if __name__ == "__main__":
    main()
