"""What the engine in memory is to reach, beside what it reached."""

from collections.abc import Iterator, Mapping, Sequence

from scripts.bench.datasets import DIMENSIONS
from scripts.bench.measurements import MIB, BenchmarkRun, Measurement, TargetResult

MIN_SPEEDUP = 5.0  # times the NumPy scan's pace, filtered and blended, at a hundred thousand titles
MAX_P95_MS = 2.5
HUNDRED_THOUSAND, MILLION = 100_000, 1_000_000
MIN_MILLION_SPEEDUP_ONE_CORE, MIN_MILLION_SPEEDUP_ALL_CORES = (
    3.5,
    6.0,
)  # at a million: on one core, on all
MIN_BATCH_SPEEDUP = 8.0  # times the pace of as many single scans
MAX_P95_RATIO_DURING_UPDATES = 1.5  # times the quiet p95
BYTES_PER_DIMENSION = 1 + 2  # of a number in eight bits and as a half, for memory
MAX_MEMORY_RATIO = 1.3  # times these
MAX_LOAD_S = 5.0  # a million titles that another process has saved

K = 300
BATCH_CASE = "64 at once, k 20"
UPDATE_P95_FACTS = ("p95_with_changes_in_batches", "p95_with_single_changes")  # times the quiet p95


def check_targets(run: BenchmarkRun) -> Iterator[TargetResult]:
    """Yield what holds for the size, as far as it was measured."""
    ours = [row for row in run.rows if row.engine.startswith("memory")]
    if not ours:
        return
    one, every = ours[0].engine, [row for row in ours if row.engine == ours[-1].engine]
    yield from _correctness_targets(run, ours)
    if run.titles >= MILLION:
        load_s = run.facts["load_s"]
        yield TargetResult(
            f"loaded in less than {MAX_LOAD_S:g} s", f"{load_s:g}", load_s < MAX_LOAD_S
        )
        yield from _million_title_targets([row for row in ours if row.engine == one], every)
    elif run.titles >= HUNDRED_THOUSAND:
        single = _single_query_rows(every)
        yield _at_least(f"p50: {MIN_SPEEDUP:g} times as fast as the scan", single, MIN_SPEEDUP)
        yield _at_most(
            f"p95: at most {MAX_P95_MS:g} ms", {row: row.p95_ms for row in single}, MAX_P95_MS
        )
    together = [row for row in every if row.case == BATCH_CASE]
    yield _at_least(
        f"{MIN_BATCH_SPEEDUP:g} times as many a second as single scans", together, MIN_BATCH_SPEEDUP
    )
    for fact in UPDATE_P95_FACTS:
        name = f"{fact.replace('_', ' ')}: at most {MAX_P95_RATIO_DURING_UPDATES:g} times the quiet one"
        yield TargetResult(
            name, f"{run.facts[fact]:.2f}", run.facts[fact] <= MAX_P95_RATIO_DURING_UPDATES
        )
    yield from _memory_targets(run)


def _correctness_targets(run: BenchmarkRun, ours: Sequence[Measurement]) -> Iterator[TargetResult]:
    judged = [row for row in ours if row.recall is not None]
    worst = min(row.recall or 0.0 for row in judged)
    yield TargetResult("recall exactly 1", f"{worst:g}", worst == 1)
    named = {engine.name for engine in run.engines if engine.exact}
    short = sum(row.short or 0 for row in run.rows if row.engine in named)
    yield TargetResult("no exact engine is ever short", f"{short} answers", short == 0)
    untrue = run.facts["wrong_while_changing"] + run.facts["missing_while_changing"]
    yield TargetResult("no title wrong or missing while titles change", f"{untrue:g}", untrue == 0)


def _million_title_targets(
    one: Sequence[Measurement], every: Sequence[Measurement]
) -> Iterator[TargetResult]:
    for rows, speed in (
        (one, MIN_MILLION_SPEEDUP_ONE_CORE),
        (every, MIN_MILLION_SPEEDUP_ALL_CORES),
    ):
        wide = [row for row in _single_query_rows(rows) if row.case.startswith("all")]
        yield _at_least(f"{rows[0].engine}: p50 {speed:g} times as fast as the scan", wide, speed)
    tenth = {row: row.p50_ms for row in _single_query_rows(every) if row.case.startswith("10 %")}
    yield _at_most(f"p50 of a tenth: at most {MAX_P95_MS:g} ms", tenth, MAX_P95_MS)


def _memory_targets(run: BenchmarkRun) -> Iterator[TargetResult]:
    floor = run.titles * DIMENSIONS * BYTES_PER_DIMENSION / MIB
    for engine in run.engines:
        if engine.name.startswith("memory") and engine.anonymous_mib is not None:
            share = (engine.anonymous_mib + (engine.mapped_mib or 0.0)) / floor
            name = f"{engine.name}: at most {MAX_MEMORY_RATIO:g} times int8 and float16"
            yield TargetResult(name, f"{share:.2f} of {floor:.0f} MiB", share <= MAX_MEMORY_RATIO)


def _single_query_rows(rows: Sequence[Measurement]) -> list[Measurement]:
    return [row for row in rows if row.case.endswith(f", k {K}")]


def _at_least(name: str, rows: Sequence[Measurement], target: float) -> TargetResult:
    worst = min(rows, key=lambda row: row.speed or 0.0)
    return TargetResult(name, f"{worst.speed:g} ({worst.case})", (worst.speed or 0.0) >= target)


def _at_most(name: str, measured: Mapping[Measurement, float], target: float) -> TargetResult:
    worst = max(measured, key=lambda row: measured[row])
    return TargetResult(name, f"{measured[worst]:g} ({worst.case})", measured[worst] <= target)
