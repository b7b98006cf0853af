"""`rasika bench index`: filtered, blended search by every available engine, in one run."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from config.settings import Settings
from index.memory import MemoryIndex
from index.query import Filter, Query
from scripts.bench import concurrent_updates
from scripts.bench.engines.benchmark_engine import BenchmarkEngine
from scripts.bench.engines.memory import Memory
from scripts.bench.engines.registry import benchmark_engines, default_families
from scripts.bench.exact import AnswerQuality, exact_best, measure_quality
from scripts.bench.machine import anonymous_and_mapped_mib, peak_mib
from scripts.bench.measurements import BenchmarkOptions, BenchmarkRun, Timings
from scripts.bench.real_titles import load_real_titles
from scripts.bench.runner import (
    EngineAnswers,
    build_engines,
    frozen_gc,
    limit_threads,
    query_in_batches,
    query_in_turns,
)
from scripts.bench.synthetic_titles import (
    BOOSTS,
    BenchmarkCase,
    BenchmarkTitles,
    benchmark_cases,
    generate_titles,
)
from scripts.bench.targets import BATCH_CASE, UPDATE_P95_FACTS, K, check_targets
from scripts.cli.console import out

BASELINE = (
    "NumPy scan on one thread: float32 product of all rows, boosts and filter added, argpartition, "
    "sort; near and away: whether the titles that the filter leaves lie around the query"
)
SMALL_K = 20
SMALL_K_CASES = ("all", "10 % near")
BATCH_QUERIES = 64
BATCH_ROUNDS = 5
RELOAD_CHECK_QUERIES = 16  # a loaded index has to answer them as the saved one does
QUERIES_PER_CASE_DURING_UPDATES = 8


@dataclass(frozen=True, slots=True)
class IndexBenchmark:
    """The titles, the engines, and where the figures go."""

    titles: BenchmarkTitles
    engines: Sequence[BenchmarkEngine]
    run: BenchmarkRun
    options: BenchmarkOptions

    @property
    def memory_engines(self) -> list[Memory]:
        """Rasika's own engines."""
        return [engine for engine in self.engines if isinstance(engine, Memory)]


def measure(settings: Settings, titles: int, options: BenchmarkOptions) -> BenchmarkRun:
    """Measure one catalogue size."""
    rng = np.random.default_rng(1)
    if options.real_titles:
        benchmark_titles = load_real_titles(settings.home, titles)
    else:
        benchmark_titles = generate_titles(titles, rng)
    run = BenchmarkRun(titles, benchmark_titles.description, BASELINE)
    cases = benchmark_cases(benchmark_titles, options.repeats, rng)
    families = options.engines or default_families(titles)
    with ExitStack() as stack:
        engines = []
        candidates = list(benchmark_engines(settings, titles, families))
        for engine in build_engines(candidates, benchmark_titles, run):
            stack.callback(engine.close)
            engines.append(engine)
        stack.enter_context(frozen_gc())
        _measure_all(IndexBenchmark(benchmark_titles, engines, run, options), cases, rng)
    run.facts["peak_rss_mib"] = peak_mib()
    run.targets += check_targets(run)
    return run


def _measure_all(
    bench: IndexBenchmark, cases: Sequence[BenchmarkCase], rng: np.random.Generator
) -> None:
    for case in cases:
        _measure_case(bench, case, K)
    for case in cases:
        if case.name in SMALL_K_CASES:
            _measure_case(bench, case, SMALL_K)
    _measure_batches(bench, cases[0])
    if bench.memory_engines:
        _measure_loading(bench, cases[0])
        _measure_during_updates(bench, cases, rng)


def _measure_case(bench: IndexBenchmark, case: BenchmarkCase, k: int) -> None:
    queries = _queries(case, k)
    out.print(f"measuring {case.name}, k {k}", markup=False)
    engines = [engine for engine in bench.engines if engine.supports(case.filter)]
    answers = query_in_turns(engines, queries)
    baseline_s = float(np.median(answers[0].seconds))
    expected = _expected_ids(bench.titles, queries)
    for engine, answer in zip(engines, answers, strict=True):
        quality = _answer_quality(bench.titles, case.filter, answer, expected)
        _add_row(bench.run, f"{case.name}, k {k}", engine, answer, quality, baseline_s)


