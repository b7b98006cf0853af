from collections.abc import Sequence
from itertools import islice

from index.memory import MemoryIndex
from index.query import Hit, Query
from scripts.bench.completeness_fuzz import ReferenceFilter, check_index
from scripts.bench.random_queries import random_entries, random_queries
from tests.index_contract import matches_filter


class HitLosingIndex(MemoryIndex):
    """Omits the last title, and repeats the first of many."""

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        return [
            hits[:1] + hits[:-1] if len(hits) > 99 else hits[:-1]
            for hits in self.search_complete(queries)
        ]

    def search_complete(self, queries: Sequence[Query]) -> list[list[Hit]]:
        return super().search_many(queries)


def test_memory_index_returns_all_matching_titles() -> None:
    entries = random_entries(500)
    result = check_index(MemoryIndex(entries), entries, 2000)
    assert (result.queries, result.short, result.wrong) == (2000, 0, 0)
    assert result.hits > 10_000


def test_missing_and_repeated_titles_are_counted() -> None:
    entries = random_entries(500)
    result = check_index(HitLosingIndex(entries), entries, 300)
    assert 100 < result.short < 300
    assert result.wrong > 0
    assert result.first_failure is not None


def test_reference_filter_agrees_with_the_definition() -> None:
    entries = random_entries(500)
    reference = ReferenceFilter(entries)
    for query in islice(random_queries(entries), 500):
        assert reference.matches(query).tolist() == [
            matches_filter(entry, query) for entry in entries
        ]
