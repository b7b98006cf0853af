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
from scripts.bench.engines.benchmark_engine import Contestant
from scripts.bench.engines.memory import Memory
from scripts.bench.engines.registry import contestants, usual
from scripts.bench.exact import Judged, best, judged
from scripts.bench.measurements import Effort, Run, Taken, out, peak_mib
from scripts.bench.real_titles import real
from scripts.bench.runner import Answers, abreast, built, contest, frozen, resident_mib, threads
from scripts.bench.synthetic_titles import BOOSTS, Case, Stock, cases, made_up
from scripts.bench.targets import BUSY_FACTS, TOGETHER_CASE, K, bars

BASELINE = (
    "NumPy scan on one thread: float32 product of all rows, boosts and filter added, argpartition, "
    "sort; near and away: whether the titles that the filter leaves lie around the query"
)
CONTEXT = 20, ("all", "10 % near")  # another k, and the cases that it is measured in
TOGETHER = 64  # queries at once
TOGETHER_ROUNDS = 5
SAME = 16  # queries that an index once saved and loaded has to answer alike
WHILE_CHANGING = 8  # queries of a case, asked in turn


@dataclass(frozen=True, slots=True)
class Bench:
    """The titles, who answers, and where the figures go."""

    stock: Stock
    taking_part: Sequence[Contestant]
    run: Run
    effort: Effort


def measure(settings: Settings, titles: int, effort: Effort) -> Run:
    """Measure at one size of catalogue."""
    rng = np.random.default_rng(1)
    stock = real(settings.home, titles) if effort.real else made_up(titles, rng)
    run = Run(titles, stock.about, BASELINE)
    asked = cases(stock, effort.repeats, rng)
    with ExitStack() as closing:
        taking_part = []
        families = effort.engines or usual(titles)
        for each in built(list(contestants(settings, titles, families)), stock, run):
            closing.callback(each.close)
            taking_part.append(each)
        bench = Bench(stock, taking_part, run, effort)
        closing.enter_context(frozen())
        for case in asked:
            _measure(bench, case, K)
        for case in asked:
            if case.name in CONTEXT[1]:
                _measure(bench, case, CONTEXT[0])
        _measure_together(bench, asked[0])
        _measure_loading(bench, asked[0])
        _measure_while_changing(bench, asked, rng)
    run.facts["peak_rss_mib"] = peak_mib()
    run.bars += bars(run)
    return run


def _measure(bench: Bench, case: Case, k: int) -> None:
    queries = _queries(case, k)
    out.print(f"asking: {case.name}, k {k}", markup=False)
    able = [each for each in bench.taking_part if each.takes(case.wanted)]
    answers = contest(able, queries)
    should = [bench.stock.ids[rows].tolist() for rows in best(bench.stock, queries)]
    baseline = float(np.median(answers[0].seconds))
    for each, taken in zip(able, answers, strict=True):
        worth = _worth(bench.stock, case.wanted, taken, should)
        bench.run.rows.append(
            taken.taken().row(
                f"{case.name}, k {k}",
                each.name,
                recall=worth.recall,
                speed=baseline / float(np.median(taken.seconds)),
                short=worth.short,
                stray=worth.stray,
            )
        )


def _worth(
    stock: Stock, wanted: Filter, answers: Answers, should: Sequence[Sequence[int]]
) -> Judged:
    matching = stock.ids[stock.mask(wanted)]
    return judged(answers.found, [should[place] for place in answers.asked], matching)


def _measure_together(bench: Bench, case: Case) -> None:
    """Measure all queries of a call; the baseline scans for one after the other."""
    queries = _queries(case, CONTEXT[0])
    queries = [queries[at % len(queries)] for at in range(TOGETHER)]
    baseline = float(np.median(contest(bench.taking_part[:1], queries)[0].seconds)) * TOGETHER
    able = [each for each in bench.taking_part if each.together]
    should = [bench.stock.ids[rows].tolist() for rows in best(bench.stock, queries)]
    for each, taken in zip(able, abreast(able, queries, TOGETHER_ROUNDS), strict=True):
        worth = _worth(bench.stock, case.wanted, taken, should)
        bench.run.rows.append(
            taken.taken(TOGETHER).row(
                TOGETHER_CASE,
                each.name,
                recall=worth.recall,
                speed=baseline / float(np.median(taken.seconds)),
                short=worth.short,
                stray=worth.stray,
            )
        )


def _measure_loading(bench: Bench, case: Case) -> None:
    """Measure how a process comes by an index that another one has saved."""
    ours = next((each for each in bench.taking_part if isinstance(each, Memory)), None)
    if ours is None:
        return
    with TemporaryDirectory(prefix="rasika-bench-") as folder:
        began = time.perf_counter()
        ours.index.save(Path(folder))
        saved = time.perf_counter()
        before, loaded = resident_mib(), MemoryIndex()
        loading = time.perf_counter()
        loaded.load(Path(folder))
        bench.run.facts |= {
            "save_s": round(saved - began, 2),
            "load_s": round(time.perf_counter() - loading, 3),
        }
        queries = _queries(case, K)[:SAME]
        same = loaded.search_many(queries) == ours.index.search_many(queries)
        grown = [now - then for now, then in zip(resident_mib(), before, strict=True)]
        bench.run.facts |= {
            "answers_differ_once_loaded": int(not same),
            "loaded_own_mib": round(grown[0], 1),
            "loaded_mapped_mib": round(grown[1], 1),
        }


def _measure_while_changing(bench: Bench, asked: Sequence[Case], rng: np.random.Generator) -> None:
    """Measure searches while titles change, and check each; the titles are others afterwards."""
    ours = [each for each in bench.taking_part if isinstance(each, Memory)]
    if not ours:
        return
    each, seconds = ours[-1], bench.effort.seconds
    changes = concurrent_updates.changes_of(
        bench.stock, int(concurrent_updates.RATE * seconds), rng
    )
    queries = [query for case in asked[:2] for query in _queries(case, K)[:WHILE_CHANGING]]
    with threads(each.cores):
        history = concurrent_updates.observed(each, queries, changes, seconds)
    for phase in concurrent_updates.PHASES:
        taken = history.seconds(phase)
        row = Taken(taken, len(taken) / sum(taken)).row(phase, each.name)
        bench.run.rows.append(row)
    found = concurrent_updates.checked(bench.stock, changes, queries, history)
    quiet, *others = (
        float(np.percentile(history.seconds(phase), 95)) for phase in concurrent_updates.PHASES
    )
    facts = dict(zip(BUSY_FACTS, (round(each / quiet, 3) for each in others), strict=True))
    bench.run.facts |= {
        **facts,
        "changes_made": history.steps[-1].upto if history.steps else 0,
        "searches_checked": found.searches,
        "wrong_while_changing": found.wrong,
        "missing_while_changing": found.missing,
    }


def _queries(case: Case, k: int) -> list[Query]:
    return [Query(vector=each, filter=case.wanted, boosts=BOOSTS, k=k) for each in case.queries]
