from index.query import Filter
from search.filter_intersection import intersect
from vocabulary.kinds import Kind


def test_values_in_both_filters_are_required() -> None:
    caller = Filter(languages=frozenset({"te", "ta"}), year_from=1990, year_to=2010)
    parsed = Filter(languages=frozenset({"ta", "hi"}), year_from=2000, year_to=2020)
    combined = intersect(caller, parsed)
    assert combined.languages == frozenset({"ta"})
    assert (combined.year_from, combined.year_to) == (2000, 2010)


def test_the_caller_wins_a_contradiction() -> None:
    combined = intersect(
        Filter(kinds=frozenset({Kind.SERIES})), Filter(kinds=frozenset({Kind.MOVIE}))
    )
    assert combined.kinds == frozenset({Kind.SERIES})


def test_an_empty_filter_changes_nothing() -> None:
    parsed = Filter(
        genres_any=frozenset({"comedy"}), providers=frozenset({"netflix"}), include=frozenset({1})
    )
    assert intersect(Filter(), parsed) == parsed
    assert intersect(parsed, Filter()) == parsed


def test_excluded_genres_and_included_titles_add_up() -> None:
    combined = intersect(
        Filter(genres_none=frozenset({"horror"}), include=frozenset({1, 2})),
        Filter(genres_none=frozenset({"war"}), include=frozenset({2, 3})),
    )
    assert combined.genres_none == frozenset({"horror", "war"})
    assert combined.include == frozenset({2})