def _measure_batches(bench: IndexBenchmark, case: BenchmarkCase) -> None:
    """Measure all queries in one call; the baseline scans for one after the other."""
    queries = _queries(case, SMALL_K)
    queries = [queries[at % len(queries)] for at in range(BATCH_QUERIES)]
    (baseline,) = query_in_turns(bench.engines[:1], queries)
    baseline_s = float(np.median(baseline.seconds)) * BATCH_QUERIES
    engines = [engine for engine in bench.engines if engine.has_batch_search]
    expected = _expected_ids(bench.titles, queries)
    answers = query_in_batches(engines, queries, BATCH_ROUNDS)
    for engine, answer in zip(engines, answers, strict=True):
        quality = _answer_quality(bench.titles, case.filter, answer, expected)
        _add_row(bench.run, BATCH_CASE, engine, answer, quality, baseline_s, BATCH_QUERIES)


def _measure_loading(bench: IndexBenchmark, case: BenchmarkCase) -> None:
    """Measure saving an index, and loading it as another process does."""
    index = bench.memory_engines[0].index
    with TemporaryDirectory(prefix="rasika-bench-") as folder:
        began = time.perf_counter()
        index.save(Path(folder))
        save_s = time.perf_counter() - began
        memory_before, loaded_index = anonymous_and_mapped_mib(), MemoryIndex()
        began = time.perf_counter()
        loaded_index.load(Path(folder))
        load_s = time.perf_counter() - began
        queries = _queries(case, K)[:RELOAD_CHECK_QUERIES]
        same = loaded_index.search_many(queries) == index.search_many(queries)
        memory_after = anonymous_and_mapped_mib()
    growth = [after - before for after, before in zip(memory_after, memory_before, strict=True)]
    bench.run.facts |= {
        "save_s": round(save_s, 2),
        "load_s": round(load_s, 3),
        "answers_differ_once_loaded": int(not same),
        "loaded_own_mib": round(growth[0], 1),
        "loaded_mapped_mib": round(growth[1], 1),
    }


def _measure_during_updates(
    bench: IndexBenchmark, cases: Sequence[BenchmarkCase], rng: np.random.Generator
) -> None:
    """Measure searches while titles change, and check each; the index differs afterwards."""
    engine, seconds = bench.memory_engines[-1], bench.options.seconds_per_case
    change_count = int(concurrent_updates.CHANGES_PER_SECOND * seconds)
    changes = concurrent_updates.generate_changes(bench.titles, change_count, rng)
    queries = [
        query for case in cases[:2] for query in _queries(case, K)[:QUERIES_PER_CASE_DURING_UPDATES]
    ]
    with limit_threads(engine.cores):
        history = concurrent_updates.search_during_updates(engine, queries, changes, seconds)
    times = {phase: history.seconds(phase) for phase in concurrent_updates.PHASES}
    for phase, phase_s in times.items():
        timings = Timings(phase_s, len(phase_s) / sum(phase_s))
        bench.run.rows.append(timings.measurement(phase, engine.name))
    quiet_p95, *others = (float(np.percentile(phase_s, 95)) for phase_s in times.values())
    ratios = (round(p95 / quiet_p95, 3) for p95 in others)
    check = concurrent_updates.check_answers(bench.titles, changes, queries, history)
    bench.run.facts |= {
        **dict(zip(UPDATE_P95_FACTS, ratios, strict=True)),
        "changes_made": history.steps[-1].changes_applied if history.steps else 0,
        "searches_checked": check.searches,
        "wrong_while_changing": check.wrong,
        "missing_while_changing": check.missing,
    }


def _queries(case: BenchmarkCase, k: int) -> list[Query]:
    return [Query(vector=each, filter=case.filter, boosts=BOOSTS, k=k) for each in case.queries]


def _expected_ids(titles: BenchmarkTitles, queries: Sequence[Query]) -> list[list[int]]:
    return [titles.ids[rows].tolist() for rows in exact_best(titles, queries)]


def _answer_quality(
    titles: BenchmarkTitles,
    title_filter: Filter,
    answers: EngineAnswers,
    expected: Sequence[Sequence[int]],
) -> AnswerQuality:
    matching_ids = titles.ids[titles.mask(title_filter)]
    expected_of_answers = [expected[number] for number in answers.query_indices]
    return measure_quality(answers.title_ids, expected_of_answers, matching_ids)


def _add_row(
    run: BenchmarkRun,
    case: str,
    engine: BenchmarkEngine,
    answers: EngineAnswers,
    quality: AnswerQuality,
    baseline_s: float,
    queries_per_call: int = 1,
) -> None:
    run.rows.append(
        answers.timings(queries_per_call).measurement(
            case,
            engine.name,
            recall=quality.recall,
            speed=baseline_s / float(np.median(answers.seconds)),
            short=quality.short,
            stray=quality.stray,
        )
    )
