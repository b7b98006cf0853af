from collections.abc import Sequence
from itertools import islice

from index.memory import MemoryIndex
from index.query import Hit, Query
from scripts.bench.completeness_fuzz import (
    ReferenceFilter,
    check_index,
    random_entries,
    random_queries,
)
from tests.index_contract import matches_filter


class HitLosingIndex(MemoryIndex):
    """Keeps the last of many titles to itself, and finds the first twice."""

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        return [
            hits[:1] + hits[:-1] if len(hits) > 99 else hits[:-1]
            for hits in self.search_complete(queries)
        ]

    def search_complete(self, queries: Sequence[Query]) -> list[list[Hit]]:
        return super().search_many(queries)


def test_the_engine_in_memory_is_never_short() -> None:
    entries = random_entries(500)
    found = check_index(MemoryIndex(entries), entries, 2000)
    assert (found.queries, found.short, found.wrong) == (2000, 0, 0)
    assert found.hits > 10_000


def test_what_is_missing_and_what_is_told_twice_is_counted() -> None:
    entries = random_entries(500)
    found = check_index(HitLosingIndex(entries), entries, 300)
    assert 100 < found.short < 300
    assert found.wrong > 0
    assert found.first_failure is not None


def test_matches_are_those_of_the_definition() -> None:
    entries = random_entries(500)
    table = ReferenceFilter(entries)
    for query in islice(random_queries(entries), 500):
        assert table.matches(query).tolist() == [matches_filter(entry, query) for entry in entries]
