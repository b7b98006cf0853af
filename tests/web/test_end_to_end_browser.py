"""The service over the seed catalogue in a real Chromium."""

import itertools
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running_app import list_items

pytestmark = pytest.mark.browser

VIEWPORT_WIDTHS_PX = (1280, 360)


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """A page that fails its test when a script of it does."""
    made = browser.new_page(base_url=str(client.base_url), viewport={"width": 1280, "height": 800})
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    made.close()
    assert errors == []


@pytest.fixture
def eega_path(client: httpx.Client) -> str:
    return f"/title/{list_items(client, '/api/search', q='eega')[0]['id']}"


def test_the_homepage_has_rows_of_titles(page: Page) -> None:
    page.goto("/")
    headings = page.locator(".title-row h2").all_inner_texts()
    assert {"Trending in India", "What's hot", "Telugu cinema", "Anime"} <= set(headings)
    rows = page.locator(".title-row")
    assert all(row.locator(".card").count() >= 3 for row in rows.all())
    first = rows.first.locator("img").first
    assert first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 400


@pytest.mark.parametrize("typed", ["ee", "eega", "ఈగ", "man reborn as a housefly"])
def test_typing_finds_a_film(page: Page, typed: str) -> None:
    page.goto("/")
    page.get_by_role("combobox", name="Search by mood").fill(typed if typed != "ee" else "eeg")
    expect(page.locator("#results").get_by_role("link", name="Eega")).to_be_visible()


def test_title_page_shows_names_and_similar_titles(page: Page, eega_path: str) -> None:
    page.goto(eega_path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Eega")
    expect(page.locator(".title-header [lang=te]").last).to_have_text("ఈగ")
    expect(page.locator(".names [lang=te]").first).to_have_text("ఈగ")
    expect(page.locator(".stories [lang=te]")).to_contain_text("నాని")
    similar = page.get_by_role("region", name="More like this")
    assert similar.locator(".card").count() >= 12
    assert "Eega" not in similar.locator("h3").all_inner_texts()
    similar.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Eega")


def test_search_and_title_pages_work_without_javascript(
    browser: Browser, client: httpx.Client
) -> None:
    with browser.new_context(base_url=str(client.base_url), java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/")
        assert page.locator(".title-row").count() > 8
        page.get_by_role("searchbox").fill("man reborn as a housefly")
        page.get_by_role("button", name="Search").click()
        page.locator("#results").get_by_role("link", name="Eega", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Eega")


def test_more_titles_follow_the_first(page: Page) -> None:
    page.goto("/search?q=love")
    first = page.locator("#results h3").all_inner_texts()
    page.get_by_role("link", name="More titles").click()
    page.wait_for_url("**offset=24*")
    second = page.locator("#results h3").all_inner_texts()
    assert len(first) == len(second) == 24
    assert first != second


FIND_ACCESSIBILITY_ERRORS = """() => {
    const named = (one) => one.getAttribute("aria-label") || one.textContent.trim()
        || one.querySelector("img[alt]:not([alt=''])")?.alt;
    const labelled = (one) => one.labels?.length || one.getAttribute("aria-label");
    const bad = [];
    for (const image of document.querySelectorAll("img"))
        if (!image.hasAttribute("alt")) bad.push(image.outerHTML);
    for (const one of document.querySelectorAll("a[href], button:not([aria-hidden])"))
        if (!named(one)) bad.push(one.outerHTML);
    for (const one of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
        if (!labelled(one)) bad.push(one.outerHTML);
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
    bad.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id ${id} twice`));
    for (const one of document.querySelectorAll("[aria-labelledby]"))
        if (!document.getElementById(one.getAttribute("aria-labelledby"))) bad.push(one.outerHTML);
    return bad;
}"""


@pytest.mark.parametrize("width", VIEWPORT_WIDTHS_PX)
@pytest.mark.parametrize("path", ["/", "/search?q=सांवली+रात+की+कहानी", "title", "/nothing"])
def test_pages_are_accessible(page: Page, eega_path: str, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(eega_path if path == "title" else path)
    assert page.evaluate(FIND_ACCESSIBILITY_ERRORS) == []
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.evaluate("document.documentElement.scrollWidth") == width
