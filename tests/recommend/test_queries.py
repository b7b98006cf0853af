from dataclasses import replace

import pytest

from index.memory import MemoryIndex
from index.query import Attributes, Filter, Hit, IndexEntry, Query
from recommend import queries
from tests.index_contract import unit_vector
from vocabulary.kinds import Kind, Space

LANGUAGES = {"te": "Telugu", "ta": "Tamil", "hi": "Hindi"}
GENRES = {"comedy": "Comedy", "horror": "Horror"}


def make_entry(title_id: int, **given: object) -> IndexEntry:
    plain = {"kind": Kind.MOVIE, "languages": frozenset({"te"})}
    attributes = {name: given.pop(name) for name in list(given) if name in Attributes.__slots__}
    return IndexEntry(title_id=title_id, attributes=Attributes(**plain | attributes), **given)  # type: ignore[arg-type]  # a test's shorthand


def search_ids(query: Query, *entries: IndexEntry) -> list[int]:
    return [hit.title_id for hit in MemoryIndex(entries).search(query)]


def row_plans(**given: object) -> list[queries.RowPlan]:
    asked: dict[str, object] = {
        "language_weights": {"ta": 0.9, "te": 0.1},
        "languages": LANGUAGES,
        "genres": GENRES,
        "filter": Filter(),
        "k": 5,
    }
    return queries.homepage_rows("IN-TN", "Tamil Nadu", **asked | given)  # type: ignore[arg-type]  # a test's shorthand


def test_trending_prefers_what_the_region_watches() -> None:
    here, elsewhere = make_entry(1, regional={"IN-TG": 1.0}), make_entry(2, regional={"US": 1.0})
    assert search_ids(queries.trending("IN-TG", Filter(), k=2), elsewhere, here) == [1, 2]
    assert search_ids(queries.trending("US", Filter(), k=2), elsewhere, here) == [2, 1]


def test_whats_hot_is_newer_than_trending() -> None:
    classic = make_entry(1, popularity=1.0, regional={"IN": 1.0}, freshness=0.0)
    new = make_entry(2, popularity=0.2, regional={"IN": 0.2}, freshness=1.0)
    assert search_ids(queries.whats_hot("IN", Filter(), k=1), classic, new) == [2]
    assert search_ids(queries.trending("IN", Filter(), k=1), classic, new) == [1]


def test_age_does_not_matter_to_the_best_known() -> None:
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
def test_critics_ask_for_a_high_rating_and_viewers_for_many_votes(
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


def test_popularity_only_parts_what_is_equally_similar() -> None:
    far = make_entry(1, vectors={Space.CONTENT: unit_vector(2)}, popularity=1.0)
    near = make_entry(2, vectors={Space.CONTENT: unit_vector(1)})
    known = make_entry(3, vectors={Space.CONTENT: unit_vector(1)}, popularity=1.0)
    assert search_ids(queries.similar_to(9, unit_vector(1), Filter(), k=3), far, near, known) == [
        3,
        2,
        1,
    ]


def test_the_language_watched_most_is_the_first_of_the_languages() -> None:
    keys = [plan.key for plan in row_plans() if plan.key.startswith("language:")]
    assert keys == ["language:ta", "language:te", "language:hi"]


def test_the_page_begins_with_what_is_trending_where_the_visitor_is() -> None:
    first = row_plans()[0]
    assert (first.key, first.title) == ("trending", "Trending in Tamil Nadu")


def test_every_row_has_a_key_of_its_own() -> None:
    keys = [plan.key for plan in row_plans()]
    assert len(set(keys)) == len(keys)
    assert {"trending", "whats_hot", "critics_choice", "user_favourites", "genre:horror"} < {*keys}


def test_every_row_keeps_to_what_is_wanted() -> None:
    wanted = Filter(languages=frozenset({"te"}), year_from=1990, exclude=frozenset({4}))
    for plan in row_plans(languages={}, filter=wanted):
        own = plan.query.filter
        assert own.languages == wanted.languages
        assert (own.year_from, own.exclude) == (1990, frozenset({4}))


def test_a_language_row_shows_films_of_that_language() -> None:
    (plan,) = [plan for plan in row_plans() if plan.key == "language:hi"]
    film = make_entry(1, languages=frozenset({"hi"}))
    series = make_entry(2, languages=frozenset({"hi"}), kind=Kind.SERIES)
    assert search_ids(plan.query, film, series, make_entry(3)) == [1]


def test_a_query_is_only_a_value() -> None:
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
