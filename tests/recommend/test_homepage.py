from hypothesis import given, settings
from hypothesis import strategies as st

from index.memory import MemoryIndex
from index.query import Attributes, Boosts, Filter, IndexEntry, Query
from recommend.homepage import MIN_ROW_TITLES, RowPlan, fill_rows, homepage_rows
from tests.index_contract import GENRES, catalogues, matches_filter
from tests.recommend.entries import make_entry, search_ids
from vocabulary.kinds import Kind


def row_plan(key: str, filter: Filter, k: int = 4) -> RowPlan:
    query = Query(filter=filter, boosts=Boosts(popularity=1.0), k=k)
    return RowPlan(key, key.title(), query)


genre_sets = st.lists(st.frozensets(st.sampled_from(GENRES), max_size=2), max_size=6)


@settings(deadline=None)
@given(catalogues, genre_sets)
def test_no_title_repeats_and_no_row_is_short(
    catalogue: list[IndexEntry], wished: list[frozenset[str]]
) -> None:
    plans = [row_plan(str(number), Filter(genres_any=each)) for number, each in enumerate(wished)]
    rows = fill_rows(MemoryIndex(catalogue), plans)
    shown = [hit.title_id for row in rows for hit in row.hits]
    assert len(set(shown)) == len(shown)
    assert all(len(row.hits) >= MIN_ROW_TITLES for row in rows)


@settings(deadline=None)
@given(catalogues, genre_sets)
def test_rows_are_full_while_titles_remain(
    catalogue: list[IndexEntry], wished: list[frozenset[str]]
) -> None:
    by_id = {entry.title_id: entry for entry in catalogue}
    plans = [row_plan(str(number), Filter(genres_any=each)) for number, each in enumerate(wished)]
    left = dict(by_id)
    filled = {row.plan.key: row for row in fill_rows(MemoryIndex(catalogue), plans)}
    for each in plans:
        matching = [entry for entry in left.values() if matches_filter(entry, each.query)]
        row = filled.get(each.key)
        assert (row is None) == (len(matching) < MIN_ROW_TITLES)
        if row is not None:
            assert len(row.hits) == min(each.query.k, len(matching))
            for hit in row.hits:
                del left[hit.title_id]


def make_film(title_id: int, genre: str, popularity: float) -> IndexEntry:
    attributes = Attributes(kind=Kind.MOVIE, genres=frozenset({genre}))
    return IndexEntry(title_id=title_id, attributes=attributes, popularity=popularity)


def test_titles_of_a_dropped_row_may_appear_in_the_next() -> None:
    catalogue = [make_film(number, "drama", number / 10) for number in range(1, 3)]
    catalogue += [make_film(9, "comedy", 0.9)]
    rows = fill_rows(
        MemoryIndex(catalogue),
        [row_plan("drama", Filter(genres_any=frozenset({"drama"}))), row_plan("all", Filter())],
    )
    assert [(row.plan.key, [hit.title_id for hit in row.hits]) for row in rows] == [
        ("all", [9, 2, 1])
    ]


def test_rows_come_in_the_order_of_their_plans() -> None:
    catalogue = [make_film(number, "drama", 0.5) for number in range(1, 20)]
    rows = fill_rows(MemoryIndex(catalogue), [row_plan(key, Filter()) for key in ("b", "a", "c")])
    assert [row.plan.key for row in rows] == ["b", "a", "c"]
    assert [hit.title_id for hit in rows[0].hits] == [1, 2, 3, 4]


LANGUAGES = {"te": "Telugu", "ta": "Tamil", "hi": "Hindi"}
GENRE_LABELS = {"comedy": "Comedy", "horror": "Horror"}


def row_plans(**changes: object) -> list[RowPlan]:
    arguments: dict[str, object] = {
        "language_weights": {"ta": 0.9, "te": 0.1},
        "languages": LANGUAGES,
        "genres": GENRE_LABELS,
        "filter": Filter(),
        "k": 5,
    }
    return homepage_rows("IN-TN", "Tamil Nadu", **arguments | changes)  # type: ignore[arg-type]  # arguments by name


def test_languages_are_ordered_by_the_weights_of_the_region() -> None:
    keys = [plan.key for plan in row_plans() if plan.key.startswith("language:")]
    assert keys == ["language:ta", "language:te", "language:hi"]


def test_the_first_row_is_trending_in_the_region() -> None:
    first = row_plans()[0]
    assert (first.key, first.title) == ("trending", "Trending in Tamil Nadu")


def test_row_keys_are_unique() -> None:
    keys = [plan.key for plan in row_plans()]
    assert len(set(keys)) == len(keys)
    assert {"trending", "whats_hot", "critics_choice", "user_favourites", "genre:horror"} < {*keys}


def test_every_row_respects_the_filter_of_the_caller() -> None:
    base_filter = Filter(languages=frozenset({"te"}), year_from=1990, exclude=frozenset({4}))
    for plan in row_plans(languages={}, filter=base_filter):
        own = plan.query.filter
        assert own.languages == base_filter.languages
        assert (own.year_from, own.exclude) == (1990, frozenset({4}))


def test_a_language_row_shows_films_of_that_language() -> None:
    (plan,) = [plan for plan in row_plans() if plan.key == "language:hi"]
    film = make_entry(1, languages=frozenset({"hi"}))
    series = make_entry(2, languages=frozenset({"hi"}), kind=Kind.SERIES)
    assert search_ids(plan.query, film, series, make_entry(3)) == [1]
