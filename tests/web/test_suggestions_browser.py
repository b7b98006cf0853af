"""Suggestions under the search box in a real Chromium, over the seed catalogue."""

from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from playwright.sync_api import Request as Sent

from tests.running_app import list_items

pytestmark = pytest.mark.browser

TITLE_PATH = "/title/1"  # a page whose box stands at its top
PHONE_VIEWPORT = {"width": 360, "height": 740}


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """A page that fails its test when a script of it does."""
    made = browser.new_page(base_url=str(client.base_url), viewport={"width": 1280, "height": 800})
    made.set_default_timeout(10_000)
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security" in said.text else None,
    )
    yield made
    made.close()
    assert wrong == []


def search_box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search by mood")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def type_query(page: Page, text: str, *, path: str = TITLE_PATH) -> None:
    page.goto(path)
    search_box(page).press_sequentially(text, delay=5)
    expect(options(page).first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/search", TITLE_PATH])
def test_typing_opens_a_list_of_suggestions(page: Page, path: str) -> None:
    page.goto(path)
    expect(search_box(page)).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("listbox")).to_have_count(0)
    search_box(page).press_sequentially("baahu", delay=5)
    expect(options(page).first).to_contain_text("Baahubali: The Beginning")
    expect(options(page).first).to_contain_text("2015 · Telugu · Film")
    expect(options(page).first.locator("mark")).to_have_text("Baahu")
    expect(search_box(page)).to_have_attribute("aria-expanded", "true")
    controlled = search_box(page).get_attribute("aria-controls")
    assert page.locator(f"#{controlled}").get_attribute("role") == "listbox"


@pytest.mark.parametrize(
    ("typed", "name", "language"),
    [
        ("బాహు", "బాహుబలి", "te"),
        ("எந்தி", "எந்திரன்", "ta"),
        ("शोले", "शोले", "hi"),
        ("ಕಾಂತಾ", "ಕಾಂತಾರ", "kn"),
        ("മണിച്ചി", "മണിച്ചിത്രത്താഴ്", "ml"),
    ],
)
def test_names_are_shown_in_the_script_that_is_typed(
    page: Page, typed: str, name: str, language: str
) -> None:
    type_query(page, typed)
    first = options(page).first.locator(".name")
    expect(first).to_contain_text(name)
    expect(first).to_have_attribute("lang", language)


