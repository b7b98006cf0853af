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

from index.query import Query, TitleId
from scripts.bench.engines.benchmark_engine import Contestant, Unavailable
from scripts.bench.measurements import MIB, Engine, Run, Taken, out
from scripts.bench.synthetic_titles import Stock

TURNS = 8  # of each contestant in a case
CASE_S = 1.2  # that a contestant takes of a case, so that slow ones are asked less often
FEWEST = 3  # queries, however slow


@dataclass(slots=True)
class Answers:
    """What a contestant answered, and in which time."""

    seconds: list[float] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)  # which of the queries
    found: list[Sequence[TitleId]] = field(default_factory=list)

    def taken(self, units: int = 1) -> Taken:
        """Return the times; each call answered so many queries."""
        return Taken(self.seconds, units * len(self.seconds) / sum(self.seconds))


def built(contestants: Sequence[Contestant], stock: Stock, run: Run) -> Iterator[Contestant]:
    """Yield those that can take part, and write down what building them took."""
    before = resident_mib()
    for each in contestants:
        began = time.perf_counter()
        try:
            each.build(stock)
        except Unavailable as error:
            each.close()
            run.skipped[each.name] = str(error)
            continue
        seconds = time.perf_counter() - began
        out.print(f"built {each.name} in {seconds:.1f} s", markup=False)
        now = resident_mib()
        grown = [size - former for size, former in zip(now, before, strict=True)]
        before = now
        anonymous, mapped = (round(size, 1) if each.memory else None for size in grown)
        run.engines.append(
            Engine(each.name, each.about, each.exact, round(seconds, 2), anonymous, mapped)
        )
        yield each


def contest(contestants: Sequence[Contestant], queries: Sequence[Query]) -> list[Answers]:
    """Ask every contestant the queries in turns of some.

    A turn begins with a query that is not counted, for a process of its own would find its data in
    the cache, where the others' turns have left none.
    """
    answers = [Answers() for _ in contestants]
    size = -(-len(queries) // TURNS)
    for start in range(0, len(queries), size):
        turn = range(start, min(start + size, len(queries)))
        for each, taken in zip(contestants, answers, strict=True):
            with threads(each.cores):
                _turn(each, queries, turn, taken)
    return answers


def _turn(each: Contestant, queries: Sequence[Query], turn: range, taken: Answers) -> None:
    if sum(taken.seconds) > CASE_S and len(taken.seconds) >= FEWEST:
        return
    first = _asked(each, queries, turn[0], taken)
    if first <= CASE_S / TURNS:
        taken.seconds.pop(), taken.asked.pop(), taken.found.pop()
    spent = first
    for place in turn if first <= CASE_S / TURNS else turn[1:]:
        if spent > CASE_S / TURNS and len(taken.seconds) >= FEWEST:
            return
        spent += _asked(each, queries, place, taken)


def _asked(each: Contestant, queries: Sequence[Query], place: int, taken: Answers) -> float:
    began = time.perf_counter()
    found = each.search(queries[place])
    seconds = time.perf_counter() - began
    taken.seconds.append(seconds)
    taken.asked.append(place)
    taken.found.append(each.ids(found))
    return seconds


def abreast(
    contestants: Sequence[Contestant], queries: Sequence[Query], rounds: int
) -> list[Answers]:
    """Ask every contestant all queries at once, so often; the first time is not counted."""
    answers = [Answers() for _ in contestants]
    for number in range(rounds + 1):
        for each, taken in zip(contestants, answers, strict=True):
            with threads(each.cores):
                began = time.perf_counter()
                found: Sequence[Any] = each.search_many(queries)
                seconds = time.perf_counter() - began
            if number:
                taken.seconds.append(seconds)
                taken.asked = list(range(len(queries)))
                taken.found = [each.ids(one) for one in found]
    return answers


@contextmanager
def threads(cores: int) -> Iterator[None]:
    """Have BLAS and OpenMP use so many threads."""
    # Looked for each time: libraries are loaded as contestants are built.
    with ThreadpoolController().limit(limits=cores):
        yield


@contextmanager
def frozen() -> Iterator[None]:
    """Keep the collector from looking through what is there already, as the service does."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def resident_mib() -> tuple[float, float]:
    """Return the memory of this process: what is its own, and what is mapped out of files."""
    gc.collect()
    process = psutil.Process()
    if sys.platform != "linux":
        return process.memory_info().rss / MIB, 0.0
    maps = process.memory_maps()
    own = sum(each.anonymous for each in maps)
    return own / MIB, (sum(each.rss for each in maps) - own) / MIB
