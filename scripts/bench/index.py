"""`rasika bench index`: filtered, blended search by every engine that is here, in one run."""

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
from scripts.bench.measurements import BenchmarkOptions, BenchmarkRun, Timings, out, peak_mib
from scripts.bench.real_titles import load_real_titles
from scripts.bench.runner import (
    EngineAnswers,
    build_engines,
    frozen_gc,
    limit_threads,
    memory_by_kind_mib,
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

BASELINE = (
    "NumPy scan on one thread: float32 product of all rows, boosts and filter added, argpartition, "
    "sort; near and away: whether the titles that the filter leaves lie around the query"
)
SECOND_K_CASES = 20, ("all", "10 % near")  # another k, and the cases that it is measured in
BATCH_QUERIES = 64  # queries at once
BATCH_ROUNDS = 5
RELOAD_CHECK_QUERIES = 16  # queries that an index once saved and loaded has to answer alike
QUERIES_PER_CASE_DURING_UPDATES = 8  # queries of a case, asked in turn


@dataclass(frozen=True, slots=True)
class IndexBenchmark:
    """The titles, who answers, and where the figures go."""

    titles: BenchmarkTitles
    engines: Sequence[BenchmarkEngine]
    run: BenchmarkRun
    options: BenchmarkOptions


def measure(settings: Settings, titles: int, effort: BenchmarkOptions) -> BenchmarkRun:
    """Measure at one size of catalogue."""
    rng = np.random.default_rng(1)
    stock = (
        load_real_titles(settings.home, titles)
        if effort.real_titles
        else generate_titles(titles, rng)
    )
    run = BenchmarkRun(titles, stock.description, BASELINE)
    asked = benchmark_cases(stock, effort.repeats, rng)
    with ExitStack() as closing:
        taking_part = []
        families = effort.engines or default_families(titles)
        for each in build_engines(list(benchmark_engines(settings, titles, families)), stock, run):
            closing.callback(each.close)
            taking_part.append(each)
        bench = IndexBenchmark(stock, taking_part, run, effort)
        closing.enter_context(frozen_gc())
        for case in asked:
            _measure(bench, case, K)
        for case in asked:
            if case.name in SECOND_K_CASES[1]:
                _measure(bench, case, SECOND_K_CASES[0])
        _measure_batches(bench, asked[0])
        _measure_loading(bench, asked[0])
        _measure_during_updates(bench, asked, rng)
    run.facts["peak_rss_mib"] = peak_mib()
    run.bars += check_targets(run)
    return run


def _measure(bench: IndexBenchmark, case: BenchmarkCase, k: int) -> None:
    queries = _queries(case, k)
    out.print(f"asking: {case.name}, k {k}", markup=False)
    able = [each for each in bench.engines if each.supports(case.filter)]
    answers = query_in_turns(able, queries)
    should = [bench.titles.ids[rows].tolist() for rows in exact_best(bench.titles, queries)]
    baseline = float(np.median(answers[0].seconds))
    for each, taken in zip(able, answers, strict=True):
        worth = _answer_quality(bench.titles, case.filter, taken, should)
        bench.run.rows.append(
            taken.timings().measurement(
                f"{case.name}, k {k}",
                each.name,
                recall=worth.recall,
                speed=baseline / float(np.median(taken.seconds)),
                short=worth.short,
                stray=worth.stray,
            )
        )


def _answer_quality(
    stock: BenchmarkTitles, wanted: Filter, answers: EngineAnswers, should: Sequence[Sequence[int]]
) -> AnswerQuality:
    matching = stock.ids[stock.mask(wanted)]
    return measure_quality(
        answers.title_ids, [should[place] for place in answers.query_indices], matching
    )


def _measure_batches(bench: IndexBenchmark, case: BenchmarkCase) -> None:
    """Measure all queries of a call; the baseline scans for one after the other."""
    queries = _queries(case, SECOND_K_CASES[0])
    queries = [queries[at % len(queries)] for at in range(BATCH_QUERIES)]
    baseline = (
        float(np.median(query_in_turns(bench.engines[:1], queries)[0].seconds)) * BATCH_QUERIES
    )
    able = [each for each in bench.engines if each.together]
    should = [bench.titles.ids[rows].tolist() for rows in exact_best(bench.titles, queries)]
    for each, taken in zip(able, query_in_batches(able, queries, BATCH_ROUNDS), strict=True):
        worth = _answer_quality(bench.titles, case.filter, taken, should)
        bench.run.rows.append(
            taken.timings(BATCH_QUERIES).measurement(
                BATCH_CASE,
                each.name,
                recall=worth.recall,
                speed=baseline / float(np.median(taken.seconds)),
                short=worth.short,
                stray=worth.stray,
            )
        )


def _measure_loading(bench: IndexBenchmark, case: BenchmarkCase) -> None:
    """Measure how a process comes by an index that another one has saved."""
    ours = next((each for each in bench.engines if isinstance(each, Memory)), None)
    if ours is None:
        return
    with TemporaryDirectory(prefix="rasika-bench-") as folder:
        began = time.perf_counter()
        ours.index.save(Path(folder))
        saved = time.perf_counter()
        before, loaded = memory_by_kind_mib(), MemoryIndex()
        loading = time.perf_counter()
        loaded.load(Path(folder))
        bench.run.facts |= {
            "save_s": round(saved - began, 2),
            "load_s": round(time.perf_counter() - loading, 3),
        }
        queries = _queries(case, K)[:RELOAD_CHECK_QUERIES]
        same = loaded.search_many(queries) == ours.index.search_many(queries)
        grown = [now - then for now, then in zip(memory_by_kind_mib(), before, strict=True)]
        bench.run.facts |= {
            "answers_differ_once_loaded": int(not same),
            "loaded_own_mib": round(grown[0], 1),
            "loaded_mapped_mib": round(grown[1], 1),
        }


def _measure_during_updates(
    bench: IndexBenchmark, asked: Sequence[BenchmarkCase], rng: np.random.Generator
) -> None:
    """Measure searches while titles change, and check each; the titles are others afterwards."""
    ours = [each for each in bench.engines if isinstance(each, Memory)]
    if not ours:
        return
    each, seconds = ours[-1], bench.options.seconds_per_case
    changes = concurrent_updates.generate_changes(
        bench.titles, int(concurrent_updates.CHANGES_PER_SECOND * seconds), rng
    )
    queries = [
        query for case in asked[:2] for query in _queries(case, K)[:QUERIES_PER_CASE_DURING_UPDATES]
    ]
    with limit_threads(each.cores):
        history = concurrent_updates.search_during_updates(each, queries, changes, seconds)
    for phase in concurrent_updates.PHASES:
        taken = history.seconds(phase)
        row = Timings(taken, len(taken) / sum(taken)).measurement(phase, each.name)
        bench.run.rows.append(row)
    found = concurrent_updates.check_answers(bench.titles, changes, queries, history)
    quiet, *others = (
        float(np.percentile(history.seconds(phase), 95)) for phase in concurrent_updates.PHASES
    )
    facts = dict(zip(UPDATE_P95_FACTS, (round(each / quiet, 3) for each in others), strict=True))
    bench.run.facts |= {
        **facts,
        "changes_made": history.steps[-1].changes_applied if history.steps else 0,
        "searches_checked": found.searches,
        "wrong_while_changing": found.wrong,
        "missing_while_changing": found.missing,
    }


def _queries(case: BenchmarkCase, k: int) -> list[Query]:
    return [Query(vector=each, filter=case.filter, boosts=BOOSTS, k=k) for each in case.queries]
