from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.memory import MemoryIndex
from index.query import Attributes, Boosts, Filter, IndexEntry, Query
from search.fusion import (
    MAX_PLOT_WORD_SCORE,
    NO_EVIDENCE,
    TASTE_WEIGHT,
    FusedHit,
    TextEvidence,
    collect_evidence,
    fuse,
    name_score,
    plot_word_score,
    search_boosts,
)
from search.names.lexical import NameField, NameMatch
from search.plots import PlotMatch
from tests.index_contract import (
    catalogues,
    expected_hit,
    filters,
    matches_filter,
    queries,
    unit_vector,
    vectors,
)
from vocabulary.arrays import Vector
from vocabulary.ids import TitleId
from vocabulary.kinds import Kind, Space

terms = st.sampled_from([0.0, 0.1, 0.7, 3.5])
evidence_by_title = st.dictionaries(
    st.integers(1, 70),
    st.builds(TextEvidence, name=terms, words=terms, preference=terms),
    max_size=20,
)
property_settings = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def reference(
    entries: Sequence[IndexEntry], evidence: Mapping[TitleId, TextEvidence], query: Query
) -> list[FusedHit]:
    """Return the answer by definition: score every title with its evidence, sort, cut.

    A text finds what has a vector, and what there is evidence for.
    """
    hits = []
    for entry in entries:
        own = query if query.space in entry.vectors else replace(query, vector=None)
        waits = query.vector is not None and own.vector is None
        if (not waits or entry.title_id in evidence) and matches_filter(entry, own):
            hits.append(
                FusedHit(expected_hit(entry, own), evidence.get(entry.title_id, NO_EVIDENCE))
            )
    return sorted(hits, key=lambda each: (-each.score, each.hit.title_id))[: query.k]


@property_settings
@given(catalogues, evidence_by_title, queries, vectors | st.none())
def test_answers_as_the_reference_does(
    catalogue: list[IndexEntry],
    evidence: dict[TitleId, TextEvidence],
    base_query: Query,
    vector: Vector | None,
) -> None:
    query = replace(base_query, vector=vector)
    assert fuse(MemoryIndex(catalogue), evidence, query=query) == reference(
        catalogue, evidence, query
    )


@property_settings
@given(catalogues, evidence_by_title, queries, vectors, vectors)
def test_taste_is_a_bounded_term_added_before_the_cut(
    catalogue: list[IndexEntry],
    evidence: dict[TitleId, TextEvidence],
    base_query: Query,
    vector: Vector,
    taste: Vector,
) -> None:
    query = replace(base_query, vector=vector)
    index = MemoryIndex(catalogue)
    hits = fuse(index, evidence, query=query, taste=taste)
    of = {entry.title_id: entry.vectors.get(query.space) for entry in catalogue}
    everything = fuse(index, evidence, query=replace(query, k=len(catalogue)))
    scores = {
        each.hit.title_id: each.score
        + (TASTE_WEIGHT * float(own @ taste) if (own := of[each.hit.title_id]) is not None else 0.0)
        for each in everything
    }
    best = sorted(scores.values(), reverse=True)[: query.k]
    assert [each.score for each in hits] == pytest.approx(best, abs=1e-5)
    for each in hits:
        assert abs(each.evidence.personal) <= TASTE_WEIGHT + 1e-6
        assert each.score == pytest.approx(scores[each.hit.title_id], abs=1e-5)


@property_settings
@given(catalogues, evidence_by_title, queries)
def test_without_other_titles_only_evidence_counts(
    catalogue: list[IndexEntry], evidence: dict[TitleId, TextEvidence], base_query: Query
) -> None:
    query = replace(base_query, vector=None, k=80)
    hits = fuse(MemoryIndex(catalogue), evidence, query=query, include_others=False)
    expected = [
        each for each in reference(catalogue, evidence, query) if each.hit.title_id in evidence
    ]
    assert hits == expected


@property_settings
@given(catalogues, evidence_by_title, filters)
def test_titles_with_evidence_must_pass_the_filter(
    catalogue: list[IndexEntry], evidence: dict[TitleId, TextEvidence], title_filter: Filter
) -> None:
    query = Query(vector=unit_vector(3), filter=title_filter, k=80)
    by_id = {entry.title_id: entry for entry in catalogue}
    for fused in fuse(MemoryIndex(catalogue), evidence, query=query):
        assert matches_filter(by_id[fused.hit.title_id], replace(query, vector=None))


@property_settings
@given(catalogues, st.integers(1, 40), st.integers(1, 40), queries)
def test_a_longer_page_begins_with_the_shorter_one(
    catalogue: list[IndexEntry], shorter: int, more: int, base_query: Query
) -> None:
    index = MemoryIndex(catalogue)
    named = {entry.title_id: TextEvidence(name=0.5) for entry in catalogue[::3]}
    both = [
        fuse(index, named, query=replace(base_query, vector=unit_vector(1), k=k))
        for k in (shorter, shorter + more)
    ]
    assert both[1][:shorter] == both[0]


