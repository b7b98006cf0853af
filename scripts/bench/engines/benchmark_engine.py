"""What an engine has to do to be measured."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from index.query import Boosts, Filter, Query
from scripts.bench.synthetic_titles import BenchmarkTitles
from vocabulary.ids import TitleId

T = TypeVar("T")


class EngineUnavailable(RuntimeError):
    """A contestant cannot take part here: an extra or a server is missing."""


class BenchmarkEngine:
    """An engine that is built of a stock and then asked; a subclass for each kind.

    What a filter and boosts determine by themselves may be kept, for a service has few of them and
    many queries; the first query of a turn, which is not counted, works it out.
    """

    name: str
    about: str  # its settings, for people
    exact = True  # what it claims
    cores = 1  # that one query may use
    memory = True  # in this process, so that it can be measured
    together = False  # it has a way of its own to answer many at once

    def build(self, stock: BenchmarkTitles) -> None:
        """Take in the titles.

        Raises `Unavailable`.
        """
        raise NotImplementedError

    def supports(self, filter: Filter) -> bool:  # noqa: ARG002  # most take any
        """Tell whether the contestant is made for a filter."""
        return True

    def search(self, query: Query) -> Any:
        """Return the best titles in the engine's own form: this is what is timed."""
        raise NotImplementedError

    def search_many(self, queries: Sequence[Query]) -> Sequence[Any]:
        """Return `search` of each."""
        return [self.search(query) for query in queries]

    def ids(self, found: Any) -> Sequence[TitleId]:
        """Return the titles of what was found, best first."""
        return [hit.title_id for hit in found]

    def close(self) -> None:
        """Let go of what is outside this process."""


class FilterCache:
    """What filters and boosts determine, worked out once."""

    def __init__(self) -> None:
        self._entries: dict[Hashable, Any] = {}

    def get_or_compute(self, filter: Filter, boosts: Boosts, compute: Callable[[], T]) -> T:
        """Return what belongs to a filter and boosts."""
        weights = boosts.popularity, boosts.freshness, tuple(sorted(boosts.regional.items()))
        key = (filter, weights)
        if key not in self._entries:
            self._entries[key] = compute()
        found: T = self._entries[key]
        return found
