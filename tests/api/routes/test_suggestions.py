"""Suggestions over the seed catalogue."""

from typing import Any

import httpx
import pytest

from search.suggestions.highlight import highlight_spans
from search.suggestions.suggestion import SuggestionKind, Topic
from services.suggestion_topics import query_topics, region_topics
from vocabulary.name_folding import fold

SUGGESTION_FIELDS = {
    *("kind", "text", "query", "highlight"),
    *("id", "title", "title_kind", "year", "language", "poster_url"),
}


def suggestions(client: httpx.Client, q: str, **params: object) -> list[dict[str, Any]]:
    response = client.get("/api/search/suggest", params={"q": q, **params})  # type: ignore[dict-item]  # httpx writes any value as a string
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def suggestion_texts(found: list[dict[str, Any]], kind: str = "title") -> list[str]:
    return [each["text"] for each in found if each["kind"] == kind]


def test_an_answer_is_a_list_of_few_suggestions(client: httpx.Client) -> None:
    answer = client.get("/api/search/suggest", params={"q": "ba", "limit": 6}).json()
    assert (answer["limit"], answer["offset"], answer["total"]) == (6, 0, None)
    assert 0 < len(answer["items"]) <= 6
    for each in answer["items"]:
        assert set(each) == SUGGESTION_FIELDS
        assert all(0 <= start < end <= len(each["text"]) for start, end in each["highlight"])


def test_a_title_comes_with_what_a_list_shows(client: httpx.Client) -> None:
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
def test_a_name_is_shown_in_the_script_that_is_typed(
    client: httpx.Client, typed: str, name: str
) -> None:
    found = next(each for each in suggestions(client, typed) if name in each["text"])
    assert found["title"] != found["text"]
    (start, end), *_ = found["highlight"]
    assert found["text"][start:end].startswith(typed)


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
def test_a_careless_beginning_finds_the_title(client: httpx.Client, typed: str, title: str) -> None:
    assert title in [each["title"] for each in suggestions(client, typed)]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("rajini", "Rajinikanth"), ("mani rat", "Mani Ratnam"), ("రజినీ", "Rajinikanth")],
)
def test_people_are_suggested_as_they_are_written(
    client: httpx.Client, typed: str, name: str
) -> None:
    assert name in suggestion_texts(suggestions(client, typed), "person")


def test_genres_languages_and_queries_are_suggested(client: httpx.Client) -> None:
    assert suggestion_texts(suggestions(client, "thri"), "genre") == ["Thriller"]
    found = suggestions(client, "tamil")
    assert suggestion_texts(found, "language") == ["Tamil"]
    assert "Tamil thrillers" in suggestion_texts(found, "query")
    assert [each["id"] for each in found if each["kind"] == "language"] == ["ta"]
    assert suggestion_texts(suggestions(client, "తెలు"), "language") == ["తెలుగు"]


def test_what_many_search_for_is_suggested_first() -> None:
    texts = [
        topic.text for topic in query_topics(["ta", "hi"], ["sad tamil films", "Tamil thrillers"])
    ]
    assert texts[:3] == ["sad tamil films", "Tamil thrillers", "Hindi thrillers"]
    assert len(texts) == len({fold(text) for text in texts})
    found = region_topics("IN", ("sad tamil films",)).suggest("sad t")
    assert found[0].subject == Topic(
        SuggestionKind.QUERY, "sad tamil films", "sad tamil films", ("sad tamil films",)
    )


def test_each_region_has_its_own_order(client: httpx.Client) -> None:
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
            for each in suggestions(client, "ma", limit=5, **given)
            if each["kind"] == "title"
        ]
        for given in ({}, {"language": "kn"})
    )
    assert len(set(plain) & set(preferring)) >= len(plain) - 2


def test_nothing_typed_gives_nothing(client: httpx.Client) -> None:
    assert suggestions(client, "") == []
    assert suggestions(client, "  \t ") == []


@pytest.mark.parametrize(
    "odd",
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
def test_odd_input_gets_a_clean_answer(client: httpx.Client, odd: str) -> None:
    for path in (f"?q={odd}", f"?q=ee{odd}", f"?q=ee&language={odd}"):
        assert client.get(f"/api/search/suggest{path}").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"q": "a" * 501}, {"limit": 0}, {"limit": 1000}, {"limit": "x"}, {"region": "Atlantis"}],
)
def test_what_cannot_be_is_refused(client: httpx.Client, wrong: dict[str, str]) -> None:
    answer = client.get("/api/search/suggest", params=wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_longest_text_allowed_gets_an_answer(client: httpx.Client) -> None:
    for text in ("a" * 500, "ab " * 160, "క" * 500, "\u0301" * 500):
        suggestions(client, text)


@pytest.mark.parametrize(
    ("shown", "typed", "parts"),
    [
        ("Baahubali: The Beginning", "bahu", ["Baahu"]),
        ("Baahubali: The Beginning", "begin", ["Begin"]),
        ("K.G.F: Chapter 2", "kgf", ["K.G.F"]),
        ("S. S. Rajamouli", "ss raj", ["S. S. Raj"]),
        ("బాహుబలి", "bahu", ["బాహు"]),
        ("క్షణం", "క", ["క్ష"]),
        ("Shah Rukh Khan", "khan shah", ["Shah", "Khan"]),
        ("Magadheera", "magaddera", ["Magadheera"]),
        ("Eega", "xyz", []),
        ("", "a", []),
        ("!!", "a", []),
    ],
)
def test_the_part_that_was_typed_is_shown(shown: str, typed: str, parts: list[str]) -> None:
    assert [shown[start:end] for start, end in highlight_spans(shown, typed)] == parts
