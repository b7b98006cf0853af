from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, text

from db import pgvector_search
from db.engine import connect
from db.pgvector_graphs import MIN_LANGUAGE_GRAPH_TITLES
from db.pgvector_index import PgvectorIndex, to_filter_values
from db.pgvector_search import PgvectorQuery
from db.pgvector_store import SERVED_SCHEMA
from index.inner_product import REGION_SLOTS, TooManyRegions
from index.memory import MemoryIndex
from index.query import Attributes, Boosts, Filter, IndexEntry, IndexUnavailable, Query
from tests.index_contract import IndexContract, expected_hits, make_entries
from vocabulary.kinds import Kind, Space

MIN_GRAPH_RECALL = 0.95  # of wide searches by a graph


@pytest.fixture
def index(engine: Engine) -> Iterator[PgvectorIndex]:
    """An empty index, left empty."""
    index = PgvectorIndex(engine)
    index.replace([])
    yield index
    index.replace([])


class TestPgvectorIndex(IndexContract):
    examples = 40

    @pytest.fixture(autouse=True)
    def _over(self, index: PgvectorIndex) -> None:
        self.index = index

    def build(self, entries: Sequence[IndexEntry]) -> PgvectorIndex:
        self.index.remove(range(1, 201))
        self.index.upsert(entries)
        return self.index


def narrow_queries(entries: Sequence[IndexEntry]) -> Iterator[Query]:
    """Queries that a hundredth of the titles or fewer can answer, boosts at every weight."""
    for weight in (0.0, 0.2, 1.5):
        boosts = Boosts(popularity=weight, regional={"IN": weight})
        for wanted in (
            Filter(languages=frozenset({"l3", "l150"})),
            Filter(year_from=1950, year_to=1950),
            Filter(include=frozenset(range(1, 30))),
        ):
            vector = entries[7].vectors[Space.CONTENT]
            yield Query(vector=vector, filter=wanted, boosts=boosts, k=20)


def wide_queries(entries: Sequence[IndexEntry]) -> Iterator[Query]:
    """Queries that most titles can answer."""
    for at, weight in enumerate((0.0, 0.1, 0.2, 0.5) * 5):
        boosts = Boosts(popularity=weight, regional={"IN": weight})
        wanted = Filter(exclude=frozenset(range(1, at))) if at % 2 else Filter(year_from=1960)
        vector = entries[at].vectors[Space.CONTENT]
        yield Query(vector=vector, filter=wanted, boosts=boosts, k=20)


def explain_plan(engine: Engine, title_filter: Filter, *, graph: bool) -> str:
    with engine.connect() as connection:
        shape = pgvector_search.begin_search(connection, SERVED_SCHEMA).spaces[Space.CONTENT]
        ask = PgvectorQuery(Space.CONTENT, np.ones(shape.width, np.float32), 20)
        return pgvector_search.explain(
            connection, to_filter_values(title_filter), ask, shape if graph else None
        )


@pytest.fixture(scope="module")
def filled_index(engine: Engine) -> Iterator[tuple[PgvectorIndex, list[IndexEntry]]]:
    """An index of a few thousand titles, linked to a graph."""
    entries, index = make_entries(3000), PgvectorIndex(engine)
    index.replace(entries, lambda beside: beside.build_graph(Space.CONTENT))
    yield index, entries
    index.replace([])


def test_narrow_searches_use_the_index_of_the_filter_and_are_exact(
    engine: Engine, filled_index: tuple[PgvectorIndex, list[IndexEntry]]
) -> None:
    index, entries = filled_index
    asked = list(narrow_queries(entries))
    assert index.search_many(asked) == [expected_hits(entries, query) for query in asked]
    told = explain_plan(engine, Filter(languages=frozenset({"l3"})), graph=False)
    assert "Bitmap Index Scan on entry_languages" in told
    assert "graph" not in told


def test_wide_searches_use_the_graph_with_boosts(
    engine: Engine, filled_index: tuple[PgvectorIndex, list[IndexEntry]]
) -> None:
    index, entries = filled_index
    asked = list(wide_queries(entries))
    answers = index.search_many(asked)
    expected = [expected_hits(entries, query) for query in asked]
    same = [len(set(found) & set(best)) / 20 for found, best in zip(answers, expected, strict=True)]
    assert [len(found) for found in answers] == [20] * len(asked)
    assert sum(same) / len(same) >= MIN_GRAPH_RECALL
    told = explain_plan(engine, Filter(year_from=1960), graph=True)
    assert "Index Scan using entry_content_graph" in told


