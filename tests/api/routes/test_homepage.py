"""The rows of the homepage, by region and language."""

from typing import Any

import httpx
import pytest

HOMEPAGE_PATH = "/api/recommendations/homepage"
LANGUAGE_ROWS = {f"language:{code}" for code in ("te", "ta", "hi", "kn", "ml")}


def homepage_rows(client: httpx.Client, **params: str) -> list[dict[str, Any]]:
    response = client.get(HOMEPAGE_PATH, params=params)
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.json()["rows"]
    return found


def row_keys(client: httpx.Client, **params: str) -> list[str]:
    return [row["key"] for row in homepage_rows(client, **params)]


def test_every_promised_row_is_there(client: httpx.Client) -> None:
    promised = {"trending", "whats_hot", "critics_choice", "user_favourites", *LANGUAGE_ROWS}
    found = row_keys(client)
    assert len(set(found)) == len(found)
    assert promised - {*found} == set()
    assert sum(key.startswith("genre:") for key in found) >= 6


@pytest.mark.parametrize("region", ["IN", "IN-TG", "IN-KL", "US", "JP"])
def test_no_title_stands_twice_and_no_row_is_short(client: httpx.Client, region: str) -> None:
    found = homepage_rows(client, region=region)
    ids = [hit["id"] for row in found for hit in row["items"]]
    assert len(set(ids)) == len(ids)
    assert all(3 <= len(row["items"]) <= 18 for row in found)


@pytest.mark.parametrize(
    ("region", "first", "place"),
    [
        ("IN-TG", "te", "Telangana"),
        ("IN-TS", "te", "Telangana"),
        ("IN-TN", "ta", "Tamil Nadu"),
        ("IN-KA", "kn", "Karnataka"),
        ("IN-KL", "ml", "Kerala"),
        ("IN-UP", "hi", "Uttar Pradesh"),
        ("in-ap", "te", "Andhra Pradesh"),
    ],
)
def test_rows_are_ordered_by_what_the_region_watches(
    client: httpx.Client, region: str, first: str, place: str
) -> None:
    found = homepage_rows(client, region=region)
    assert found[0]["title"] == f"Trending in {place}"
    languages = [row["key"] for row in found if row["key"] in LANGUAGE_ROWS]
    assert languages[0] == f"language:{first}"


def test_a_language_row_is_of_that_language(client: httpx.Client) -> None:
    for row in homepage_rows(client):
        if row["key"] in LANGUAGE_ROWS:
            assert {hit["kind"] for hit in row["items"]} == {"movie"}
    (tamil,) = [row for row in homepage_rows(client) if row["key"] == "language:ta"]
    assert sum(hit["language"] == "ta" for hit in tamil["items"]) >= len(tamil["items"]) - 3


def test_a_genre_row_is_of_that_genre(client: httpx.Client) -> None:
    for row in homepage_rows(client):
        kind, _, slug = row["key"].partition(":")
        if kind == "genre":
            assert all(slug in hit["genres"] for hit in row["items"])


def test_a_language_narrows_every_row(client: httpx.Client) -> None:
    found = homepage_rows(client, language="kn")
    assert {"trending", "whats_hot"} <= {row["key"] for row in found}
    assert not {row["key"] for row in found} & LANGUAGE_ROWS
    ids = [hit["id"] for row in found for hit in row["items"]]
    for title_id in ids[::5]:
        assert "kn" in client.get(f"/api/content/{title_id}/details").json()["languages"]


def test_a_language_that_nothing_is_in_has_no_rows(client: httpx.Client) -> None:
    assert homepage_rows(client, language="xx") == []


def test_a_blank_language_is_none(client: httpx.Client) -> None:
    assert row_keys(client, language="") == row_keys(client)
    assert row_keys(client, language=" ") == row_keys(client)


def test_the_region_is_told(client: httpx.Client) -> None:
    assert client.get(HOMEPAGE_PATH).json()["region"] == "IN"
    assert client.get(HOMEPAGE_PATH, params={"region": "in_ts"}).json()["region"] == "IN-TG"


@pytest.mark.parametrize("region", ["Narnia", "XYZ", "IN-TELANGANA", "ZZ", "12", "I", "\0"])
def test_what_is_no_region_is_refused_by_name(client: httpx.Client, region: str) -> None:
    response = client.get(HOMEPAGE_PATH, params={"region": region})
    assert response.status_code == 422
    assert [each["field"] for each in response.json()["errors"]] == ["region"]


def test_what_is_hot_is_new(client: httpx.Client) -> None:
    (hot,) = [row for row in homepage_rows(client) if row["key"] == "whats_hot"]
    newest = sorted((hit["year"] for hit in hot["items"]), reverse=True)
    assert newest == [hit["year"] for hit in hot["items"]] or min(newest) >= max(newest) - 4
