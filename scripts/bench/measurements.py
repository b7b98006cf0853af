"""The figures of a benchmark, and how calls are timed."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from scripts.cli.console import CommandFailed

RASIKA, BASELINE = "rasika", "baseline"  # engines of a row

Call = Callable[[int], object]
"""A call to time, given its number; -1 is the warm-up, which is not counted."""


class BenchmarkFailed(CommandFailed):
    """A benchmark could not run."""


@dataclass(frozen=True, slots=True)
class BenchmarkOptions:
    """What to measure, and how long."""

    repeats: int = 200  # queries per case
    seconds_per_case: float = 10.0  # of concurrent callers, ours and the baseline each
    callers: int = 10
    repeated_queries: int = 200  # distinct texts of the cases with repeated queries
    engines: Sequence[str] = ()  # of `index`; empty: those that suit the size
    real_titles: bool = False  # of `index`: titles with vectors of the model


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One case and engine; `speed` is relative to the baseline of the same run."""

    case: str
    engine: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    per_second: float
    recall: float | None = None  # of the exact best k, 0..1
    speed: float | None = None
    target_ms: float | None = None  # p95 has to stay below
    errors: int = 0
    p10_ms: float = 0.0  # the time on an undisturbed machine
    short: int | None = None  # answers with fewer titles than requested though more match
    stray: int | None = None  # titles that should not have been returned


@dataclass(frozen=True, slots=True)
class EngineReport:
    """An engine; its memory is what this process grew by while it was built."""

    name: str
    description: str
    exact: bool
    build_s: float
    anonymous_mib: float | None
    mapped_mib: float | None


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A target, the figure measured, and whether the target is met."""

    name: str
    measured: str
    met: bool


@dataclass(slots=True)
class BenchmarkRun:
    """A benchmark at one catalogue size."""

    titles: int
    data: str
    baseline: str
    rows: list[Measurement] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)  # units in the names
    engines: list[EngineReport] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # engine to the reason
    targets: list[TargetResult] = field(default_factory=list)

    def add_pair(
        self, case: str, ours: "Timings", baseline: "Timings", *, target_ms: float | None = None
    ) -> None:
        """Add ours, and the baseline beside it."""
        speed = ours.per_second / baseline.per_second
        self.rows += [
            ours.measurement(case, RASIKA, speed=speed, target_ms=target_ms),
            baseline.measurement(case, BASELINE),
        ]


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds per call, and queries answered per second."""

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
        target_ms: float | None = None,
        short: int | None = None,
        stray: int | None = None,
    ) -> Measurement:
        """Return the row of a case and an engine."""
        milliseconds = np.array(self.seconds) * 1000
        p10, p50, p95, p99 = np.percentile(milliseconds, [10, 50, 95, 99]).round(3).tolist()
        return Measurement(
            case=case,
            engine=engine,
            p10_ms=p10,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            per_second=round(self.per_second, 2),
            recall=None if recall is None else round(recall, 6),
            speed=None if speed is None else round(speed, 3),
            target_ms=target_ms,
            errors=self.errors,
            short=short,
            stray=stray,
        )


def time_alternately(ours: Call, baseline: Call, repeats: int) -> tuple[Timings, Timings]:
    """Time call i of ours, then of the baseline, so that a noisy machine slows both alike."""
    ours(-1), baseline(-1)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(repeats):
        for call, seconds in zip((ours, baseline), times, strict=True):
            seconds.append(time_call(call, number))
    first, second = (Timings(seconds, len(seconds) / sum(seconds)) for seconds in times)
    return first, second


def time_concurrently(
    ours: Call, baseline: Call, options: BenchmarkOptions
) -> tuple[Timings, Timings]:
    """Time calls from several threads at once, ours and the baseline in turns of a second."""
    rounds = max(1, round(options.seconds_per_case))
    turn_s = options.seconds_per_case / rounds
    times: tuple[list[float], list[float]] = ([], [])
    elapsed_s = [0.0, 0.0]
    for turn in range(rounds):
        for side, call in enumerate((ours, baseline)):
            began = time.perf_counter()
            times[side].extend(_call_from_threads(call, turn_s, options.callers, turn))
            elapsed_s[side] += time.perf_counter() - began
    first, second = (
        Timings(seconds, len(seconds) / elapsed)
        for seconds, elapsed in zip(times, elapsed_s, strict=True)
    )
    return first, second


def time_call(call: Call, number: int) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    call(number)
    return time.perf_counter() - began


def _call_from_threads(call: Call, seconds: float, callers: int, turn: int) -> Sequence[float]:
    """Call from every thread until the time is over, each with numbers of its own."""
    end_at = time.perf_counter() + seconds

    def repeat(caller: int) -> list[float]:
        taken: list[float] = []
        number = turn * 1_000_003 + caller * 10_007
        while not taken or time.perf_counter() < end_at:
            taken.append(time_call(call, number))
            number += 1
        return taken

    with ThreadPoolExecutor(callers) as pool:
        return [each for taken in pool.map(repeat, range(callers)) for each in taken]
