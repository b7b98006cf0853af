"""NumPy alone: the baseline of all engines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.query import Filter, Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, FilterCache
from scripts.bench.synthetic_titles import BenchmarkTitles, Rows
from vocabulary.arrays import Vector
from vocabulary.ids import TitleId

Floats = NDArray[np.float32]


class NumpyScan(BenchmarkEngine):
    """The float32 product of all rows, then filter, boosts, argpartition and sort."""

    has_batch_search = True

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.name = f"NumPy scan, {thread_label(cores)}"
        self.description = "float32 product of all rows, then the filter"
        self._filter_cache = FilterCache()

    def build(self, titles: BenchmarkTitles) -> None:
        """Keep the columns."""
        self._titles = titles

    def search(self, query: Query) -> Rows:
        """Return the rows of the best."""
        return self._top_rows(self._titles.matrix @ vector_of(query), query)

    def search_many(self, queries: Sequence[Query]) -> Sequence[Rows]:
        """Return `search` of each, after one product for all."""
        stacked = np.stack([vector_of(query) for query in queries])
        return list(map(self._top_rows, stacked @ self._titles.matrix.T, queries))

    def title_ids(self, result: Rows) -> Sequence[TitleId]:
        """Return the titles of rows."""
        ids: list[TitleId] = self._titles.ids[result].tolist()
        return ids

    def _top_rows(self, scores: Floats, query: Query) -> Rows:
        rows, bias = self._filter_cache.get_or_compute(
            query.filter, query.boosts, lambda: matching_rows(self._titles, query)
        )
        if query.filter == Filter():
            return top_places(scores, bias, query.k)
        return rows[top_places(scores[rows], bias, query.k)]


class NumpyGather(BenchmarkEngine):
    """The matching rows copied together and multiplied."""

    name = "NumPy gather"
    description = "the matching rows copied together, then scanned; one thread"

    def __init__(self) -> None:
        self._filter_cache = FilterCache()

    def build(self, titles: BenchmarkTitles) -> None:
        """Keep the columns."""
        self._titles = titles

    def supports(self, filter: Filter) -> bool:
        """Return whether the filter excludes anything."""
        return filter != Filter()

    def search(self, query: Query) -> Rows:
        """Return the rows of the best."""
        rows, bias = self._filter_cache.get_or_compute(
            query.filter, query.boosts, lambda: matching_rows(self._titles, query)
        )
        return rows[top_places(self._titles.matrix[rows] @ vector_of(query), bias, query.k)]

    def title_ids(self, result: Rows) -> Sequence[TitleId]:
        """Return the titles of rows."""
        ids: list[TitleId] = self._titles.ids[result].tolist()
        return ids


def matching_rows(titles: BenchmarkTitles, query: Query) -> tuple[Rows, Floats]:
    """Return the rows that match the filter, and their boosts."""
    rows = np.flatnonzero(titles.mask(query.filter))
    return rows, titles.boosts(query.boosts)[rows].astype(np.float32)


def vector_of(query: Query) -> Vector:
    """Return the vector of a query that has one."""
    if query.vector is None:
        raise ValueError("a query without a vector")
    return query.vector


def top_places(scores: Floats, bias: Floats, k: int) -> Rows:
    """Return the places of the `k` best, best first."""
    scores += bias
    if len(scores) > k:
        places = np.argpartition(scores, len(scores) - k)[len(scores) - k :]
    else:
        places = np.arange(len(scores))
    return places[np.argsort(-scores[places])]


def thread_label(cores: int) -> str:
    """Return the number of threads in words."""
    return "one thread" if cores == 1 else f"{cores} threads"
