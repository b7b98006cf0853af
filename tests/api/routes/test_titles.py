"""A title, what is like it, and what is trending."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.running_app import list_items, list_titles

Hit = dict[str, object]


@pytest.fixture(scope="module")
def eega_id(client: httpx.Client) -> int:
    return int(str(list_items(client, "/api/search", q="eega")[0]["id"]))


def test_details_tell_everything(client: httpx.Client, eega_id: int) -> None:
    found = client.get(f"/api/content/{eega_id}/details").json()
    assert (found["title"], found["original_title"], found["year"]) == ("Eega", "ఈగ", 2012)
    assert (found["kind"], found["original_language"]) == ("movie", "te")
    names = {(name["name"], name["script"]) for name in found["names"]}
    assert {("Eega", "Latn"), ("ఈగ", "Telu")} <= names
    assert {"S. S. Rajamouli"} <= {
        credit["name"] for credit in found["credits"] if credit["job"] == "director"
    }
    assert "en" in {synopsis["language"] for synopsis in found["synopses"]}
    assert found["genres"]


UNKNOWN = ["999999", str(2**31 - 1)]
IMPOSSIBLE = ["0", "-1", str(2**31), str(2**63), "9" * 400, "NaN", "1.5", "eega", "%00", "1e3"]


@pytest.mark.parametrize("part", ["details", "similar"])
@pytest.mark.parametrize("number", UNKNOWN)
def test_an_unknown_title_is_not_found(client: httpx.Client, number: str, part: str) -> None:
    response = client.get(f"/api/content/{number}/{part}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:rasika:problem:title-not-found"
    assert number in response.json()["detail"]


@pytest.mark.parametrize("part", ["details", "similar"])
@pytest.mark.parametrize("number", IMPOSSIBLE)
def test_what_is_no_id_is_refused_by_name(client: httpx.Client, number: str, part: str) -> None:
    response = client.get(f"/api/content/{number}/{part}")
    assert response.status_code == 422
    assert [each["field"] for each in response.json()["errors"]] == ["id"]
    assert len(response.content) < 1500


def test_similar_titles_leave_the_title_out(client: httpx.Client, eega_id: int) -> None:
    found = list_items(client, f"/api/content/{eega_id}/similar", limit=100)
    assert len(found) == 100
    assert eega_id not in {hit["id"] for hit in found}
    assert {str(hit["reason"]) for hit in found} == {
        str({"code": "similar_to", "text": "Similar to Eega", "title_id": eega_id})
    }


def test_similar_titles_are_similar(client: httpx.Client) -> None:
    (first, *_) = list_items(client, "/api/search", q="Baahubali: The Beginning")
    near = list_titles(client, f"/api/content/{first['id']}/similar", limit=5)
    assert "Baahubali 2: The Conclusion" in near


def similar_path(eega: int) -> str:
    return f"/api/content/{eega}/similar"


LIST_PATHS: list[Callable[[int], str]] = [similar_path, lambda _: "/api/trending"]


@pytest.mark.parametrize("path", LIST_PATHS)
@pytest.mark.parametrize(
    ("filters", "meets"),
    [
        ({"kind": ["anime", "series"]}, lambda hit: hit["kind"] in ("anime", "series")),
        ({"genre": "sci fi"}, lambda hit: "science-fiction" in hit["genres"]),
        ({"year_from": 1950, "year_to": 1979}, lambda hit: 1950 <= hit["year"] <= 1979),
        ({"language": "kn", "kind": "movie"}, lambda hit: hit["language"] == "kn"),
    ],
)
def test_lists_meet_the_filter(
    client: httpx.Client,
    eega_id: int,
    path: Callable[[int], str],
    filters: dict[str, object],
    meets: Callable[[Hit], bool],
) -> None:
    found = list_items(client, path(eega_id), limit=30, **filters)
    assert found
    if filters.get("language") == "kn":
        found = [hit for hit in found if hit["language"] != "kn"]
        assert all(_has_language(client, hit, "kn") for hit in found)
    else:
        assert all(map(meets, found))


def _has_language(client: httpx.Client, hit: Hit, language: str) -> bool:
    details: dict[str, Any] = client.get(f"/api/content/{hit['id']}/details").json()
    return language in details["languages"]


@pytest.mark.parametrize("path", LIST_PATHS)
def test_pages_follow_each_other(
    client: httpx.Client, eega_id: int, path: Callable[[int], str]
) -> None:
    whole = [hit["id"] for hit in list_items(client, path(eega_id), limit=40)]
    first, second = (
        [hit["id"] for hit in list_items(client, path(eega_id), limit=20, offset=offset)]
        for offset in (0, 20)
    )
    assert first + second == whole
    assert len(set(whole)) == 40


@pytest.mark.parametrize("path", LIST_PATHS)
def test_scores_are_the_sum_of_their_terms_and_fall(
    client: httpx.Client, eega_id: int, path: Callable[[int], str]
) -> None:
    found: list[Any] = list_items(client, path(eega_id), limit=50)
    for hit in found:
        assert sum(hit["terms"].values()) == pytest.approx(hit["score"], abs=1e-9)
    scores = [hit["score"] for hit in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("region", "language"),
    [("IN-TG", "te"), ("IN-TN", "ta"), ("IN-KA", "kn"), ("IN-KL", "ml"), ("US", "en")],
)
def test_what_trends_is_what_the_region_watches(
    client: httpx.Client, region: str, language: str
) -> None:
    found = list_items(client, "/api/trending", region=region, limit=10)
    assert sum(hit["language"] == language for hit in found) >= 6


@pytest.mark.parametrize("path", LIST_PATHS)
@pytest.mark.parametrize("asked", ["limit=0", "limit=1000", "offset=-1", "kind=opera"])
def test_bad_parameters_are_refused(
    client: httpx.Client, eega_id: int, path: Callable[[int], str], asked: str
) -> None:
    response = client.get(f"{path(eega_id)}?{asked}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == asked.partition("=")[0]


@pytest.mark.parametrize("number", [2**31, 2**40, 2**63 - 1, 2**63, 10**30])
def test_a_huge_number_is_no_page(client: httpx.Client, number: int) -> None:
    for path in (f"/title/{number}", f"/posters/{number}.svg"):
        assert client.get(path).status_code == 404
