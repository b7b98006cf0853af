"""What every engine must do: answer as the ten-line reference does.

An engine's test module subclasses `IndexContract` and says how to build one. Answers are the
reference's to the last bit, from every engine that is asked to be exact. What an engine finds by
approximation has a recall, which its own tests state; it is never short either.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.query import (
    Attributes,
    Boosts,
    DimensionMismatch,
    Filter,
    Hit,
    IndexEntry,
    Query,
    VectorIndex,
    VectorMissing,
)
from vocabulary.kinds import Kind, Space

DIMENSION = 6
LANGUAGES = ["te", "ta", "hi", "kn", "ml", "en"]
GENRES = ["drama", "comedy", "action", "horror"]
PROVIDERS = ["netflix", "netflix@IN", "aha", "aha@IN"]
REGIONS = ["IN", "IN-TG", "US"]


def expected_hits(entries: Sequence[IndexEntry], query: Query) -> list[Hit]:
    """Return the answer by definition: meet the filter, blend, sort, cut."""
    found = [expected_hit(entry, query) for entry in entries if matches_filter(entry, query)]
    return sorted(found, key=lambda hit: (-hit.score, hit.title_id))[: query.k]


def expected_hit(entry: IndexEntry, query: Query) -> Hit:
    boosts, similarity, regional = query.boosts, 0.0, 0.0
    if query.vector is not None:
        products = entry.vectors[query.space].astype(float) * query.vector.astype(float)
        similarity = float(products.sum())
    for region in sorted(boosts.regional):
        regional += boosts.regional[region] * entry.regional.get(region, 0.0)
    popularity = boosts.popularity * entry.popularity
    return Hit(entry.title_id, similarity, popularity, regional, boosts.freshness * entry.freshness)


def matches_filter(entry: IndexEntry, query: Query) -> bool:
    has, want = entry.attributes, query.filter
    return all(
        [
            query.vector is None or query.space in entry.vectors,
            not want.kinds or has.kind in want.kinds,
            not want.languages or has.languages & want.languages,
            not want.genres_any or has.genres & want.genres_any,
            has.genres >= want.genres_all,
            not has.genres & want.genres_none,
            not want.providers or has.providers & want.providers,
            want.adult or not has.adult,
            is_within(has.year, want.year_from, want.year_to),
            is_within(has.runtime_minutes, want.runtime_from, want.runtime_to),
            (want.unrated and has.minimum_age is None)
            or is_within(has.minimum_age, None, want.max_age),
            is_within(has.votes, want.min_votes, None),
            is_within(has.rating, want.min_rating, None),
            want.include is None or entry.title_id in want.include,
            entry.title_id not in want.exclude,
        ]
    )


def is_within(value: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def unit_vector(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def make_entries(n: int, d: int = 24) -> list[IndexEntry]:
    """Return titles of which a two-hundredth share a language, and a 77th a year."""
    random = np.random.default_rng(5)
    vectors = random.normal(size=(n, d)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        IndexEntry(
            title_id=row + 1,
            attributes=Attributes(
                kind=Kind.MOVIE,
                languages=frozenset({f"l{row % 200}"}),  # more labels than bits in a word
                year=1950 + row % 77,
            ),
            vectors={Space.CONTENT: vectors[row]},
            popularity=float(random.random()),
            regional={"IN": float(random.random())},
        )
        for row in range(n)
    ]


T = TypeVar("T")


def subsets(values: Sequence[T]) -> "st.SearchStrategy[frozenset[T]]":
    return st.frozensets(st.sampled_from(values), max_size=2)


# Few distinct vectors and signals, so that ties are common.
vectors = st.integers(0, 12).map(unit_vector)
signals = st.sampled_from([0.0, 0.25, 0.5, 1.0])
weights = st.sampled_from([0.0, 0.1, 0.3, 2.0, -0.5])
years = st.none() | st.integers(1990, 1999)

attributes = st.builds(
    Attributes,
    kind=st.sampled_from(Kind),
    languages=subsets(LANGUAGES),
    genres=subsets(GENRES),
    providers=subsets(PROVIDERS),
    year=years,
    adult=st.booleans(),
    minimum_age=st.none() | st.sampled_from([0, 7, 13, 16, 18]),
    votes=st.integers(0, 5),
    rating=st.none() | st.sampled_from([0.0, 5.0, 7.1, 10.0]),
    runtime_minutes=st.none() | st.integers(80, 90),
)
entries = st.builds(
    IndexEntry,
    title_id=st.integers(1, 60),
    attributes=attributes,
    vectors=st.dictionaries(st.sampled_from([Space.CONTENT, Space.COLLAB]), vectors),
    popularity=signals,
    regional=st.dictionaries(st.sampled_from(REGIONS), signals),
    freshness=signals,
)
catalogues = st.lists(entries, max_size=60, unique_by=lambda entry: entry.title_id)
filters = st.builds(
    Filter,
    kinds=subsets(list(Kind)),
    languages=subsets([*LANGUAGES, "fr"]),
    genres_any=subsets(GENRES),
    genres_all=subsets(GENRES),
    genres_none=subsets(GENRES),
    year_from=years,
    year_to=years,
    providers=subsets(PROVIDERS),
    adult=st.booleans(),
    max_age=st.none() | st.sampled_from([0, 13, 18]),
    unrated=st.booleans(),
    min_votes=st.none() | st.integers(0, 5),
    min_rating=st.none() | st.sampled_from([5.0, 7.1]),
    runtime_from=st.none() | st.integers(80, 90),
    runtime_to=st.none() | st.integers(80, 90),
    include=st.none() | st.frozensets(st.integers(1, 70)),
    exclude=st.frozensets(st.integers(1, 70), max_size=30),
)
boosts = st.builds(
    Boosts,
    popularity=weights,
    regional=st.dictionaries(st.sampled_from([*REGIONS, "ZZ"]), weights),
    freshness=weights,
)
queries = st.builds(
    Query,
    vector=st.none() | vectors,
    space=st.sampled_from(list(Space)),
    filter=st.just(Filter(adult=True)) | filters,
    boosts=st.just(Boosts()) | boosts,
    k=st.integers(1, 80),
)

ContractTest = Callable[["IndexContract"], None]


def property_test(
    *strategies: "st.SearchStrategy[Any]",
) -> Callable[[Callable[..., None]], ContractTest]:
    """Run a test over examples, as many as its class asks for."""

    def decorate(test: Callable[..., None]) -> ContractTest:
        def run(self: "IndexContract") -> None:
            @settings(
                max_examples=self.max_examples,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            )
            @given(st.tuples(*strategies))
            def check(values: tuple[Any, ...]) -> None:
                test(self, *values)

            check()

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate


class IndexContract:
    """The tests; `build` makes the engine under test."""

    max_examples: ClassVar[int] = 300  # of each generated test; fewer where a server answers

    def build(self, entries: Sequence[IndexEntry]) -> VectorIndex:
        raise NotImplementedError

    @property_test(catalogues, queries)
    def test_answers_as_the_reference_does(self, catalogue: list[IndexEntry], query: Query) -> None:
        assert self.build(catalogue).search(query) == expected_hits(catalogue, query)

    @property_test(catalogues, st.lists(queries, max_size=6))
    def test_many_at_once_answer_as_one_by_one(
        self, catalogue: list[IndexEntry], asked: list[Query]
    ) -> None:
        index = self.build(catalogue)
        expected = [expected_hits(catalogue, query) for query in asked]
        assert index.search_many(asked) == expected

    @property_test(catalogues, catalogues, st.lists(st.integers(1, 60)), queries)
    def test_follows_upserts_and_removals(
        self, catalogue: list[IndexEntry], changed: list[IndexEntry], gone: list[int], query: Query
    ) -> None:
        index = self.build(catalogue)
        index.upsert(changed)
        index.remove(gone)
        left = {entry.title_id: entry for entry in [*catalogue, *changed]}
        for title_id in gone:
            left.pop(title_id, None)
        assert index.search(query) == expected_hits(list(left.values()), query)
        assert len(index) == len(left)

    @property_test(catalogues, queries)
    def test_is_never_short(self, catalogue: list[IndexEntry], query: Query) -> None:
        matches = sum(matches_filter(entry, query) for entry in catalogue)
        assert len(self.build(catalogue).search(query)) == min(query.k, matches)

    def test_equal_titles_come_in_the_order_of_their_ids(self) -> None:
        catalogue = [
            IndexEntry(
                title_id=title_id,
                attributes=Attributes(kind=Kind.MOVIE),
                vectors={Space.CONTENT: unit_vector(1)},
            )
            for title_id in range(200, 0, -1)
        ]
        found = self.build(catalogue).search(Query(vector=unit_vector(2), k=7))
        assert [hit.title_id for hit in found] == [1, 2, 3, 4, 5, 6, 7]

    def test_terms_add_up_to_the_score(self) -> None:
        entry = IndexEntry(
            title_id=1,
            attributes=Attributes(kind=Kind.MOVIE),
            vectors={Space.CONTENT: unit_vector(1)},
            popularity=0.5,
            regional={"IN-TG": 0.4, "IN": 0.2},
            freshness=1.0,
        )
        asked = Boosts(popularity=0.2, regional={"IN-TG": 0.3, "IN": 0.1}, freshness=0.05)
        (found,) = self.build([entry]).search(Query(vector=unit_vector(1), boosts=asked))
        assert found.similarity == pytest.approx(1.0, abs=1e-6)
        assert (found.popularity, found.freshness) == (0.1, 0.05)
        assert found.regional == pytest.approx(0.14)
        assert found.score == pytest.approx(1.29, abs=1e-6)

    def test_equal_scores_of_different_terms_come_in_the_order_of_their_ids(self) -> None:
        catalogue = [
            IndexEntry(
                title_id=title_id,
                attributes=Attributes(kind=Kind.MOVIE),
                popularity=0.5 if title_id % 2 else 0.0,
                freshness=0.0 if title_id % 2 else 0.5,
            )
            for title_id in range(100, 0, -1)
        ]
        ranked = Query(boosts=Boosts(popularity=1.0, freshness=1.0), k=5)
        found = self.build(catalogue).search(ranked)
        assert [hit.title_id for hit in found] == [1, 2, 3, 4, 5]

    def test_a_title_told_of_twice_is_as_it_was_told_last(self) -> None:
        first, last = (
            IndexEntry(
                title_id=1,
                attributes=Attributes(kind=kind),
                vectors={Space.CONTENT: unit_vector(seed)},
            )
            for seed, kind in enumerate([Kind.MOVIE, Kind.ANIME])
        )
        index = self.build([])
        index.upsert([first, last])
        query = Query(vector=unit_vector(1), filter=Filter(kinds=frozenset({Kind.ANIME})))
        assert index.search(query) == expected_hits([last], query)
        assert len(index) == 1
        assert 1 in index
        assert 2 not in index

    def test_an_empty_index_finds_nothing(self) -> None:
        assert self.build([]).search(Query(vector=unit_vector(1))) == []

    def test_gives_vectors_back_in_the_order_asked(self) -> None:
        catalogue = [
            IndexEntry(
                title_id=title_id,
                attributes=Attributes(kind=Kind.MOVIE),
                vectors={Space.CONTENT: unit_vector(title_id)},
            )
            for title_id in (1, 2, 3)
        ]
        got = self.build(catalogue).vectors([3, 1], Space.CONTENT)
        np.testing.assert_allclose(got, [unit_vector(3), unit_vector(1)], atol=1e-3)

    def test_names_the_title_that_has_no_vector(self) -> None:
        with pytest.raises(VectorMissing, match="title 9 has no content vector"):
            self.build([]).vectors([9], Space.CONTENT)

    def test_refuses_a_vector_of_another_dimension(self) -> None:
        catalogue = [
            IndexEntry(
                title_id=1,
                attributes=Attributes(kind=Kind.MOVIE),
                vectors={Space.CONTENT: unit_vector(1)},
            )
        ]
        with pytest.raises(DimensionMismatch, match="6 dimensions, got 5"):
            self.build(catalogue).search(Query(vector=unit_vector(1)[:5]))
