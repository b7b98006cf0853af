"""The interface of an engine that is measured."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from index.query import Boosts, Filter, Query
from scripts.bench.synthetic_titles import BenchmarkTitles
from vocabulary.ids import TitleId

T = TypeVar("T")


class EngineUnavailable(RuntimeError):
    """An engine cannot run here: an extra or a server is missing."""


class BenchmarkEngine:
    """An engine that is built from titles and then searched; a subclass for each kind.

    What depends on the filter and the boosts alone may be cached, as a service has few of them and
    many queries. The first query of a turn, which is not counted, fills the cache.
    """

    name: str
    description: str  # its settings, in words
    exact = True  # what it claims
    cores = 1  # for one query
    in_process = True  # its memory is that of this process
    has_batch_search = False  # `search_many` is faster than single searches

    def build(self, titles: BenchmarkTitles) -> None:
        """Index the titles.

        Raises `EngineUnavailable`.
        """
        raise NotImplementedError

    def supports(self, filter: Filter) -> bool:  # noqa: ARG002  # most support all
        """Return whether the engine is meant for a filter."""
        return True

    def search(self, query: Query) -> Any:
        """Return the best titles in the engine's own form: this call is timed."""
        raise NotImplementedError

    def search_many(self, queries: Sequence[Query]) -> Sequence[Any]:
        """Return `search` of each."""
        return [self.search(query) for query in queries]

    def title_ids(self, result: Any) -> Sequence[TitleId]:
        """Return the titles of a result, best first."""
        return [hit.title_id for hit in result]

    def close(self) -> None:
        """Release what is outside this process."""


class FilterCache:
    """Values that depend on the filter and the boosts alone."""

    def __init__(self) -> None:
        self._entries: dict[Hashable, Any] = {}

    def get_or_compute(self, filter: Filter, boosts: Boosts, compute: Callable[[], T]) -> T:
        """Return the value of a filter and boosts."""
        weights = boosts.popularity, boosts.freshness, tuple(sorted(boosts.regional.items()))
        key = (filter, weights)
        if key not in self._entries:
            self._entries[key] = compute()
        value: T = self._entries[key]
        return value
