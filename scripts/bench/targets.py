"""What the engine in memory is to reach, beside what it reached."""

from collections.abc import Iterator, Mapping, Sequence

from scripts.bench.datasets import DIMENSIONS
from scripts.bench.measurements import MIB, Bar, Row, Run

SPEED = 5.0  # times the NumPy scan's pace, filtered and blended, at a hundred thousand titles
P95_MS = 2.5
HUNDRED_THOUSAND, MILLION = 100_000, 1_000_000
SPEED_OF_MANY, SPEED_OF_MANY_ON_ALL = 3.5, 6.0  # at a million: on one core, on all
TOGETHER = 8.0  # times the pace of as many single scans
BUSY = 1.5  # times the quiet p95
BYTES = 1 + 2  # of a number in eight bits and as a half, for memory
MEMORY = 1.3  # times these
LOAD_S = 5.0  # a million titles that another process has saved

K = 300
TOGETHER_CASE = "64 at once, k 20"
BUSY_FACTS = ("p95_with_changes_in_batches", "p95_with_single_changes")  # times the quiet p95


def bars(run: Run) -> Iterator[Bar]:
    """Yield what holds for the size, as far as it was measured."""
    ours = [row for row in run.rows if row.engine.startswith("memory")]
    if not ours:
        return
    one, every = ours[0].engine, [row for row in ours if row.engine == ours[-1].engine]
    yield from _right(run, ours)
    if run.titles >= MILLION:
        load_s = run.facts["load_s"]
        yield Bar(f"loaded in less than {LOAD_S:g} s", f"{load_s:g}", load_s < LOAD_S)
        yield from _of_many([row for row in ours if row.engine == one], every)
    elif run.titles >= HUNDRED_THOUSAND:
        single = _single(every)
        yield _least(f"p50: {SPEED:g} times as fast as the scan", single, SPEED)
        yield _most(f"p95: at most {P95_MS:g} ms", {row: row.p95_ms for row in single}, P95_MS)
    together = [row for row in every if row.case == TOGETHER_CASE]
    yield _least(f"{TOGETHER:g} times as many a second as single scans", together, TOGETHER)
    for fact in BUSY_FACTS:
        name = f"{fact.replace('_', ' ')}: at most {BUSY:g} times the quiet one"
        yield Bar(name, f"{run.facts[fact]:.2f}", run.facts[fact] <= BUSY)
    yield from _small(run)


def _right(run: Run, ours: Sequence[Row]) -> Iterator[Bar]:
    judged = [row for row in ours if row.recall is not None]
    worst = min(row.recall or 0.0 for row in judged)
    yield Bar("recall exactly 1", f"{worst:g}", worst == 1)
    named = {engine.name for engine in run.engines if engine.exact}
    short = sum(row.short or 0 for row in run.rows if row.engine in named)
    yield Bar("no exact engine is ever short", f"{short} answers", short == 0)
    untrue = run.facts["wrong_while_changing"] + run.facts["missing_while_changing"]
    yield Bar("no title wrong or missing while titles change", f"{untrue:g}", untrue == 0)


def _of_many(one: Sequence[Row], every: Sequence[Row]) -> Iterator[Bar]:
    for rows, speed in ((one, SPEED_OF_MANY), (every, SPEED_OF_MANY_ON_ALL)):
        wide = [row for row in _single(rows) if row.case.startswith("all")]
        yield _least(f"{rows[0].engine}: p50 {speed:g} times as fast as the scan", wide, speed)
    tenth = {row: row.p50_ms for row in _single(every) if row.case.startswith("10 %")}
    yield _most(f"p50 of a tenth: at most {P95_MS:g} ms", tenth, P95_MS)


def _small(run: Run) -> Iterator[Bar]:
    floor = run.titles * DIMENSIONS * BYTES / MIB
    for engine in run.engines:
        if engine.name.startswith("memory") and engine.anonymous_mib is not None:
            share = (engine.anonymous_mib + (engine.mapped_mib or 0.0)) / floor
            name = f"{engine.name}: at most {MEMORY:g} times int8 and float16"
            yield Bar(name, f"{share:.2f} of {floor:.0f} MiB", share <= MEMORY)


def _single(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.case.endswith(f", k {K}")]


def _least(name: str, rows: Sequence[Row], bar: float) -> Bar:
    worst = min(rows, key=lambda row: row.speed or 0.0)
    return Bar(name, f"{worst.speed:g} ({worst.case})", (worst.speed or 0.0) >= bar)


def _most(name: str, found: Mapping[Row, float], bar: float) -> Bar:
    worst = max(found, key=lambda row: found[row])
    return Bar(name, f"{found[worst]:g} ({worst.case})", found[worst] <= bar)
