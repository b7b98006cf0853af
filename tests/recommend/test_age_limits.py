from datetime import date

import pytest

from index.memory import MemoryIndex
from index.query import Attributes, Boosts, Filter, IndexEntry, Query
from recommend.age_limits import ADULT_GENRES, AgeLimit, age_limit
from vocabulary.kinds import Kind

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("birth_year", "admitted"),
    [
        (None, AgeLimit(adult=False, max_age=None)),
        (1900, AgeLimit(adult=True, max_age=None)),
        (2007, AgeLimit(adult=True, max_age=None)),
        (2008, AgeLimit(adult=False, max_age=17)),  # some are 17 until New Year's Eve
        (2012, AgeLimit(adult=False, max_age=13)),
        (2026, AgeLimit(adult=False, max_age=0)),
    ],
)
def test_the_age_limit_of_a_birth_year_is_the_certain_age(
    birth_year: int | None, admitted: AgeLimit
) -> None:
    assert age_limit(birth_year, TODAY) == admitted


def test_adult_titles_are_for_adults_who_request_them() -> None:
    grown_up, child, anybody = (
        age_limit(1980, TODAY),
        age_limit(2015, TODAY),
        age_limit(None, TODAY),
    )
    assert grown_up.restrict(Filter(adult=True)).adult
    assert not grown_up.restrict(Filter()).adult
    assert not child.restrict(Filter(adult=True)).adult
    assert not anybody.restrict(Filter(adult=True)).adult


def test_the_filter_of_the_caller_is_respected() -> None:
    asked = Filter(languages=frozenset({"te"}), max_age=7, genres_none=frozenset({"war"}))
    narrowed = age_limit(2012, TODAY).restrict(asked)
    assert narrowed.languages == frozenset({"te"})
    assert (narrowed.max_age, narrowed.unrated) == (7, False)
    assert narrowed.genres_none >= ADULT_GENRES | {"war"}


def test_a_child_sees_unrated_titles_and_none_above_their_age() -> None:
    def title(number: int, *genres: str, age: int | None, adult: bool = False) -> IndexEntry:
        return IndexEntry(
            title_id=number,
            popularity=1 / number,
            attributes=Attributes(
                kind=Kind.MOVIE, genres=frozenset(genres), minimum_age=age, adult=adult
            ),
        )

    index = MemoryIndex()
    index.upsert(
        [
            title(1, "drama", age=None),
            title(2, "drama", age=12),
            title(3, "drama", age=13),
            title(4, "horror", age=None),
            title(5, "erotic", age=None),
            title(6, "drama", age=None, adult=True),
            title(7, "drama", age=0),
        ]
    )

    def seen(birth_year: int | None) -> list[int]:
        wanted = age_limit(birth_year, TODAY).restrict(Filter())
        found = index.search(Query(filter=wanted, boosts=Boosts(popularity=1.0)))
        return [hit.title_id for hit in found]

    assert seen(2013) == [1, 2, 7]
    assert seen(2012) == [1, 2, 3, 4, 7]
    assert seen(None) == [1, 2, 3, 4, 5, 7]
