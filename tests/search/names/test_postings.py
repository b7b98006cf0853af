import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.names.postings import Postings, top_rows

additions = st.lists(st.tuples(st.sets(st.integers(0, 9), max_size=4), st.booleans()), max_size=40)


@given(additions)
def test_the_rows_of_a_term_are_in_order_before_and_after_compaction(
    added: list[tuple[set[int], bool]],
) -> None:
    postings = Postings()
    for terms, settled in added:
        postings.append_row(terms)
        if settled:
            postings.compact()
    for term in range(11):
        held = [row for row, (terms, _) in enumerate(added) if term in terms]
        assert postings.rows_of(term).tolist() == held


@given(additions, st.sets(st.integers(0, 9), max_size=5), st.sampled_from([0.3, 0.5, 1.0]))
def test_rows_that_share_enough_terms_are_found(
    added: list[tuple[set[int], bool]], query_terms: set[int], share: float
) -> None:
    postings = Postings()
    for terms, _ in added:
        postings.append_row(terms)
    alike = {
        row
        for row, (terms, _) in enumerate(added)
        if terms & query_terms
        and 2 * len(terms & query_terms) / (len(terms) + len(query_terms)) >= share
    }
    assert set(postings.rows_sharing(query_terms, min_share=share, limit=100).tolist()) == alike
    assert len(postings.rows_sharing(query_terms, min_share=share, limit=3)) == min(3, len(alike))


def test_many_additions_are_compacted_by_the_next_lookup() -> None:
    postings = Postings()
    for row in range(5000):
        postings.add([row % 7], row)
    assert len(postings.rows_of(3)) == 714
    assert not postings._pending_rows


def test_top_rows_have_the_highest_values() -> None:
    rows, values = np.arange(5), np.array([0.1, 0.9, 0.3, 0.8, 0.2])
    assert sorted(top_rows(rows, values, 2).tolist()) == [1, 3]
