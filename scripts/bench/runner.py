"""How contestants are built and asked, so that what disturbs the machine disturbs all alike."""

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
from threadpoolctl import ThreadpoolController

from index.query import Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, EngineUnavailable
from scripts.bench.measurements import MIB, BenchmarkRun, EngineReport, Timings, out
from scripts.bench.synthetic_titles import BenchmarkTitles
from vocabulary.ids import TitleId

TURNS_PER_ENGINE = 8  # of each contestant in a case
MAX_CASE_S = 1.2  # that a contestant takes of a case, so that slow ones are asked less often
MIN_QUERIES = 3  # queries, however slow


@dataclass(slots=True)
class EngineAnswers:
    """What a contestant answered, and in which time."""

    seconds: list[float] = field(default_factory=list)
    query_indices: list[int] = field(default_factory=list)  # which of the queries
    title_ids: list[Sequence[TitleId]] = field(default_factory=list)

    def timings(self, units: int = 1) -> Timings:
        """Return the times; each call answered so many queries."""
        return Timings(self.seconds, units * len(self.seconds) / sum(self.seconds))


def build_engines(
    contestants: Sequence[BenchmarkEngine], stock: BenchmarkTitles, run: BenchmarkRun
) -> Iterator[BenchmarkEngine]:
    """Yield those that can take part, and write down what building them took."""
    before = memory_by_kind_mib()
    for each in contestants:
        began = time.perf_counter()
        try:
            each.build(stock)
        except EngineUnavailable as error:
            each.close()
            run.skipped[each.name] = str(error)
            continue
        seconds = time.perf_counter() - began
        out.print(f"built {each.name} in {seconds:.1f} s", markup=False)
        now = memory_by_kind_mib()
        grown = [size - former for size, former in zip(now, before, strict=True)]
        before = now
        anonymous, mapped = (round(size, 1) if each.memory else None for size in grown)
        run.engines.append(
            EngineReport(each.name, each.about, each.exact, round(seconds, 2), anonymous, mapped)
        )
        yield each


def query_in_turns(
    contestants: Sequence[BenchmarkEngine], queries: Sequence[Query]
) -> list[EngineAnswers]:
    """Ask every contestant the queries in turns of some.

    A turn begins with a query that is not counted, for a process of its own would find its data in
    the cache, where the others' turns have left none.
    """
    answers = [EngineAnswers() for _ in contestants]
    size = -(-len(queries) // TURNS_PER_ENGINE)
    for start in range(0, len(queries), size):
        turn = range(start, min(start + size, len(queries)))
        for each, taken in zip(contestants, answers, strict=True):
            with limit_threads(each.cores):
                _run_turn(each, queries, turn, taken)
    return answers


def _run_turn(
    each: BenchmarkEngine, queries: Sequence[Query], turn: range, taken: EngineAnswers
) -> None:
    if sum(taken.seconds) > MAX_CASE_S and len(taken.seconds) >= MIN_QUERIES:
        return
    first = _time_query(each, queries, turn[0], taken)
    if first <= MAX_CASE_S / TURNS_PER_ENGINE:
        taken.seconds.pop(), taken.query_indices.pop(), taken.title_ids.pop()
    spent = first
    for place in turn if first <= MAX_CASE_S / TURNS_PER_ENGINE else turn[1:]:
        if spent > MAX_CASE_S / TURNS_PER_ENGINE and len(taken.seconds) >= MIN_QUERIES:
            return
        spent += _time_query(each, queries, place, taken)


def _time_query(
    each: BenchmarkEngine, queries: Sequence[Query], place: int, taken: EngineAnswers
) -> float:
    began = time.perf_counter()
    found = each.search(queries[place])
    seconds = time.perf_counter() - began
    taken.seconds.append(seconds)
    taken.query_indices.append(place)
    taken.title_ids.append(each.ids(found))
    return seconds


def query_in_batches(
    contestants: Sequence[BenchmarkEngine], queries: Sequence[Query], rounds: int
) -> list[EngineAnswers]:
    """Ask every contestant all queries at once, so often; the first time is not counted."""
    answers = [EngineAnswers() for _ in contestants]
    for number in range(rounds + 1):
        for each, taken in zip(contestants, answers, strict=True):
            with limit_threads(each.cores):
                began = time.perf_counter()
                found: Sequence[Any] = each.search_many(queries)
                seconds = time.perf_counter() - began
            if number:
                taken.seconds.append(seconds)
                taken.query_indices = list(range(len(queries)))
                taken.title_ids = [each.ids(one) for one in found]
    return answers


@contextmanager
def limit_threads(cores: int) -> Iterator[None]:
    """Have BLAS and OpenMP use so many threads."""
    # Looked for each time: libraries are loaded as contestants are built.
    with ThreadpoolController().limit(limits=cores):
        yield


@contextmanager
def frozen_gc() -> Iterator[None]:
    """Keep the collector from looking through what is there already, as the service does."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def memory_by_kind_mib() -> tuple[float, float]:
    """Return the memory of this process: what is its own, and what is mapped out of files."""
    gc.collect()
    process = psutil.Process()
    if sys.platform != "linux":
        return process.memory_info().rss / MIB, 0.0
    maps = process.memory_maps()
    own = sum(each.anonymous for each in maps)
    return own / MIB, (sum(each.rss for each in maps) - own) / MIB
