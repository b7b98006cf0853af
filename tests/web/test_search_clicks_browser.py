"""What is typed and opened in a real Chromium, as the search history tells it."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from api.app import create_app
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app

pytestmark = pytest.mark.browser

CLICK_TIMEOUT_S = 15.0


@pytest.fixture
def page(
    browser: Browser, seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[Page]:
    with (
        running_app(create_app(seeded_resources, catalogue_view)) as client,
        browser.new_context(base_url=str(client.base_url)) as context,
    ):
        yield context.new_page()
    with seeded_resources.engine.begin() as connection:
        connection.execute(text("TRUNCATE viewer, search_query, search_click CASCADE"))


def search_history(page: Page) -> list[dict[str, object]]:
    answer = page.request.get("/api/search/history")
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def wait_for_click_position(page: Page) -> float:
    """Wait for the click to be told, which outlives the page that it leaves; return the place."""
    deadline = time.monotonic() + CLICK_TIMEOUT_S
    while not search_history(page)[0]["opened"]:
        assert time.monotonic() < deadline, "nobody told what was opened"
        page.wait_for_timeout(100)
    place = search_report(page)["mean_position"]
    assert isinstance(place, float)
    return place


def search_report(page: Page) -> dict[str, object]:
    found: dict[str, object] = page.request.get("/api/admin/searches").json()
    return found


def test_what_is_typed_is_one_search_and_what_is_opened_belongs_to_it(page: Page) -> None:
    page.goto("/")
    page.get_by_role("combobox", name="Search by mood").press_sequentially("kantara", delay=200)
    link = page.locator("#results").get_by_role("link", name="Kantara", exact=True)
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kantara")
    assert wait_for_click_position(page) == 1.0
    (past,) = search_history(page)
    assert past["text"] == "kantara"
    assert past["opened"] == [int(page.url.rpartition("/")[2])]
    assert search_report(page)["click_through"] == 1.0


def test_the_place_of_what_is_opened_counts_from_the_first_page(page: Page) -> None:
    page.goto("/search?q=love")
    page.get_by_role("link", name="More titles").click()
    page.wait_for_url("**offset=24*")
    page.locator("#results .card a").nth(2).click()
    assert wait_for_click_position(page) == 27.0
    assert len(search_history(page)) == 1


def test_who_asks_for_it_is_not_followed(browser: Browser, page: Page) -> None:
    page.goto("/")
    with browser.new_context(extra_http_headers={"Sec-GPC": "1"}) as context:
        context.new_page().goto(f"{page.url}search?q=eega")
        assert context.cookies() == []
    assert search_report(page)["searches"] == 0
