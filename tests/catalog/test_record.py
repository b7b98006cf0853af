from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.import_reader import check_line
from catalog.record import Record

REQUIRED_VALUES: dict[str, Any] = {"kind": "movie", "title": "Eega"}


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        ({"kind": "film"}, "kind", "'movie', 'series' or 'anime'"),
        ({"title": ""}, "title", "at least 1 character"),
        ({"title": None}, "title", "valid string"),
        ({"title": 96}, "title", "valid string"),
        ({"title": "a\x00b"}, "title", "U+0000"),
        ({"title": "a\ud800"}, "title", "unicode"),
        ({"title": "x" * 501}, "title", "at most 500"),
        ({"year": 1492}, "year", "1870"),
        ({"year": "soon"}, "year", "valid integer"),
        ({"release_date": "2012-13-01"}, "release_date", "month"),
        ({"runtime_minutes": -1}, "runtime_minutes", "greater than 0"),
        ({"original_language": "Telugu!"}, "original_language", "pattern"),
        ({"original_language": "en" + "-abcd" * 20}, "original_language", "at most 35"),
        ({"names": {"te": "a\x00"}}, "names.te", "U+0000"),
        ({"synopsis": "plain"}, "synopsis", "valid dictionary"),
        ({"synopsis": {"en": "x" * 20_001}}, "synopsis.en", "at most 20000"),
        ({"countries": ["India"]}, "countries.0", "pattern"),
        ({"people": [{"job": "director"}]}, "people.0.name", "required"),
        ({"people": ["Nani"]}, "people.0", "PersonPart"),
        ({"ratings": [{"source": "imdb", "score": 11}]}, "ratings.0", "above the scale"),
        ({"ratings": [{"source": "imdb", "votes": 2**31}]}, "ratings.0.votes", "2147483647"),
        ({"ratings": [{"source": "imdb", "score": float("nan")}]}, "ratings.0.score", "finite"),
        ({"popularity": float("inf")}, "popularity", "finite"),
        ({"availability": [{"provider": "a\x00b"}]}, "availability.0.provider", "U+0000"),
        ({"availability": [{"provider": "x" * 201}]}, "availability.0.provider", "at most 200"),
        ({"images": [{"url": "u", "width": 10**12}]}, "images.0.width", "100000"),
        ({"images": [{"url": "u", "kind": "gif"}]}, "images.0.kind", "pattern"),
        ({"external_ids": ["tt1"]}, "external_ids", "valid dictionary"),
        ({"adult": "perhaps"}, "adult", "boolean"),
    ],
)
def test_a_bad_field_is_reported_with_line_name_and_reason(
    bad: dict[str, Any], field: str, reason: str
) -> None:
    line = check_line({**REQUIRED_VALUES, **bad}, 7)
    assert line.number == 7
    assert line.record is None
    assert [told for told in line.problems if told.startswith(f"{field}: ") and reason in told]
    assert all(told.isprintable() and len(told) < 250 for told in line.problems)


def test_all_bad_fields_are_reported_together() -> None:
    line = check_line({"kind": "film", "year": 1}, 1)
    assert [told.partition(":")[0] for told in line.problems] == ["kind", "title", "year"]


@pytest.mark.parametrize("nothing", [None, "", "  "])
@pytest.mark.parametrize("field", sorted(set(Record.model_fields) - set(REQUIRED_VALUES)))
def test_null_and_blank_fields_are_ignored(field: str, nothing: object) -> None:
    assert check_line({**REQUIRED_VALUES, field: nothing}, 1).record == Record(**REQUIRED_VALUES)


def test_the_release_date_gives_the_year(make_record: Callable[..., Record]) -> None:
    assert make_record(release_date="2012-07-06").year == 2012
    assert make_record(release_date=date(2012, 7, 6)).year == 2012
    assert make_record(release_date="2012-07-06", year=2011).year == 2011


def test_a_bad_release_date_is_reported_once() -> None:
    (problem,) = check_line({**REQUIRED_VALUES, "release_date": "soon"}, 1).problems
    assert problem.startswith("release_date: ")


def test_codes_of_a_record_are_canonical(make_record: Callable[..., Record]) -> None:
    made = make_record(
        original_language="TE",
        languages=["te", "cn"],
        countries=["in"],
        country_names=["India", "USA", "Atlantis"],
        genres=["Sci-Fi & Fantasy", "dramas"],
        external_ids={"tmdb": 12, "imdb": "", "mal": None},
        certificate="U/A 13+",
    )
    assert made.all_languages == ["te", "zh"]
    assert made.all_countries == ["IN", "US"]
    assert made.genres == ["science-fiction", "fantasy", "drama"]
    assert made.external_ids == {"tmdb": "12"}
    assert made.minimum_age == 13


def test_an_adult_genre_makes_an_adult_title(make_record: Callable[..., Record]) -> None:
    assert make_record(genres=["Hentai"]).is_adult
    assert not make_record(genres=["Romance"]).is_adult


def test_unknown_fields_are_ignored_and_reported() -> None:
    line = check_line({**REQUIRED_VALUES, "budget": 1, "\ud800\x1b": 2, "x" * 200: 3}, 1)
    assert line.record is not None
    assert line.ignored_fields[0] == "budget"
    assert all(name.isprintable() and len(name) <= 60 for name in line.ignored_fields)


def test_equal_records_have_equal_digests(make_record: Callable[..., Record]) -> None:
    assert make_record(year=2012).digest() == make_record(year="2012").digest()
    assert make_record(year=2012).digest() != make_record(year=2013).digest()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(Record.model_fields)), ANY_JSON))
def test_any_value_gives_a_record_or_a_reason(said: dict[str, Any]) -> None:
    line = check_line({**REQUIRED_VALUES, **said}, 1)
    assert (line.record is None) == bool(line.problems)
    if line.record is not None:
        line.record.model_dump_json().encode()


@pytest.mark.parametrize("zero", [0, "0", 0.0])
def test_a_runtime_of_zero_is_unknown(zero: object) -> None:
    said = {"kind": "movie", "title": "Eega", "runtime_minutes": zero, "episodes": zero}
    record = Record.model_validate(said)
    assert record.runtime_minutes is record.episodes is None
