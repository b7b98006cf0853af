import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import regions


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("IN", "IN"),
        ("in", "IN"),
        (" in-tg ", "IN-TG"),
        ("IN_TG", "IN-TG"),
        ("IN-TS", "IN-TG"),
        ("uk", "GB"),
        ("US-CA", "US-CA"),
        ("IN-", None),
        ("IN-TOOLONG", None),
        ("IN-తె", None),
        ("IN-TG-1", None),
        ("ZZ", None),
        ("EU", None),
        ("XX", None),
        ("Telangana", None),
        ("1", None),
        ("", None),
    ],
)
def test_regions_are_written_as_iso_3166(written: str, region: str | None) -> None:
    assert regions.canonical_region(written) == region


@given(st.text(max_size=8))
def test_a_canonical_region_has_languages_and_a_name(written: str) -> None:
    region = regions.canonical_region(written)
    if region is not None:
        assert regions.canonical_region(region) == region
        assert regions.language_weights(region)
        assert regions.region_name(region)


@pytest.mark.parametrize("region", sorted(regions.LANGUAGE_WEIGHTS))
def test_language_weights_sum_to_one_in_descending_order(region: str) -> None:
    weights = list(regions.language_weights(region).values())
    assert sum(weights) == pytest.approx(1.0)
    assert weights == sorted(weights, reverse=True)
    assert regions.canonical_region(region) == region


@pytest.mark.parametrize(
    ("region", "known"), [("IN-TG", "IN-TG"), ("IN-GA", "IN"), ("US-CA", "US"), ("BR", "IN")]
)
def test_an_unknown_region_falls_back_to_the_wider_one(region: str, known: str) -> None:
    assert regions.known_region(region) == known


def test_regions_have_names_that_people_use() -> None:
    assert regions.region_name("IN-TG") == "Telangana"
    assert regions.region_name("US-CA") == "United States"
