import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.genres import (
    EXPLICIT_GENRES,
    GENRES,
    SYNONYMS,
    canonical_slugs,
    label,
    merged_canonical_slugs,
)


@pytest.mark.parametrize(
    ("written", "slugs"),
    [
        ("science fiction", ["science-fiction"]),
        ("Science Fiction", ["science-fiction"]),
        ("science_fiction", ["science-fiction"]),
        ("sci-fi", ["science-fiction"]),
        ("Sci-Fi!", ["science-fiction"]),
        ("SciFi", ["science-fiction"]),
        ("Sci-Fi & Fantasy", ["science-fiction", "fantasy"]),
        ("Action & Adventure", ["action", "adventure"]),
        ("TV Dramas", ["drama"]),
        ("tv dramas", ["drama"]),
        ("Reality-TV", ["reality"]),
        ("Horror Movies", ["horror"]),
        ("Crime TV Shows", ["crime"]),
        ("children's", ["children"]),
        ("Kids' TV", ["children"]),
        ("LGBTQ Movies", ["lgbtq"]),
        ("Film-Noir", ["film-noir"]),
        ("TV Movie", ["tv-movie"]),
        ("Stand-Up Comedy & Talk Shows", ["stand-up", "talk-show"]),
        ("  Drama\t", ["drama"]),
        ("Romantic  Comedy", ["romance", "comedy"]),
        ("International Movies", []),
        ("Movies", []),
        ("movies!", []),
        ("---", []),
        ("", []),
    ],
)
def test_genres_of_sources_become_canonical(written: str, slugs: list[str]) -> None:
    assert canonical_slugs(written) == slugs


@pytest.mark.parametrize(("written", "slug"), [("Giallo", "giallo"), ("డ్రామా", "డ్రామా")])
def test_an_unknown_genre_becomes_a_slug_of_its_own(written: str, slug: str) -> None:
    assert canonical_slugs(written) == [slug]


@pytest.mark.parametrize("written", sorted(SYNONYMS))
def test_synonyms_lead_to_known_genres(written: str) -> None:
    assert canonical_slugs(written) == SYNONYMS[written]
    assert set(SYNONYMS[written]) <= set(GENRES)


@pytest.mark.parametrize("slug", sorted(GENRES))
def test_a_canonical_genre_is_its_own_slug_and_its_label_leads_back(slug: str) -> None:
    assert canonical_slugs(slug) == [slug]
    assert canonical_slugs(label(slug)) == [slug]


@given(st.one_of(st.text(max_size=30), st.sampled_from(sorted(SYNONYMS)).map(str.title)))
def test_canonical_slugs_do_not_change(written: str) -> None:
    slugs = canonical_slugs(written)
    assert merged_canonical_slugs(slugs) == list(dict.fromkeys(slugs))


def test_several_names_give_each_slug_once_in_their_order() -> None:
    assert merged_canonical_slugs(["Sci-Fi & Fantasy", "Fantasy", "Dramas"]) == [
        "science-fiction",
        "fantasy",
        "drama",
    ]


def test_changing_the_result_does_not_change_the_table() -> None:
    canonical_slugs("dramas").append("changed")
    assert canonical_slugs("dramas") == ["drama"]


def test_a_genre_that_is_not_in_the_table_still_has_a_label() -> None:
    assert label("slice-of-life") == "Slice of life"
    assert label("some-thing") == "Some thing"


def test_adult_genres_are_genres() -> None:
    assert set(GENRES) >= EXPLICIT_GENRES