def entry(title_id: int, *, vector: int | None = None, known: float = 0.0) -> IndexEntry:
    return IndexEntry(
        title_id=title_id,
        attributes=Attributes(kind=Kind.MOVIE),
        vectors={} if vector is None else {Space.CONTENT: unit_vector(vector)},
        popularity=known,
        regional={"IN": known},
    )


def name_evidence(*named: tuple[int, float]) -> dict[TitleId, TextEvidence]:
    matches = [
        NameMatch(title_id, strength, NameField.NAME, "", covers_query=True)
        for title_id, strength in named
    ]
    return collect_evidence(matches, [], {})


def test_an_identical_name_outranks_everything_else() -> None:
    opposite = IndexEntry(
        title_id=9, attributes=Attributes(kind=Kind.MOVIE), vectors={Space.CONTENT: -unit_vector(1)}
    )
    catalogue = [entry(1, vector=1, known=1.0), entry(2, vector=1, known=1.0), opposite]
    query = Query(vector=unit_vector(1), boosts=search_boosts("IN"))
    named = name_evidence((9, 1.0), (2, 0.9))
    hits = fuse(MemoryIndex(catalogue), named, query=query)
    assert [each.hit.title_id for each in hits] == [9, 2, 1]


def test_a_weak_name_match_does_not_outrank_meaning() -> None:
    opposite = IndexEntry(
        title_id=2, attributes=Attributes(kind=Kind.MOVIE), vectors={Space.CONTENT: -unit_vector(1)}
    )
    index = MemoryIndex([entry(1, vector=1), opposite])
    hits = fuse(index, name_evidence((2, 0.55)), query=Query(vector=unit_vector(1)))
    assert [each.hit.title_id for each in hits] == [1, 2]


def test_a_title_without_a_vector_is_found_by_name() -> None:
    catalogue = [entry(1, vector=1), entry(2)]
    hits = fuse(MemoryIndex(catalogue), name_evidence((2, 1.0)), query=Query(vector=unit_vector(1)))
    assert [each.hit.title_id for each in hits] == [2, 1]
    assert hits[0].hit.similarity == 0.0


def test_name_matches_outside_the_included_titles_are_excluded() -> None:
    catalogue = [entry(1), entry(2)]
    query = Query(vector=unit_vector(1), filter=Filter(include=frozenset({1})))
    assert fuse(MemoryIndex(catalogue), name_evidence((2, 1.0)), query=query) == []


def test_popularity_orders_equal_matches() -> None:
    catalogue = [entry(1, vector=1, known=0.1), entry(2, vector=1, known=0.9)]
    query = Query(vector=unit_vector(1), boosts=search_boosts("IN"))
    hits = fuse(MemoryIndex(catalogue), {}, query=query)
    assert [each.hit.title_id for each in hits] == [2, 1]


def test_boosts_do_not_raise_worse_matches() -> None:
    aside = unit_vector(2) - (unit_vector(2) @ unit_vector(1)) * unit_vector(1)
    near = 0.9 * unit_vector(1) + 0.19**0.5 * aside / np.linalg.norm(aside)
    worse = IndexEntry(
        title_id=1,
        attributes=Attributes(kind=Kind.MOVIE),
        vectors={Space.CONTENT: near.astype(np.float32)},
        popularity=1.0,
        regional={"IN": 1.0},
    )
    query = Query(vector=unit_vector(1), boosts=search_boosts("IN"))
    hits = fuse(MemoryIndex([worse, entry(2, vector=1)]), {}, query=query)
    assert [each.hit.title_id for each in hits] == [2, 1]


def test_terms_add_up() -> None:
    query = Query(vector=unit_vector(1), boosts=Boosts(popularity=0.1))
    (fused,) = fuse(
        MemoryIndex([entry(1, vector=1, known=0.5)]), name_evidence((1, 0.9)), query=query
    )
    assert fused.score == fused.hit.similarity + fused.hit.popularity + fused.evidence.name


def test_evidence_has_the_best_name_and_all_other_terms() -> None:
    weak = NameMatch(1, 0.5, NameField.PERSON, "", covers_query=False)
    strong = NameMatch(1, 0.8, NameField.NAME, "", covers_query=False)
    evidence = collect_evidence(
        [strong, weak], [PlotMatch(1, 10.0), PlotMatch(2, 20.0)], {2: 1.0, 3: 0.5}
    )
    assert evidence[1] == TextEvidence(name=name_score(0.8), words=plot_word_score(10.0))
    assert evidence[2].name == 0.0
    assert evidence[2].total == evidence[2].words + evidence[2].preference
    assert evidence[3].words == 0.0 < evidence[3].preference < evidence[2].preference


def test_plot_words_never_outrank_a_name_with_the_same_sound() -> None:
    assert plot_word_score(1e6) == MAX_PLOT_WORD_SCORE < name_score(0.95) < name_score(1.0)
