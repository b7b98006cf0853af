import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.parsing.periods import parse_period


@pytest.mark.parametrize(
    ("text", "words", "first", "last"),
    [
        ("90s movies", 1, 1990, 1999),
        ("1990s", 1, 1990, 1999),
        ("2010s", 1, 2010, 2019),
        ("nineties", 1, 1990, 1999),
        ("early 80s", 2, 1980, 1989),
        ("the 70s", 2, 1970, 1979),
        ("90 ke dashak ki", 3, 1990, 1999),
        ("90 के दशक", 3, 1990, 1999),
        ("90ల సినిమాలు", 1, 1990, 1999),
        ("90களின்", 1, 1990, 1999),
        ("2016 movies", 1, 2016, 2016),
        ("after 2015", 2, 2016, None),
        ("since 2015", 2, 2015, None),
        ("from 2015 onwards", 3, 2015, None),
        ("2015 onwards", 2, 2015, None),
        ("before 2000", 2, None, 1999),
        ("until 2000", 2, None, 2000),
        ("between 1990 and 2000", 4, 1990, 2000),
        ("from 2010 to 2015", 4, 2010, 2015),
        ("1990 2000", 2, 1990, 2000),
        ("2015 ke baad", 3, 2016, None),
        ("2000 se pehle", 3, None, 1999),
        ("2016 के बाद", 3, 2017, None),
        ("2020 tarvata", 2, 2021, None),
        ("2020 nu shesham", 3, 2021, None),
        ("2000க்கு முன்", 2, None, 1999),
    ],
)
def test_periods_are_parsed_from_the_first_word(
    text: str, words: int, first: int | None, last: int | None
) -> None:
    found = parse_period(text.split())
    assert found is not None
    assert (found.word_count, found.first_year, found.last_year) == (words, first, last)


TEXTS_WITHOUT_PERIOD = (
    "movies, 96, 24, 2, 40s, 20s, 12345, 1776, 2100, 95s, 90s kids, 90, early man, the movie, "
    "after sunset, from here, between us, 1990th, year 2000"
)
PERIOD_WORDS = "90s 1990 2000 from to between and after se early the 24"


@pytest.mark.parametrize("text", ["", *TEXTS_WITHOUT_PERIOD.split(", ")])
def test_other_words_are_not_periods(text: str) -> None:
    assert parse_period(text.split()) is None


@given(st.lists(st.sampled_from(PERIOD_WORDS.split())))
def test_a_period_is_within_the_text_and_ends_after_its_start(words: list[str]) -> None:
    found = parse_period(words)
    if found is not None:
        assert 0 < found.word_count <= len(words)
        assert (
            found.first_year is None
            or found.last_year is None
            or found.first_year <= found.last_year
        )
