"""Building engines and querying them in turns, so that a noisy machine slows all alike."""

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import ThreadpoolController

from index.query import Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, EngineUnavailable
from scripts.bench.machine import anonymous_and_mapped_mib
from scripts.bench.measurements import BenchmarkRun, EngineReport, Timings
from scripts.bench.synthetic_titles import BenchmarkTitles
from scripts.cli.console import out
from vocabulary.ids import TitleId

TURNS_PER_ENGINE = 8  # in each case
MAX_CASE_S = 1.2  # of one engine in a case: slow engines answer fewer queries
MAX_TURN_S = MAX_CASE_S / TURNS_PER_ENGINE
MIN_QUERIES = 3  # however slow


@dataclass(slots=True)
class EngineAnswers:
    """The answers of an engine, and the seconds that each took."""

    seconds: list[float] = field(default_factory=list)
    query_indices: list[int] = field(default_factory=list)
    title_ids: list[Sequence[TitleId]] = field(default_factory=list)

    def timings(self, queries_per_call: int = 1) -> Timings:
        """Return the times."""
        per_second = queries_per_call * len(self.seconds) / sum(self.seconds)
        return Timings(self.seconds, per_second)

    def add(self, seconds: float, query_index: int, title_ids: Sequence[TitleId]) -> None:
        """Add an answer."""
        self.seconds.append(seconds)
        self.query_indices.append(query_index)
        self.title_ids.append(title_ids)


def build_engines(
    engines: Sequence[BenchmarkEngine], titles: BenchmarkTitles, run: BenchmarkRun
) -> Iterator[BenchmarkEngine]:
    """Build the engines, report each build, and yield those that are available."""
    before = anonymous_and_mapped_mib()
    for engine in engines:
        began = time.perf_counter()
        try:
            engine.build(titles)
        except EngineUnavailable as error:
            engine.close()
            run.skipped[engine.name] = str(error)
            continue
        build_s = time.perf_counter() - began
        out.print(f"built {engine.name} in {build_s:.1f} s", markup=False)
        after = anonymous_and_mapped_mib()
        growth = [round(now - then, 1) for now, then in zip(after, before, strict=True)]
        before = after
        anonymous, mapped = growth if engine.in_process else (None, None)
        run.engines.append(
            EngineReport(
                engine.name, engine.description, engine.exact, round(build_s, 2), anonymous, mapped
            )
        )
        yield engine


def query_in_turns(
    engines: Sequence[BenchmarkEngine], queries: Sequence[Query]
) -> list[EngineAnswers]:
    """Return the answers of every engine, each taking a part of the queries in turn.

    A turn begins with a query that is not counted: the other engines' turns have emptied the
    processor's cache, which a process of its own would find filled.
    """
    answers = [EngineAnswers() for _ in engines]
    size = -(-len(queries) // TURNS_PER_ENGINE)
    for start in range(0, len(queries), size):
        turn = range(start, min(start + size, len(queries)))
        for engine, engine_answers in zip(engines, answers, strict=True):
            with limit_threads(engine.cores):
                _run_turn(engine, queries, turn, engine_answers)
    return answers


def query_in_batches(
    engines: Sequence[BenchmarkEngine], queries: Sequence[Query], rounds: int
) -> list[EngineAnswers]:
    """Send every engine all queries at once, `rounds` times after one that is not counted."""
    answers = [EngineAnswers() for _ in engines]
    for number in range(rounds + 1):
        for engine, engine_answers in zip(engines, answers, strict=True):
            with limit_threads(engine.cores):
                began = time.perf_counter()
                results: Sequence[Any] = engine.search_many(queries)
                seconds = time.perf_counter() - began
            if number:
                engine_answers.seconds.append(seconds)
                engine_answers.query_indices = list(range(len(queries)))
                engine_answers.title_ids = [engine.title_ids(each) for each in results]
    return answers


@contextmanager
def limit_threads(cores: int) -> Iterator[None]:
    """Limit the threads of BLAS and OpenMP."""
    # A new controller each time: libraries are loaded as engines are built.
    with ThreadpoolController().limit(limits=cores):
        yield


@contextmanager
def frozen_gc() -> Iterator[None]:
    """Exclude existing objects from garbage collection, as the service does."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _run_turn(
    engine: BenchmarkEngine, queries: Sequence[Query], turn: range, answers: EngineAnswers
) -> None:
    if sum(answers.seconds) > MAX_CASE_S and len(answers.seconds) >= MIN_QUERIES:
        return
    first = _timed_answer(engine, queries, turn[0])
    spent_s = first[0]
    if spent_s > MAX_TURN_S:  # too slow to spend a query on the cache
        answers.add(*first)
        turn = turn[1:]
    for place in turn:
        if spent_s > MAX_TURN_S and len(answers.seconds) >= MIN_QUERIES:
            return
        answer = _timed_answer(engine, queries, place)
        answers.add(*answer)
        spent_s += answer[0]


def _timed_answer(
    engine: BenchmarkEngine, queries: Sequence[Query], place: int
) -> tuple[float, int, Sequence[TitleId]]:
    began = time.perf_counter()
    result = engine.search(queries[place])
    seconds = time.perf_counter() - began
    return seconds, place, engine.title_ids(result)