def test_a_title_has_a_thumbnail(page: Page) -> None:
    type_query(page, "eega")
    image = options(page).first.locator("img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    drawn = image.bounding_box()
    assert drawn is not None
    assert (drawn["width"], drawn["height"]) == (40, 60)


def test_arrows_walk_through_the_list_and_enter_opens_a_title(page: Page) -> None:
    type_query(page, "baahu")
    for place in (0, 1):
        page.keyboard.press("ArrowDown")
        expect(options(page).nth(place)).to_have_attribute("aria-selected", "true")
        pointed = search_box(page).get_attribute("aria-activedescendant")
        assert options(page).nth(place).get_attribute("id") == pointed
    expect(search_box(page)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Baahubali: The Beginning")


def test_arrows_come_back_to_what_was_typed(page: Page) -> None:
    type_query(page, "eega")
    page.keyboard.press("ArrowUp")
    expect(options(page).last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    assert search_box(page).get_attribute("aria-activedescendant") is None
    assert search_box(page).input_value() == "eega"


def test_enter_without_a_choice_searches_for_what_was_typed(page: Page) -> None:
    type_query(page, "eega")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=eega")


def test_escape_closes_the_list_and_keeps_the_text(page: Page) -> None:
    type_query(page, "eega")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(search_box(page)).to_have_attribute("aria-expanded", "false")
    expect(search_box(page)).to_be_focused()
    assert search_box(page).input_value() == "eega"
    page.keyboard.press("Alt+ArrowDown")
    expect(options(page).first).to_be_visible()


def test_leaving_the_box_closes_the_list(page: Page) -> None:
    type_query(page, "eega")
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_have_count(0)
    type_query(page, "eega")
    page.get_by_role("heading", level=1).click()
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_a_click_opens_a_title(page: Page) -> None:
    type_query(page, "magadh")
    options(page).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Magadheera")


def test_a_tap_opens_a_title(browser: Browser, client: httpx.Client) -> None:
    with browser.new_context(
        base_url=str(client.base_url),
        viewport=PHONE_VIEWPORT,  # type: ignore[arg-type]  # a literal TypedDict
        has_touch=True,
    ) as context:
        page = context.new_page()
        type_query(page, "magadh")
        options(page).first.tap()
        expect(page.get_by_role("heading", level=1)).to_have_text("Magadheera")


def test_a_person_is_searched_for(page: Page) -> None:
    type_query(page, "rajinik")
    options(page).filter(has_text="Person").first.click()
    page.wait_for_url("**/search?q=Rajinikanth")


def test_a_language_leads_to_its_titles(page: Page) -> None:
    type_query(page, "telug")
    options(page).filter(has_text="Language").click()
    page.wait_for_url("**/search?language=te")
    expect(page.get_by_label("Telugu")).to_be_checked()


def test_below_the_list_are_the_results_of_a_live_search(page: Page) -> None:
    type_query(page, "eega", path="/")
    link = page.locator("#results").get_by_role("link", name="Eega", exact=True)
    link.click()  # which needs it to be uncovered
    expect(page.get_by_role("heading", level=1)).to_have_text("Eega")


def test_after_the_last_suggestion_an_arrow_goes_on_to_the_results(page: Page) -> None:
    type_query(page, "eega", path="/")
    expect(page.locator("#results .card").first).to_be_visible()
    for _ in range(options(page).count() + 1):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#results .card a").first).to_be_focused()
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_a_fast_typist_asks_once(page: Page) -> None:
    asked: list[str] = []

    def sent(request: Sent) -> None:
        if "/api/search/suggest" in request.url:
            asked.append(unquote(request.url))

    page.on("request", sent)
    type_query(page, "magadheera")
    page.wait_for_timeout(300)
    assert len(asked) < 5
    assert "q=magadheera" in asked[-1]


def test_the_languages_of_the_browser_are_preferred(browser: Browser, client: httpx.Client) -> None:
    asked: list[str] = []
    with browser.new_context(base_url=str(client.base_url), locale="kn-IN") as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        type_query(page, "ma")
    suggested = [url for url in asked if "/suggest?" in url]
    assert all(url.endswith("&language=kn") for url in suggested)


def test_an_answer_after_escape_does_not_open_the_list(page: Page) -> None:
    type_query(page, "eega")
    page.keyboard.press("Backspace")
    page.wait_for_timeout(10)
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_a_late_answer_to_an_older_text_is_dropped(page: Page) -> None:
    def delayed(route: Route) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    page.goto(TITLE_PATH)
    page.route("**/suggest?q=sholay*", delayed)
    search_box(page).fill("sholay")
    page.wait_for_timeout(150)
    search_box(page).fill("eega")
    expect(options(page).first).to_contain_text("Eega")
    page.wait_for_timeout(1000)
    expect(options(page).first).to_contain_text("Eega")


def test_the_form_works_when_suggestions_do_not(page: Page) -> None:
    page.goto(TITLE_PATH)
    page.route("**/api/search/suggest*", lambda route: route.abort())
    search_box(page).fill("eega")
    page.wait_for_timeout(200)
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=eega")


def test_names_are_text_and_never_markup(page: Page) -> None:
    item = {"kind": "person", "text": "<img src=x>", "query": "x", "highlight": [[0, 4]]}
    page.goto(TITLE_PATH)
    page.route("**/api/search/suggest*", lambda route: route.fulfill(json={"items": [item]}))
    search_box(page).fill("x")
    expect(options(page).first).to_contain_text("<img src=x>")
    assert options(page).first.locator("img").count() == 0


def test_without_javascript_the_box_is_a_plain_form(browser: Browser, client: httpx.Client) -> None:
    with browser.new_context(base_url=str(client.base_url), java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(TITLE_PATH)
        page.get_by_role("searchbox").fill("eega")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=eega")


@pytest.mark.parametrize("path", ["/", "/search", TITLE_PATH])
def test_the_list_fits_a_phone(browser: Browser, client: httpx.Client, path: str) -> None:
    with browser.new_context(
        base_url=str(client.base_url),
        viewport=PHONE_VIEWPORT,  # type: ignore[arg-type]  # as above
        has_touch=True,
    ) as context:
        page = context.new_page()
        type_query(page, "ma", path=path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        for option in options(page).all():
            drawn = option.bounding_box()
            assert drawn is not None
            assert drawn["height"] >= 44
            assert drawn["x"] >= 0
            assert drawn["x"] + drawn["width"] <= 360


def test_the_region_of_the_page_orders_its_suggestions(page: Page, client: httpx.Client) -> None:
    page.goto("/?region=IN-KL")
    first = list_items(client, "/api/search/suggest", q="ma", region="IN-KL", limit=6)[0]
    search_box(page).press_sequentially("ma", delay=5)
    expect(options(page).first).to_contain_text(str(first["text"]))
