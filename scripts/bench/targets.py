"""The targets of the in-memory engine, checked against a run."""

from collections.abc import Iterator, Mapping, Sequence

from scripts.bench.datasets import DIMENSIONS
from scripts.bench.machine import MIB
from scripts.bench.measurements import BenchmarkRun, Measurement, TargetResult

# Speeds are relative to the NumPy scan on one thread.
MIN_SPEED = 5.0  # filtered and blended, 100,000 titles
MIN_BATCH_SPEED = 8.0  # relative to as many single scans
MIN_MILLION_SPEED_ONE_CORE = 3.5
MIN_MILLION_SPEED_ALL_CORES = 6.0

MAX_P95_MS = 2.5
MAX_P95_RATIO_DURING_UPDATES = 1.5  # of p95 without updates
MAX_LOAD_S = 5.0  # a million titles that another process has saved
MAX_MEMORY_RATIO = 1.3  # of the bytes of the numbers alone
BYTES_PER_DIMENSION = 1 + 2  # an 8-bit code and a half-precision number

HUNDRED_THOUSAND, MILLION = 100_000, 1_000_000
K = 300
BATCH_CASE = "64 at once, k 20"
UPDATE_P95_FACTS = ("p95_with_changes_in_batches", "p95_with_single_changes")  # ratios


def check_targets(run: BenchmarkRun) -> Iterator[TargetResult]:
    """Yield the targets that apply at the size of the run, as far as they were measured."""
    ours = [row for row in run.rows if row.engine.startswith("memory")]
    if not ours:
        return
    all_cores = [row for row in ours if row.engine == ours[-1].engine]
    yield from _correctness_targets(run, ours)
    if run.titles >= MILLION:
        one_core = [row for row in ours if row.engine == ours[0].engine]
        yield from _million_title_targets(run, one_core, all_cores)
    elif run.titles >= HUNDRED_THOUSAND:
        rows = _single_query_rows(all_cores)
        yield _min_speed(f"p50: {MIN_SPEED:g} times the speed of the scan", rows, MIN_SPEED)
        p95_ms = {row: row.p95_ms for row in rows}
        yield _max_time(f"p95: at most {MAX_P95_MS:g} ms", p95_ms, MAX_P95_MS)
    batches = [row for row in all_cores if row.case == BATCH_CASE]
    name = f"batches: {MIN_BATCH_SPEED:g} times as many per second as single scans"
    yield _min_speed(name, batches, MIN_BATCH_SPEED)
    yield from _update_targets(run)
    yield from _memory_targets(run)


def _correctness_targets(run: BenchmarkRun, ours: Sequence[Measurement]) -> Iterator[TargetResult]:
    worst = min(row.recall for row in ours if row.recall is not None)
    yield TargetResult("recall exactly 1", f"{worst:g}", worst == 1)
    exact = {engine.name for engine in run.engines if engine.exact}
    short = sum(row.short or 0 for row in run.rows if row.engine in exact)
    yield TargetResult("no short answer of an exact engine", f"{short} answers", short == 0)
    untrue = run.facts["wrong_while_changing"] + run.facts["missing_while_changing"]
    yield TargetResult("no title wrong or missing during updates", f"{untrue:g}", untrue == 0)


def _million_title_targets(
    run: BenchmarkRun, one_core: Sequence[Measurement], all_cores: Sequence[Measurement]
) -> Iterator[TargetResult]:
    load_s = run.facts["load_s"]
    name = f"loaded in less than {MAX_LOAD_S:g} s"
    yield TargetResult(name, f"{load_s:g}", load_s < MAX_LOAD_S)
    for rows, speed in (
        (one_core, MIN_MILLION_SPEED_ONE_CORE),
        (all_cores, MIN_MILLION_SPEED_ALL_CORES),
    ):
        unfiltered = [row for row in _single_query_rows(rows) if row.case.startswith("all")]
        name = f"{rows[0].engine}: p50 {speed:g} times the speed of the scan"
        yield _min_speed(name, unfiltered, speed)
    rows_of_tenth = [row for row in _single_query_rows(all_cores) if row.case.startswith("10 %")]
    p50_ms = {row: row.p50_ms for row in rows_of_tenth}
    yield _max_time(f"p50 of a tenth: at most {MAX_P95_MS:g} ms", p50_ms, MAX_P95_MS)


def _update_targets(run: BenchmarkRun) -> Iterator[TargetResult]:
    for fact in UPDATE_P95_FACTS:
        ratio, limit = run.facts[fact], MAX_P95_RATIO_DURING_UPDATES
        name = f"{fact.replace('_', ' ')}: at most {limit:g} times that without changes"
        yield TargetResult(name, f"{ratio:.2f}", ratio <= limit)


def _memory_targets(run: BenchmarkRun) -> Iterator[TargetResult]:
    minimum_mib = run.titles * DIMENSIONS * BYTES_PER_DIMENSION / MIB
    for engine in run.engines:
        if engine.name.startswith("memory") and engine.anonymous_mib is not None:
            ratio = (engine.anonymous_mib + (engine.mapped_mib or 0.0)) / minimum_mib
            name = f"{engine.name}: at most {MAX_MEMORY_RATIO:g} times int8 and float16"
            measured = f"{ratio:.2f} of {minimum_mib:.0f} MiB"
            yield TargetResult(name, measured, ratio <= MAX_MEMORY_RATIO)


def _single_query_rows(rows: Sequence[Measurement]) -> list[Measurement]:
    return [row for row in rows if row.case.endswith(f", k {K}")]


def _min_speed(name: str, rows: Sequence[Measurement], minimum: float) -> TargetResult:
    worst = min(rows, key=lambda row: row.speed or 0.0)
    return TargetResult(name, f"{worst.speed:g} ({worst.case})", (worst.speed or 0.0) >= minimum)


def _max_time(name: str, times_ms: Mapping[Measurement, float], maximum: float) -> TargetResult:
    worst = max(times_ms, key=lambda row: times_ms[row])
    return TargetResult(name, f"{times_ms[worst]:g} ({worst.case})", times_ms[worst] <= maximum)
