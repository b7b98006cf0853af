from dataclasses import replace

import pytest

from index.memory import MemoryIndex
from index.query import Filter, Hit
from recommend import queries
from tests.index_contract import unit_vector
from tests.recommend.entries import make_entry, search_ids
from vocabulary.kinds import Space


def test_trending_prefers_titles_popular_in_the_region() -> None:
    here, elsewhere = make_entry(1, regional={"IN-TG": 1.0}), make_entry(2, regional={"US": 1.0})
    assert search_ids(queries.trending("IN-TG", Filter(), k=2), elsewhere, here) == [1, 2]
    assert search_ids(queries.trending("US", Filter(), k=2), elsewhere, here) == [2, 1]


def test_whats_hot_is_newer_than_trending() -> None:
    classic = make_entry(1, popularity=1.0, regional={"IN": 1.0}, freshness=0.0)
    new = make_entry(2, popularity=0.2, regional={"IN": 0.2}, freshness=1.0)
    assert search_ids(queries.whats_hot("IN", Filter(), k=1), classic, new) == [2]
    assert search_ids(queries.trending("IN", Filter(), k=1), classic, new) == [1]


def test_best_known_ignores_age() -> None:
    old, new = make_entry(1, popularity=0.6), make_entry(2, popularity=0.5, freshness=1.0)
    assert search_ids(queries.best_known("IN", Filter(), k=1), new, old) == [1]


@pytest.mark.parametrize(
    ("rating", "votes", "critics", "viewers"),
    [
        (8.5, 5000, True, True),
        (8.5, 150, True, False),
        (7.2, 5000, False, True),
        (8.5, 10, False, False),
        (None, 5000, False, False),
    ],
)
def test_critics_choice_needs_a_high_rating_and_user_favourites_many_votes(
    rating: float | None, votes: int, critics: bool, viewers: bool
) -> None:
    title = make_entry(1, rating=rating, votes=votes)
    assert bool(search_ids(queries.critics_choice("IN", Filter(), k=1), title)) == critics
    assert bool(search_ids(queries.user_favourites("IN", Filter(), k=1), title)) == viewers


def test_a_title_is_not_similar_to_itself() -> None:
    entries = [
        make_entry(number, vectors={Space.CONTENT: unit_vector(number)}) for number in range(1, 9)
    ]
    wanted = Filter(exclude=frozenset({3}))
    found = search_ids(queries.similar_to(1, unit_vector(1), wanted, k=8), *entries)
    assert set(found) == {2, 4, 5, 6, 7, 8}


def test_popularity_only_orders_equally_similar_titles() -> None:
    far = make_entry(1, vectors={Space.CONTENT: unit_vector(2)}, popularity=1.0)
    near = make_entry(2, vectors={Space.CONTENT: unit_vector(1)})
    known = make_entry(3, vectors={Space.CONTENT: unit_vector(1)}, popularity=1.0)
    assert search_ids(queries.similar_to(9, unit_vector(1), Filter(), k=3), far, near, known) == [
        3,
        2,
        1,
    ]


def test_a_query_is_a_plain_value() -> None:
    assert queries.trending("IN", Filter(), k=3) == queries.trending("IN", Filter(), k=3)
    assert replace(queries.trending("IN", Filter(), k=3), k=4).k == 4


def test_terms_of_a_trending_title_are_its_boosts() -> None:
    title = make_entry(1, popularity=1.0, regional={"IN": 1.0}, freshness=1.0)
    (hit,) = MemoryIndex([title]).search(queries.trending("IN", Filter(), k=1))
    assert hit == Hit(
        1,
        0.0,
        queries.TRENDING_POPULARITY_BOOST,
        queries.TRENDING_REGIONAL_BOOST,
        queries.TRENDING_FRESHNESS_BOOST,
    )
