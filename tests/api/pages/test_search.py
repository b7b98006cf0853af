"""What the search page shows of what was understood."""

import httpx

from tests.running_app import list_titles


def search_page_html(client: httpx.Client, **params: str) -> str:
    response = client.get("/search", params=params)
    assert response.status_code == 200
    return response.text


def test_what_was_understood_can_be_taken_away(client: httpx.Client) -> None:
    page = search_page_html(client, q="tamil thrillers")
    assert "Search without “Tamil”" in page
    assert "ignore=language%3Ata" in page
    assert "Search without “Tamil”" not in search_page_html(
        client, q="tamil thrillers", ignore="language:ta"
    )


def test_a_name_nearly_typed_is_offered(client: httpx.Client) -> None:
    assert "Did you mean" in search_page_html(client, q="bahuballi the begning")


def test_what_was_given_up_is_told(client: httpx.Client) -> None:
    asked = "kannada anime from the 1950s"
    assert list_titles(client, "/api/search", q=asked)
    assert "so we left out" in search_page_html(client, q=asked)


def test_what_is_near_in_meaning_alone_is_told(client: httpx.Client) -> None:
    assert "These are closest in meaning" in search_page_html(client, q="zzzz qqqq xxxx")
    for asked in (
        "man reborn as a housefly",
        "sad tamil movies like 96",
        "tamil thrillers",
        "eega",
    ):
        assert "These are closest in meaning" not in search_page_html(client, q=asked)
