"""The HTML search page."""

import httpx

from api.pages.search import results_context
from api.pages.search_form import TITLES_PER_PAGE, SearchForm
from api.params import MAX_OFFSET
from api.schemas.search import SearchResponse
from tests.running_app import list_titles


def search_page_html(client: httpx.Client, **params: str) -> str:
    response = client.get("/search", params=params)
    assert response.status_code == 200
    return response.text


def test_understood_chips_can_be_removed(client: httpx.Client) -> None:
    page = search_page_html(client, q="tamil thrillers")
    assert "Search without “Tamil”" in page
    assert "ignore=language%3Ata" in page
    assert "Search without “Tamil”" not in search_page_html(
        client, q="tamil thrillers", ignore="language:ta"
    )


def test_a_similar_name_is_suggested(client: httpx.Client) -> None:
    assert "Did you mean" in search_page_html(client, q="bahuballi the begning")


def test_ignored_constraints_are_named(client: httpx.Client) -> None:
    query = "kannada anime from the 1950s"
    assert list_titles(client, "/api/search", q=query)
    assert "so we left out" in search_page_html(client, q=query)


def test_results_that_are_only_similar_are_labelled(client: httpx.Client) -> None:
    assert "These are closest in meaning" in search_page_html(client, q="zzzz qqqq xxxx")
    for query in (
        "man reborn as a housefly",
        "sad tamil movies like 96",
        "tamil thrillers",
        "eega",
    ):
        assert "These are closest in meaning" not in search_page_html(client, q=query)


def test_next_link_stops_at_the_maximum_offset() -> None:
    results = SearchResponse(items=[], total=10_000, limit=TITLES_PER_PAGE, offset=0)
    for offset, has_next in ((0, True), (MAX_OFFSET - TITLES_PER_PAGE, True), (MAX_OFFSET, False)):
        context = results_context(SearchForm(offset=offset), results)
        assert (context["next_url"] is not None) == has_next, offset
