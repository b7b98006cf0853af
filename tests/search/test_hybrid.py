from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.kinds import Kind, Space
from index.memory import MemoryIndex
from index.query import Attributes, Boosts, Entry, Filter, Query, Vector
from search.hybrid import Found, hybrid, name_term, search_boosts
from search.names import NameMatch
from tests.index_contract import catalogues, filters, hit, meets, queries, unit, vectors

matches = st.lists(
    st.builds(
        NameMatch, title_id=st.integers(1, 70), strength=st.sampled_from([0.55, 0.7, 0.9, 1.0])
    ),
    max_size=20,
    unique_by=lambda match: match.title_id,
)
generated = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def reference(entries: Sequence[Entry], named: Sequence[NameMatch], query: Query) -> list[Found]:
    """Return the answer by definition: score every title with its name, sort, cut.

    A text finds what has a vector, and what it names.
    """
    terms = {match.title_id: name_term(match.strength) for match in named}
    found = []
    for entry in entries:
        own = query if query.space in entry.vectors else replace(query, vector=None)
        if (own.vector is not None or entry.title_id in terms) and meets(entry, own):
            found.append(Found(hit(entry, own), terms.get(entry.title_id, 0.0)))
    return sorted(found, key=lambda each: (-each.score, each.hit.title_id))[: query.k]


@generated
@given(catalogues, matches, queries, vectors)
def test_answers_as_the_reference_does(
    catalogue: list[Entry], named: list[NameMatch], asked: Query, vector: Vector
) -> None:
    query = replace(asked, vector=vector)
    assert hybrid(MemoryIndex(catalogue), named, query=query) == reference(catalogue, named, query)


@generated
@given(catalogues, matches, queries)
def test_without_a_vector_only_names_find(
    catalogue: list[Entry], named: list[NameMatch], asked: Query
) -> None:
    query = replace(asked, vector=None)
    found = hybrid(MemoryIndex(catalogue), named, query=query)
    assert found == reference(catalogue, named, query)
    assert {each.hit.title_id for each in found} <= {match.title_id for match in named}


@generated
@given(catalogues, matches, filters)
def test_a_named_title_meets_the_filter_too(
    catalogue: list[Entry], named: list[NameMatch], wanted: Filter
) -> None:
    query = Query(vector=unit(3), filter=wanted, k=80)
    by_id = {entry.title_id: entry for entry in catalogue}
    for found in hybrid(MemoryIndex(catalogue), named, query=query):
        assert meets(by_id[found.hit.title_id], replace(query, vector=None))


@generated
@given(catalogues, st.integers(1, 40), st.integers(1, 40), queries)
def test_a_longer_page_begins_with_the_shorter(
    catalogue: list[Entry], shorter: int, more: int, asked: Query
) -> None:
    index = MemoryIndex(catalogue)
    named = [NameMatch(entry.title_id, 0.6) for entry in catalogue[::3]]
    both = [
        hybrid(index, named, query=replace(asked, vector=unit(1), k=k))
        for k in (shorter, shorter + more)
    ]
    assert both[1][:shorter] == both[0]


def entry(title_id: int, *, vector: int | None = None, known: float = 0.0) -> Entry:
    return Entry(
        title_id=title_id,
        attributes=Attributes(kind=Kind.MOVIE),
        vectors={} if vector is None else {Space.CONTENT: unit(vector)},
        popularity=known,
        regional={"IN": known},
    )


def test_the_very_name_wins_over_any_meaning_any_fame_and_any_longer_name() -> None:
    opposite = Entry(
        title_id=9, attributes=Attributes(kind=Kind.MOVIE), vectors={Space.CONTENT: -unit(1)}
    )
    catalogue = [entry(1, vector=1, known=1.0), entry(2, vector=1, known=1.0), opposite]
    query = Query(vector=unit(1), boosts=search_boosts("IN"))
    named = [NameMatch(9, 1.0), NameMatch(2, 0.9)]
    found = hybrid(MemoryIndex(catalogue), named, query=query)
    assert [each.hit.title_id for each in found] == [9, 2, 1]


def test_a_faint_likeness_of_name_does_not_bury_what_was_meant() -> None:
    opposite = Entry(
        title_id=2, attributes=Attributes(kind=Kind.MOVIE), vectors={Space.CONTENT: -unit(1)}
    )
    index = MemoryIndex([entry(1, vector=1), opposite])
    found = hybrid(index, [NameMatch(2, 0.55)], query=Query(vector=unit(1)))
    assert [each.hit.title_id for each in found] == [1, 2]


def test_a_title_that_waits_for_its_vector_is_found_by_name() -> None:
    catalogue = [entry(1, vector=1), entry(2)]
    found = hybrid(MemoryIndex(catalogue), [NameMatch(2, 1.0)], query=Query(vector=unit(1)))
    assert [each.hit.title_id for each in found] == [2, 1]
    assert found[0].hit.similarity == 0.0


def test_names_outside_the_allowed_titles_stay_out() -> None:
    catalogue = [entry(1), entry(2)]
    query = Query(vector=unit(1), filter=Filter(include=frozenset({1})))
    assert hybrid(MemoryIndex(catalogue), [NameMatch(2, 1.0)], query=query) == []


def test_popularity_orders_what_fits_equally_well() -> None:
    catalogue = [entry(1, vector=1, known=0.1), entry(2, vector=1, known=0.9)]
    query = Query(vector=unit(1), boosts=search_boosts("IN"))
    found = hybrid(MemoryIndex(catalogue), [], query=query)
    assert [each.hit.title_id for each in found] == [2, 1]


def test_boosts_do_not_lift_what_fits_worse() -> None:
    aside = unit(2) - (unit(2) @ unit(1)) * unit(1)
    near = 0.9 * unit(1) + 0.19**0.5 * aside / np.linalg.norm(aside)
    worse = Entry(
        title_id=1,
        attributes=Attributes(kind=Kind.MOVIE),
        vectors={Space.CONTENT: near.astype(np.float32)},
        popularity=1.0,
        regional={"IN": 1.0},
    )
    query = Query(vector=unit(1), boosts=search_boosts("IN"))
    found = hybrid(MemoryIndex([worse, entry(2, vector=1)]), [], query=query)
    assert [each.hit.title_id for each in found] == [2, 1]


def test_terms_add_up() -> None:
    query = Query(vector=unit(1), boosts=Boosts(popularity=0.1))
    (found,) = hybrid(
        MemoryIndex([entry(1, vector=1, known=0.5)]), [NameMatch(1, 0.9)], query=query
    )
    assert found.score == found.hit.similarity + found.hit.popularity + found.name
