"""Searches while titles change, and whether each answer was true at some moment of the search.

One thread changes titles at a steady rate, in batches as the change log delivers them, or singly;
another searches. Both record when they began and ended. A state is the catalogue after a number of
changes. An answer has to be the best of one of the states between the last change that had ended
when the search began and the last that had begun when it ended.
"""

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Protocol

import numpy as np

from index.query import Hit, IndexEntry, Query
from scripts.bench.exact import candidate_rows, exact_similarities
from scripts.bench.synthetic_titles import (
    BenchmarkTitles,
    Rows,
    Scores,
    generate_titles,
    half_precision,
)
from vocabulary.arrays import Matrix

CHANGES_PER_SECOND = 500
CHANGES_PER_BATCH = 125  # the change log is read every 0.25 s
NEW_TITLE_SHARE = 0.1  # of the changes
MAX_HOT_TITLES = 2_000  # which the other changes are to, so that many change repeatedly
ROUNDS = 3
SCORE_TOLERANCE = 1e-6

PHASES = {
    "quiet": 0,
    "500 changes a second in batches": CHANGES_PER_BATCH,
    "500 changes a second, singly": 1,
}


class UpdatableEngine(Protocol):
    """An engine that can be searched while it changes."""

    def search(self, query: Query) -> Sequence[Hit]:
        """Return the best titles."""
        ...

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Change titles in one step."""
        ...


@dataclass(frozen=True, slots=True)
class UpdateStep:
    """When a change was made, and how many there were with it."""

    changes_applied: int
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class TimedSearch:
    """The number of a query, when it ran, and its answer."""

    query: int
    began: float
    ended: float
    ids: Rows
    scores: Scores


@dataclass(slots=True)
class UpdateHistory:
    """All changes and searches, in order."""

    steps: list[UpdateStep] = field(default_factory=list)
    searches: dict[str, list[TimedSearch]] = field(default_factory=dict)

    def seconds(self, phase: str) -> list[float]:
        """Return the durations of the searches of a phase."""
        return [search.ended - search.began for search in self.searches[phase]]


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """Titles of answers that were true at no moment of their search."""

    searches: int
    wrong: int  # titles that should not be in the answer, or with another score
    missing: int


def generate_changes(titles: BenchmarkTitles, n: int, rng: np.random.Generator) -> BenchmarkTitles:
    """Return `n` changes: row i is the whole title after the change."""
    hot_ids = rng.choice(titles.ids, min(MAX_HOT_TITLES, len(titles)), replace=False)
    ids = rng.choice(hot_ids, n)
    new = np.flatnonzero(rng.random(n) < NEW_TITLE_SHARE)
    ids[new] = titles.ids[-1] + 1 + np.arange(len(new))
    generated = generate_titles(n, rng)
    # The languages of the titles, so that its filters match them too.
    codes = np.array(
        [_language_index(titles.language_names, name) for name in generated.language_names]
    )
    return replace(
        generated,
        ids=ids,
        matrix=half_precision(titles.queries(np.arange(len(titles)), n, rng)),
        language_names=titles.language_names,
        language=codes[generated.language],
    )


def search_during_updates(
    engine: UpdatableEngine, queries: Sequence[Query], changes: BenchmarkTitles, seconds: float
) -> UpdateHistory:
    """Search for some seconds, in turns without changes and with each kind of them."""
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
    titles: BenchmarkTitles,
    changes: BenchmarkTitles,
    queries: Sequence[Query],
    history: UpdateHistory,
) -> AnswerCheck:
    """Compare every answer with the states that it may reflect."""
    expected = [_ExpectedAnswers(titles, changes, query) for query in queries]
    wrong = missing = count = 0
    for search in chain.from_iterable(history.searches.values()):
        states = _possible_states(history.steps, search)
        misses = min((expected[search.query].misses(search, state) for state in states), key=sum)
        wrong, missing, count = wrong + misses[0], missing + misses[1], count + 1
    return AnswerCheck(count, wrong, missing)


class _ExpectedAnswers:
    """The right answer to a query in each state."""

    def __init__(self, titles: BenchmarkTitles, changes: BenchmarkTitles, query: Query) -> None:
        if query.vector is None:
            raise ValueError("a query without a vector")
        new_titles = max(int(changes.ids.max(initial=0)) - len(titles), 0)
        vector = query.vector[np.newaxis]
        self._before = np.concatenate(
            [_scores(titles, vector, query), np.full(new_titles, -np.inf)]
        )
        self._after = _scores(changes, vector, query)
        self._rows = changes.ids - 1
        self._k = query.k

    def misses(self, search: TimedSearch, state: int) -> tuple[int, int]:
        """Return the numbers of wrong and missing titles, compared with a state."""
        scores = self._before.copy()
        scores[self._rows[:state]] = self._after[:state]  # the last change of a row wins
        rows = search.ids - 1
        right_score = np.abs(scores[rows] - search.scores) <= SCORE_TOLERANCE
        pool = candidate_rows(scores, self._k)
        pool = pool[scores[pool] > -np.inf]
        best = pool[np.lexsort((pool, -scores[pool]))[: self._k]]
        right = np.isin(rows, best) & right_score
        distinct = len(np.unique(rows[right]))
        return len(rows) - distinct, len(best) - distinct


def _apply_updates(
    engine: UpdatableEngine,
    entries: Sequence[IndexEntry],
    batch: int,
    steps: list[UpdateStep],
    stop: threading.Event,
) -> None:
    """Apply the next changes at a steady rate until `stop` is set."""
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
        hits = engine.search(queries[place])
        ended = time.perf_counter()
        ids = np.array([hit.title_id for hit in hits], np.int64)
        scores = np.array([hit.score for hit in hits], np.float64)
        yield TimedSearch(place, began, ended, ids, scores)
        number += 1


def _possible_states(steps: Sequence[UpdateStep], search: TimedSearch) -> list[int]:
    """Return the states that a search may have seen, as numbers of changes, in order."""
    first = bisect_right(steps, search.began, key=lambda step: step.ended)
    last = bisect_left(steps, search.ended, key=lambda step: step.began)
    return [steps[at - 1].changes_applied if at else 0 for at in range(first, last + 1)]


def _scores(titles: BenchmarkTitles, vector: Matrix, query: Query) -> Scores:
    scores: Scores = exact_similarities(titles.matrix, vector, np.arange(len(titles)))[0]
    scores += titles.boosts(query.boosts)
    scores[~titles.mask(query.filter)] = -np.inf
    return scores


def _language_index(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else 0
