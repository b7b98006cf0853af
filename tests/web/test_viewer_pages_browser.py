"""Accounts, onboarding, feed, lists and profile in a real Chromium."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)
from sqlalchemy import text

from api.app import create_app
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import list_items, running_app

pytestmark = pytest.mark.browser

PASSWORD = "kothimir pachadi 7"
PHONE_VIEWPORT = {"width": 320, "height": 700}

ContextFactory = Callable[..., AbstractContextManager[BrowserContext]]


@pytest.fixture
def client(seeded_resources: Resources, catalogue_view: CatalogueView) -> Iterator[httpx.Client]:
    """A service whose viewers are deleted after the test."""
    seeded_resources.redis.flushdb()
    with running_app(create_app(seeded_resources, catalogue_view)) as client:
        yield client
    with seeded_resources.engine.begin() as connection:
        connection.execute(text("TRUNCATE viewer, search_query, search_click CASCADE"))


@pytest.fixture
def open_context(browser: Browser, client: httpx.Client) -> ContextFactory:
    """Open a browser of the service."""

    def context(**given: Any) -> BrowserContext:
        made = browser.new_context(base_url=str(client.base_url), **given)
        made.set_default_timeout(10_000)
        return made

    return context


@pytest.fixture
def page(open_context: ContextFactory) -> Iterator[Page]:
    """A page that fails its test when a script or its content policy does."""
    errors: list[str] = []

    def check_console(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            errors.append(message.text)

    with open_context(viewport={"width": 1280, "height": 800}) as context:
        made = context.new_page()
        made.on("pageerror", lambda error: errors.append(str(error)))
        made.on("console", check_console)
        yield made
    assert errors == []


@pytest.fixture
def eega_path(client: httpx.Client) -> str:
    return f"/title/{list_items(client, '/api/search', q='eega')[0]['id']}"


def sign_up(page: Page, email: str = "asha@example.com", name: str = "Asha") -> None:
    page.goto("/signup")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/welcome")


def submit_picks(page: Page, *titles: str) -> None:
    for title in titles:
        page.get_by_role("checkbox", name=title).first.check()
    page.get_by_role("button", name="Show my feed").last.click()
    page.wait_for_url("**/feed")


def cards(page: Page) -> Locator:
    return page.locator("#feed .card, #list .card")


def card_ids(page: Page) -> list[str]:
    found: list[str] = cards(page).evaluate_all("all => all.map(one => one.dataset.id)")
    return found


def press_button(card: Locator, button: str) -> None:
    with card.page.expect_response(lambda response: is_button_event(response.request)):
        card.get_by_role("button", name=button).click()


def is_button_event(request: Request) -> bool:
    """Tell whether a button sent it; the body of an impression beacon is not visible."""
    return request.url.endswith("/api/user/interactions") and bool(request.post_data)


def is_impression_beacon(request: Request) -> bool:
    return request.url.endswith("/api/user/interactions") and not is_button_event(request)


def recorded_interactions(page: Page, event: str) -> list[dict[str, Any]]:
    items = page.request.get("/api/user/interactions?limit=100").json()["items"]
    return [each for each in items if each["event"] == event]


def test_signing_up_and_picking_titles_leads_to_a_feed_with_reasons(page: Page) -> None:
    sign_up(page)
    picked = page.locator(".pick .name").all_inner_texts()[:3]
    submit_picks(page, *picked)
    expect(page.get_by_role("navigation", name="You", exact=True)).to_contain_text("Asha")
    expect(cards(page)).to_have_count(24)
    why = cards(page).locator(".reason").all_inner_texts()
    assert len(why) == 24
    assert any(title in reason for reason in why for title in picked)
    assert not set(picked) & set(cards(page).locator("h3").all_inner_texts())


def test_a_hidden_title_disappears_and_does_not_come_back(page: Page) -> None:
    page.goto("/feed")
    page.evaluate("window.kept = true")
    before = card_ids(page)
    first, second = cards(page).first, cards(page).nth(1)
    title, heir = first.locator("h3").inner_text(), second.locator("h3").inner_text()
    press_button(first, "Not for me")
    expect(page.get_by_role("status")).to_have_text(f"Hidden: {title}.")
    expect(cards(page).first.locator("h3")).to_have_text(heir)
    expect(cards(page).first.get_by_role("button", name="Not for me")).to_be_focused()
    expect(cards(page)).to_have_count(24)
    assert page.evaluate("window.kept")
    page.reload()
    after = card_ids(page)
    assert before[0] not in after
    assert set(after) - set(before)


def test_hiding_a_title_can_be_undone(page: Page) -> None:
    page.goto("/feed")
    title = cards(page).first.locator("h3").inner_text()
    hidden_id = card_ids(page)[0]
    press_button(cards(page).first, "Not for me")
    expect(cards(page).first.locator("h3")).not_to_have_text(title)
    with page.expect_response(lambda response: is_button_event(response.request)):
        page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_text(f"Not hidden any more: {title}.")
    expect(cards(page).first.locator("h3")).to_have_text(title)
    page.reload()
    assert len(recorded_interactions(page, "undismiss")) == 1
    assert hidden_id in card_ids(page)


def test_a_like_replaces_cards_that_were_not_seen(page: Page) -> None:
    page.goto("/feed")
    before = card_ids(page)
    with page.expect_response("**/feed/cards*"):
        press_button(cards(page).nth(2), "Like")
    like = cards(page).nth(2).get_by_role("button", name="Like")
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(like).to_be_focused()
    after = card_ids(page)
    assert after[:6] == before[:6]  # what was in view stays
    assert after != before
    assert len(set(after)) == 24


def test_more_titles_are_new_ones(page: Page) -> None:
    page.goto("/feed")
    before = card_ids(page)
    page.get_by_role("link", name="More titles").click()
    expect(cards(page)).to_have_count(48)
    expect(cards(page).nth(24).locator("a")).to_be_focused()
    assert len(set(card_ids(page))) == 48
    assert card_ids(page)[:24] == before


def test_a_title_stays_on_the_watchlist_until_removed(page: Page) -> None:
    page.goto("/feed")
    title = cards(page).first.locator("h3").inner_text()
    press_button(cards(page).first, "Watchlist")
    page.goto("/history?list=watchlist")
    expect(cards(page).locator("h3")).to_have_text([title])
    press_button(cards(page).first, "Remove")
    expect(cards(page)).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Your watchlist is empty")).to_be_visible()


def test_title_page_shows_the_viewers_actions(page: Page, eega_path: str) -> None:
    page.goto(eega_path)
    for button in ("Favourite", "Watched", "Like"):
        press_button(page.locator("main"), button)
    with page.expect_response(lambda response: is_button_event(response.request)):
        page.get_by_role("radio", name="4.5 stars").check(force=True)
    expect(page.get_by_role("status")).to_have_text("Eega: 4.5 of 5 stars.")
    page.reload()
    for button in ("Favourite", "Watched", "Like"):
        pressed = page.get_by_role("button", name=button, pressed=True)
        expect(pressed).to_be_visible()
    expect(page.get_by_role("radio", name="4.5 stars")).to_be_checked()
    press_button(page.locator("main"), "Not for me")
    expect(page.get_by_role("button", name="Like", pressed=False)).to_be_visible()
    page.goto("/history?list=ratings")
    expect(cards(page)).to_contain_text("★ 4.5")


def test_each_seen_card_is_recorded_once(page: Page) -> None:
    page.goto("/feed")
    page.wait_for_event("requestfinished", is_impression_beacon)
    page.mouse.wheel(0, 500)
    page.wait_for_event("requestfinished", is_impression_beacon)
    page.mouse.wheel(0, -500)
    page.wait_for_timeout(300)
    page.goto("/history")
    seen = recorded_interactions(page, "impression")
    places = sorted(each["position"] for each in seen)
    assert len(places) >= 12
    assert places == list(range(1, len(places) + 1))
    assert {each["row"] for each in seen} == {"feed"}
    assert {each["device"] for each in seen} == {"desktop"}


def test_signing_out_and_in_again_keeps_the_lists(page: Page, eega_path: str) -> None:
    sign_up(page)
    page.goto(eega_path)
    press_button(page.locator("main"), "Favourite")
    page.goto("/profile")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/")
    page.goto("/history?list=favorites")
    expect(cards(page)).to_have_count(0)
    page.goto("/signin?next=/history%3Flist%3Dfavorites")
    page.get_by_label("E-mail").fill("Asha@Example.com")
    page.get_by_label("Password").fill("another one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong e-mail or password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/history?list=favorites")
    expect(cards(page).locator("h3")).to_have_text(["Eega"])


def test_a_visitors_lists_are_kept_on_sign_up(page: Page, eega_path: str) -> None:
    page.goto(eega_path)
    press_button(page.locator("main"), "Watchlist")
    sign_up(page)
    page.goto("/history?list=watchlist")
    expect(cards(page).locator("h3")).to_have_text(["Eega"])


def test_a_form_error_is_shown_at_its_field(page: Page) -> None:
    sign_up(page)
    page.goto("/profile")
    page.get_by_label("Year of birth").fill("1066")
    page.get_by_role("button", name="Save").click()
    year = page.get_by_label("Year of birth")
    expect(year).to_be_focused()
    expect(year).to_have_value("1066")
    expect(year).to_have_accessible_description(re.compile("age. Give a year from 1900"))


def test_reasons_are_in_the_chosen_language(page: Page, eega_path: str) -> None:
    page.goto("/profile")
    page.get_by_label("Language").select_option("te")
    page.get_by_role("group", name="Telugu").get_by_label("More").check(force=True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_role("group", name="Telugu").get_by_label("More")).to_be_checked()
    page.goto(eega_path)
    press_button(page.locator("main"), "Like")
    page.goto("/feed")
    expect(cards(page).locator(".reason[lang=te]")).to_have_count(24)


def test_moods_are_named_in_a_watched_language(page: Page) -> None:
    page.goto("/profile")
    page.get_by_role("group", name="Tamil").get_by_label("More").check(force=True)
    page.get_by_role("button", name="Save").click()
    page.goto("/feed")
    page.get_by_role("link", name="Wonder வியப்பு").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("For you: wonder")


def test_the_selected_mood_is_in_view_on_a_phone(open_context: ContextFactory) -> None:
    with open_context(viewport=PHONE_VIEWPORT, has_touch=True) as context:
        page = context.new_page()
        page.goto("/feed?mood=peace")
        expect(page.get_by_role("link", name="Peace")).to_be_in_viewport(ratio=1)


def test_completed_titles_have_no_progress_bar(page: Page, eega_path: str) -> None:
    page.goto(eega_path)
    press_button(page.locator("main"), "Watched")
    page.goto("/history")
    expect(cards(page)).to_have_count(1)
    expect(page.locator("progress")).to_have_count(0)


def test_everything_works_without_javascript(open_context: ContextFactory) -> None:
    with open_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_up(page, email="ravi@example.com")
        page.get_by_label("Telugu").check()
        page.get_by_role("button", name="Show titles in these languages").click()
        submit_picks(page, *page.locator(".pick .name").all_inner_texts()[:3])
        before = card_ids(page)
        title = cards(page).first.locator("h3").inner_text()
        cards(page).first.get_by_role("button", name="Not for me").click()
        expect(page.get_by_role("status")).to_have_text(f"Hidden: {title}.")
        assert before[0] not in card_ids(page)
        shown = card_ids(page)
        page.get_by_role("link", name="More titles").click()
        assert not set(shown) & set(card_ids(page))
        cards(page).first.get_by_role("link").first.click()
        page.get_by_role("radio", name="3 stars").check(force=True)
        page.get_by_role("button", name="Rate").click()
        expect(page.get_by_role("radio", name="3 stars")).to_be_checked()


def test_deletion_needs_confirmation_and_deletes_everything(page: Page, eega_path: str) -> None:
    sign_up(page)
    page.goto(eega_path)
    press_button(page.locator("main"), "Like")
    page.goto("/profile")
    page.get_by_text("Delete everything").first.click()
    page.get_by_label("Yes, delete everything").check()
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is deleted")
    assert page.context.cookies() == []


def test_do_not_track_is_respected(open_context: ContextFactory, eega_path: str) -> None:
    with open_context(extra_http_headers={"Sec-GPC": "1"}) as context:
        page = context.new_page()
        page.goto("/feed")
        expect(page.get_by_text("Do Not Track")).to_be_visible()
        press_button(cards(page).first, "Like")
        expect(page.get_by_role("status")).to_contain_text("Not saved")
        page.goto(eega_path)
        assert context.cookies() == []


def test_sign_in_redirects_to_this_site_only(client: httpx.Client) -> None:
    account = {"email": "asha@example.com", "password": PASSWORD}
    assert client.post("/api/auth/register", json=account).status_code == 201
    other_sites = (
        "//evil.in",
        "///evil.in",
        "/\\evil.in",
        "https://evil.in",
        "/\t/evil.in",
        "evil.in",
    )
    for path in other_sites:
        answer = client.post("/signin", data=account | {"next": path})
        assert (answer.status_code, answer.headers["location"]) == (303, "/feed"), path


def test_no_viewer_page_scrolls_sideways_on_a_phone(
    open_context: ContextFactory, eega_path: str
) -> None:
    with open_context(viewport=PHONE_VIEWPORT, has_touch=True) as context:
        page = context.new_page()
        sign_up(page, name="Venkata Satyanarayana Penumetsa")
        for path in ("/welcome", "/feed", "/profile", "/history", "/signup", eega_path):
            page.goto(path)
            assert (
                page.evaluate("document.documentElement.scrollWidth") == PHONE_VIEWPORT["width"]
            ), path
            small = page.locator("main :is(button, .button, .chip, select, .steps label):visible")
            heights = small.evaluate_all(
                "all => all.map(one => one.getBoundingClientRect().height)"
            )
            assert min(heights, default=44) >= 43.9, path