def test_a_graph_with_too_few_results_falls_back_to_a_scan(
    filled_index: tuple[PgvectorIndex, list[IndexEntry]],
) -> None:
    index, entries = filled_index
    query = Query(vector=entries[0].vectors[Space.CONTENT], filter=Filter(year_from=1960), k=2500)
    assert index.search(query) == expected_hits(entries, query)


def test_a_space_without_a_graph_is_searched_exactly(engine: Engine, index: PgvectorIndex) -> None:
    entries = make_entries(500)
    index.replace(entries)
    asked = list(wide_queries(entries))
    expected = [expected_hits(entries, query) for query in asked]
    index.build_graph(Space.CONTENT)
    index.drop_graph(Space.CONTENT)
    assert index.search_many(asked) == expected


def test_a_rejected_copy_is_not_swapped_in(index: PgvectorIndex) -> None:
    class Refused(Exception):
        pass

    def refuse(beside: PgvectorIndex) -> None:
        assert len(beside) == 20
        raise Refused

    index.replace(make_entries(10))
    with pytest.raises(Refused):
        index.replace(make_entries(20), refuse)
    assert len(index) == 10


def test_searches_continue_during_a_swap(index: PgvectorIndex) -> None:
    entries = make_entries(100)
    index.replace(entries)
    query = Query(vector=entries[0].vectors[Space.CONTENT], k=200)

    def swap() -> None:
        for _ in range(10):
            index.replace(entries)

    with ThreadPoolExecutor(1) as swapping:
        swapped = swapping.submit(swap)
        while not swapped.done():
            assert len(index.search(query)) == 100
        swapped.result()


def test_too_many_regions_are_refused_and_nothing_is_written(index: PgvectorIndex) -> None:
    regional = {f"R{number}": 0.5 for number in range(REGION_SLOTS + 1)}
    crowded = IndexEntry(title_id=1, attributes=Attributes(kind=Kind.MOVIE), regional=regional)
    with pytest.raises(TooManyRegions, match="no room for the region R9"):
        index.upsert([crowded])
    assert len(index) == 0


def test_an_unreachable_database_makes_the_index_unavailable(
    engine: Engine, index: PgvectorIndex
) -> None:
    away = copy(index)
    away._engine = connect("postgresql+psycopg://127.0.0.1:1/none", connect_timeout_s=1)
    with pytest.raises(IndexUnavailable, match=r"does not answer: .*refused"):
        away.search(Query())
    with pytest.raises(IndexUnavailable):
        len(away)


def test_a_query_vector_longer_than_one_is_searched_exactly(index: PgvectorIndex) -> None:
    entries = make_entries(300)
    index.replace(entries)
    vector = 3 * entries[0].vectors[Space.CONTENT]
    query = Query(vector=vector, boosts=Boosts(popularity=0.1), k=20)
    assert index.search(query) == expected_hits(entries, query)


def test_common_languages_have_their_own_graph(engine: Engine, index: PgvectorIndex) -> None:
    common, rare = MIN_LANGUAGE_GRAPH_TITLES, 4 * MIN_LANGUAGE_GRAPH_TITLES // 5
    entries = [
        replace(
            entry,
            attributes=replace(
                entry.attributes, languages=frozenset({"te" if at < common else "kn"})
            ),
        )
        for at, entry in enumerate(make_entries(common + rare, d=4))
    ]
    index.replace(entries, lambda beside: beside.build_graph(Space.CONTENT))
    vector = entries[0].vectors[Space.CONTENT]
    for language, name in (("te", "entry_content_graph_te"), ("kn", "entry_content_graph")):
        wanted = Filter(languages=frozenset({language}), exclude=frozenset({1, 2}))
        assert f"Index Scan using {name} on" in explain_plan(engine, wanted, graph=True)
        query = Query(vector=vector, filter=wanted, boosts=Boosts(popularity=0.1), k=20)
        found = {hit.title_id for hit in index.search(query)}
        best = {hit.title_id for hit in MemoryIndex(entries).search(query)}
        assert len(found) == 20
        assert len(found & best) >= 19
    index.drop_graph(Space.CONTENT)
    with engine.connect() as connection:
        left = "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'entry_content_graph%'"
        assert connection.execute(text(left)).scalar_one() == 0
