from hypothesis import given
from hypothesis import strategies as st

from index.query import Hit
from recommend.reasons import boost_reason, search_reason, similarity_reason

terms = st.sampled_from([0.0, 0.1, 0.2, 0.5])
hits = st.builds(Hit, st.just(1), terms, terms, terms, terms)


@given(hits)
def test_the_largest_boost_is_the_reason(hit: Hit) -> None:
    reason = boost_reason(hit, place="Telangana")
    gave = {"regional": hit.regional, "popular": hit.popularity, "new": hit.freshness}
    if reason.code == "catalogue":
        assert not any(gave.values())
    else:
        assert gave[reason.code] == max(gave.values()) > 0


def test_a_regional_reason_names_the_place() -> None:
    assert boost_reason(Hit(1, 0, 0.1, 0.2, 0), place="Kerala").text == "Popular in Kerala"


@given(hits, terms)
def test_a_search_reason_names_the_larger_of_name_and_meaning(hit: Hit, name: float) -> None:
    reason = search_reason(hit, name_score=name)
    assert (reason.code == "name") == (name > hit.similarity)


def test_a_similarity_reason_names_the_similar_title() -> None:
    reason = similarity_reason(7, "Eega")
    assert (reason.code, reason.text, reason.title_id) == ("similar_to", "Similar to Eega", 7)
