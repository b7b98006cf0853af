"""Searches while titles change, and whether each answer was true at some moment of the search.

One thread changes titles at a steady pace, in batches as the change log brings them or one by one;
another searches. Both write down when they began and ended. A state is what the titles were after
so many changes: an answer has to be the best of one of the states between the last change that was
over when the search began and the last that had begun when it ended.
"""

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from index.query import Boosts, Filter, Hit, IndexEntry, Query
from scripts.bench.exact import candidate_rows, exact_similarities
from scripts.bench.synthetic_titles import (
    BenchmarkTitles,
    Rows,
    Scores,
    generate_titles,
    half_precision,
)
from vocabulary.arrays import Matrix

CHANGES_PER_SECOND = 500  # titles changed in a second
CHANGES_PER_BATCH = 125  # of them at once: the change log is read every 0.25 s
NEW_TITLE_SHARE = 0.1  # of the changes are titles that were not there
MAX_HOT_TITLES = 2_000  # titles that the other changes are to, so that many change again
ROUNDS = 3
SCORE_TOLERANCE = 1e-6  # of a score

PHASES = {
    "quiet": 0,
    "500 changes a second in batches": CHANGES_PER_BATCH,
    "500 changes a second, singly": 1,
}


class UpdatableEngine(Protocol):
    """An engine that is searched while it changes."""

    def search(self, query: Query) -> Sequence[Hit]:
        """Return the best."""
        ...

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Change titles, all at once."""
        ...


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """When the changes before `upto` were made, the last of them."""

    changes_applied: int
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class TimedSearch:
    """A query, when it was asked, and the answer."""

    query: int
    began: float
    ended: float
    ids: Rows
    scores: Scores


@dataclass(slots=True)
class UpdateHistory:
    """Everything that happened, in order."""

    steps: list[UpdateStep] = field(default_factory=list)
    searches: dict[str, list[TimedSearch]] = field(default_factory=dict)

    def seconds(self, phase: str) -> list[float]:
        """Return how long the searches of a phase took."""
        return [search.ended - search.began for search in self.searches[phase]]


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """Titles in answers that were true at no moment of their search."""

    searches: int
    wrong: int  # titles that should not be there, or not with that score
    missing: int


def generate_changes(stock: BenchmarkTitles, n: int, rng: np.random.Generator) -> BenchmarkTitles:
    """Return `n` changes: row i is what a title has become, whole."""
    often = rng.choice(stock.ids, min(MAX_HOT_TITLES, len(stock)), replace=False)
    ids = rng.choice(often, n)
    new = np.flatnonzero(rng.random(n) < NEW_TITLE_SHARE)
    ids[new] = stock.ids[-1] + 1 + np.arange(len(new))
    made = generate_titles(n, rng)
    # Their languages are those of the stock by place, so that its filters hold for them too.
    codes = np.array([_language_index(stock.language_names, name) for name in made.language_names])
    return replace(
        made,
        ids=ids,
        matrix=half_precision(
            stock.queries(np.arange(len(stock)), n, rng)
        ),  # near titles, and queries
        language_names=stock.language_names,
        language=codes[made.language],
    )


def search_during_updates(
    engine: UpdatableEngine, queries: Sequence[Query], changes: BenchmarkTitles, seconds: float
) -> UpdateHistory:
    """Search so long in all, in turns without changes and with each kind of them."""
    history = UpdateHistory(searches={phase: [] for phase in PHASES})
    entries = list(changes.entries())
    turn = seconds / (ROUNDS * len(PHASES))
    for _ in range(ROUNDS):
        for phase, batch in PHASES.items():
            stop = threading.Event()
            arguments = (engine, entries, batch, history.steps, stop)
            writer = threading.Thread(target=_apply_updates, args=arguments)
            if batch:
                writer.start()
            history.searches[phase] += _search(engine, queries, turn)
            stop.set()
            if batch:
                writer.join()
    return history


def check_answers(
    stock: BenchmarkTitles,
    changes: BenchmarkTitles,
    queries: Sequence[Query],
    history: UpdateHistory,
) -> AnswerCheck:
    """Compare every answer with the states that it may be of."""
    truths = [_ExpectedAnswers(stock, changes, query) for query in queries]
    wrong = missing = count = 0
    for search in (each for found in history.searches.values() for each in found):
        states = _possible_states(history.steps, search)
        misses = min((truths[search.query].misses(search, upto) for upto in states), key=sum)
        wrong, missing, count = wrong + misses[0], missing + misses[1], count + 1
    return AnswerCheck(count, wrong, missing)


class _ExpectedAnswers:
    """What a query should find in each state."""

    def __init__(self, stock: BenchmarkTitles, changes: BenchmarkTitles, query: Query) -> None:
        if query.vector is None:
            raise ValueError("a query without a vector")
        new = max(int(changes.ids.max(initial=0)) - len(stock), 0)
        nothing = np.full(new, -np.inf)
        vector, wanted, boosts = query.vector[np.newaxis], query.filter, query.boosts
        self._before = np.concatenate([_scores(stock, vector, wanted, boosts), nothing])
        self._after = _scores(changes, vector, wanted, boosts)
        self._rows = changes.ids - 1
        self._k = query.k

    def misses(self, search: TimedSearch, upto: int) -> tuple[int, int]:
        """Return how many titles are wrong and missing, were that the state."""
        scores = self._before.copy()
        scores[self._rows[:upto]] = self._after[:upto]  # of a row's changes the last one stays
        found = search.ids - 1
        sound = np.abs(scores[found] - search.scores) <= SCORE_TOLERANCE
        pool = candidate_rows(scores, self._k)
        pool = pool[scores[pool] > -np.inf]
        best = pool[np.lexsort((pool, -scores[pool]))[: self._k]]
        there = np.isin(found, best) & sound
        distinct = len(np.unique(found[there]))
        return len(found) - distinct, len(best) - distinct


def _apply_updates(
    engine: UpdatableEngine,
    entries: Sequence[IndexEntry],
    batch: int,
    steps: list[UpdateStep],
    stop: threading.Event,
) -> None:
    """Make the next changes at the pace, whatever they take, until it is told to stop."""
    first = steps[-1].changes_applied if steps else 0
    started = time.perf_counter()
    for start in range(first, len(entries) - batch + 1, batch):
        due = started + (start - first) / CHANGES_PER_SECOND
        if stop.wait(max(due - time.perf_counter(), 0)):
            return
        began = time.perf_counter()
        engine.upsert(entries[start : start + batch])
        steps.append(UpdateStep(start + batch, began, time.perf_counter()))


def _search(
    engine: UpdatableEngine, queries: Sequence[Query], seconds: float
) -> Iterator[TimedSearch]:
    end = time.perf_counter() + seconds
    number = 0
    while number < len(queries) or time.perf_counter() < end:
        place = number % len(queries)
        began = time.perf_counter()
        found = engine.search(queries[place])
        ended = time.perf_counter()
        ids = np.array([hit.title_id for hit in found], np.int64)
        yield TimedSearch(
            place, began, ended, ids, np.array([hit.score for hit in found], np.float64)
        )
        number += 1


def _possible_states(steps: Sequence[UpdateStep], search: TimedSearch) -> list[int]:
    """Return how many changes may have been made, from the least on, as the search saw them."""
    over = bisect_right(steps, search.began, key=lambda step: step.ended)
    begun = bisect_left(steps, search.ended, key=lambda step: step.began)
    return [0 if at == 0 else steps[at - 1].changes_applied for at in range(over, begun + 1)]


def _scores(stock: BenchmarkTitles, vector: Matrix, wanted: Filter, boosts: Boosts) -> Scores:
    scores: Scores = exact_similarities(stock.matrix, vector, np.arange(len(stock)))[0]
    scores += stock.boosts(boosts)
    scores[~stock.mask(wanted)] = -np.inf
    return scores


def _language_index(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else 0
