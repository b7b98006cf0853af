"""Suggestions over the seed catalogue."""

from typing import Any

import httpx
import pytest

SUGGESTION_FIELDS = {
    *("kind", "text", "query", "highlight"),
    *("id", "title", "title_kind", "year", "language", "poster_url"),
}


def suggestions(client: httpx.Client, q: str, **params: object) -> list[dict[str, Any]]:
    response = client.get("/api/search/suggest", params={"q": q, **params})  # type: ignore[dict-item]  # httpx writes any value as a string
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def suggestion_texts(items: list[dict[str, Any]], kind: str = "title") -> list[str]:
    return [each["text"] for each in items if each["kind"] == kind]


def test_a_response_is_a_short_list_of_suggestions(client: httpx.Client) -> None:
    answer = client.get("/api/search/suggest", params={"q": "ba", "limit": 6}).json()
    assert (answer["limit"], answer["offset"], answer["total"]) == (6, 0, None)
    assert 0 < len(answer["items"]) <= 6
    for each in answer["items"]:
        assert set(each) == SUGGESTION_FIELDS
        assert all(0 <= start < end <= len(each["text"]) for start, end in each["highlight"])


def test_a_title_has_the_fields_of_a_list(client: httpx.Client) -> None:
    first = suggestions(client, "eeg")[0]
    assert (first["kind"], first["text"], first["title"]) == ("title", "Eega", "Eega")
    assert (first["year"], first["language"], first["title_kind"]) == (2012, "te", "movie")
    assert (first["query"], first["highlight"]) == ("Eega", [[0, 3]])
    assert client.get(f"/api/content/{first['id']}/details").json()["title"] == "Eega"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ఈ", "ఈగ"),
        ("బాహు", "బాహుబలి"),
        ("எந்தி", "எந்திரன்"),
        ("शो", "शोले"),
        ("ಕಾಂತಾ", "ಕಾಂತಾರ"),
        ("മണിച്ചി", "മണിച്ചിത്രത്താഴ്"),
    ],
)
def test_a_name_is_in_the_typed_script(client: httpx.Client, typed: str, name: str) -> None:
    item = next(each for each in suggestions(client, typed) if name in each["text"])
    assert item["title"] != item["text"]
    (start, end), *_ = item["highlight"]
    assert item["text"][start:end].startswith(typed)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("bahub", "Baahubali: The Beginning"),
        ("magadhera", "Magadheera"),
        ("sholey", "Sholay"),
        ("dulhan", "Dilwale Dulhania Le Jayenge"),
        ("kgf ch", "K.G.F: Chapter 1"),
        ("three idi", "3 Idiots"),
        ("manichitratha", "Manichitrathazhu"),
        ("spirted awa", "Spirited Away"),
    ],
)
def test_a_misspelt_beginning_finds_the_title(client: httpx.Client, typed: str, title: str) -> None:
    assert title in [each["title"] for each in suggestions(client, typed)]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("rajini", "Rajinikanth"), ("mani rat", "Mani Ratnam"), ("రజినీ", "Rajinikanth")],
)
def test_people_are_suggested_by_their_written_names(
    client: httpx.Client, typed: str, name: str
) -> None:
    assert name in suggestion_texts(suggestions(client, typed), "person")


def test_genres_languages_and_queries_are_suggested(client: httpx.Client) -> None:
    assert suggestion_texts(suggestions(client, "thri"), "genre") == ["Thriller"]
    items = suggestions(client, "tamil")
    assert suggestion_texts(items, "language") == ["Tamil"]
    assert "Tamil thrillers" in suggestion_texts(items, "query")
    assert [each["id"] for each in items if each["kind"] == "language"] == ["ta"]
    assert suggestion_texts(suggestions(client, "తెలు"), "language") == ["తెలుగు"]


def test_the_order_depends_on_the_region(client: httpx.Client) -> None:
    in_tamil_nadu, in_kerala = (
        [each["language"] for each in suggestions(client, "ma", region=region)[:3]]
        for region in ("IN-TN", "IN-KL")
    )
    assert in_tamil_nadu.count("ta") > in_kerala.count("ta")
    assert in_kerala.count("ml") > in_tamil_nadu.count("ml")


def test_a_preferred_language_changes_little(client: httpx.Client) -> None:
    plain, preferring = (
        [
            each["id"]
            for each in suggestions(client, "ma", limit=5, **params)
            if each["kind"] == "title"
        ]
        for params in ({}, {"language": "kn"})
    )
    assert len(set(plain) & set(preferring)) >= len(plain) - 2


def test_an_empty_text_has_no_suggestions(client: httpx.Client) -> None:
    assert suggestions(client, "") == []
    assert suggestions(client, "  \t ") == []


@pytest.mark.parametrize(
    "escaped",
    [
        "%00",
        "%ED%A0%80",
        "%FF%FE",
        "%F0%9F%8E%AC",
        "%E2%80%AE",
        "'%3B--",
        "(a%2B)%2B%24",
        "%25" * 99,
    ],
)
def test_unusual_input_is_answered(client: httpx.Client, escaped: str) -> None:
    for path in (f"?q={escaped}", f"?q=ee{escaped}", f"?q=ee&language={escaped}"):
        assert client.get(f"/api/search/suggest{path}").status_code == 200


@pytest.mark.parametrize(
    "params",
    [{"q": "a" * 501}, {"limit": 0}, {"limit": 1000}, {"limit": "x"}, {"region": "Atlantis"}],
)
def test_invalid_parameters_are_refused(client: httpx.Client, params: dict[str, str]) -> None:
    answer = client.get("/api/search/suggest", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_longest_text_is_answered(client: httpx.Client) -> None:
    for text in ("a" * 500, "ab " * 160, "క" * 500, "\u0301" * 500):
        suggestions(client, text)
