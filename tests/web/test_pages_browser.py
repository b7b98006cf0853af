"""The pages in a real Chromium, over a handful of titles that a fake knows."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
)
from playwright.sync_api import Request as PlaywrightRequest
from playwright.sync_api import Response as PlaywrightResponse
from starlette.exceptions import HTTPException

from api.pages.errors import render_error_page, wants_page
from api.pages.header_account import load_header_account
from api.pages.homepage import load_homepage
from api.pages.posters import PosterData, load_poster
from api.pages.search import load_results
from api.pages.search_form import SearchForm, SearchFormDep
from api.pages.setup import install_pages
from api.pages.titles import TitlePage, load_title_page
from api.region_detection import REGION_COOKIE
from services.homepage import Homepage, HomepageRow

pytestmark = pytest.mark.browser

NATIVE_TITLES = {
    "te": "మాయాబజార్",
    "ta": "நாயகன்",
    "hi": "दिलवाले दुल्हनिया ले जायेंगे",
    "kn": "ಸರ್ಕಾರಿ ಹಿ. ಪ್ರಾ. ಶಾಲೆ ಕಾಸರಗೋಡು",
    "ml": "മണിച്ചിത്രത്താഴ്",
    "ja": "千と千尋の神隠し",
}


class SearchUnavailable(Exception):
    """The search does not answer."""


@dataclass(frozen=True)
class FakeTitle:
    id: int
    title: str
    original_title: str
    year: int
    language: str
    genres: tuple[str, ...]
    kind: str = "movie"
    poster_url: str | None = None
    score: float = 0.5
    reason: dict[str, object] | None = None


FAKE_TITLES = [
    FakeTitle(1, "Maya Bazaar", NATIVE_TITLES["te"], 1957, "te", ("mythology", "fantasy")),
    FakeTitle(2, "Nayakan", NATIVE_TITLES["ta"], 1987, "ta", ("crime", "drama")),
    FakeTitle(3, "Dilwale Dulhania Le Jayenge", NATIVE_TITLES["hi"], 1995, "hi", ("romance",)),
    FakeTitle(
        4, "Sarkari Hi. Pra. Shaale, Kasaragodu", NATIVE_TITLES["kn"], 2018, "kn", ("comedy",)
    ),
    FakeTitle(5, "Manichitrathazhu", NATIVE_TITLES["ml"], 1993, "ml", ("psychological", "horror")),
    FakeTitle(6, "Spirited Away", NATIVE_TITLES["ja"], 2001, "ja", ("fantasy",), kind="anime"),
    FakeTitle(7, "Sholay", "शोले", 1975, "hi", ("action", "western")),
    FakeTitle(8, "Drishyam", "ദൃശ്യം", 2013, "ml", ("thriller", "family")),
    FakeTitle(
        9, "Lost <b>Reel</b> & Co", "", 1931, "en", (), poster_url="https://127.0.0.1:9/no.jpg"
    ),
    FakeTitle(10, "Baahubali: The Beginning", "బాహుబలి", 2015, "te", ("action", "period")),
    FakeTitle(11, "Pather Panchali", "পথের পাঁচালী", 1955, "bn", ("drama", "coming-of-age")),
    FakeTitle(12, "Super Deluxe", "சூப்பர் டீலக்ஸ்", 2019, "ta", ("comedy", "thriller")),
]


def fake_details(title: FakeTitle) -> dict[str, object]:
    credit = {"name": "K. V. Reddy", "job": "director", "character": None}
    cast = [
        {"name": "N. T. Rama Rao", "job": "actor", "character": "Lord Krishna"},
        {"name": "Savitri", "job": "actor", "character": "Sasirekha"},
        {"name": "S. V. Ranga Rao", "job": "actor", "character": "Ghatotkacha"},
    ]
    names = [
        {"name": text, "language": code, "script": code, "kind": "translated"}
        for code, text in NATIVE_TITLES.items()
    ]
    return {
        **{name: getattr(title, name) for name in ("id", "kind", "title", "year")},
        "original_title": title.original_title,
        "original_language": title.language,
        "languages": [title.language, "ta"],
        "names": [
            *names,
            {"name": title.title, "language": "en", "script": "Latn", "kind": "primary"},
        ],
        "end_year": None,
        "release_date": "1957-03-27",
        "runtime_minutes": 184,
        "episodes": None,
        "tagline": "The wedding feast is not what it seems",
        "certificate": "U",
        "minimum_age": None,
        "adult": False,
        "genres": list(title.genres),
        "keywords": ["illusion", "wedding", "feast"],
        "countries": ["IN"],
        "synopses": [
            {"language": "en", "text": "Balarama promises his daughter to Abhimanyu. " * 6},
            {"language": "te", "text": "శశిరేఖ, అభిమన్యుల పెళ్లి కోసం ఘటోత్కచుడు మాయ పన్నుతాడు. " * 4},
            {"language": "ta", "text": "கடோத்கஜன் மாயத்தால் திருமணத்தை நடத்தி வைக்கிறான். " * 4},
        ],
        "credits": [credit, *cast, {"name": "Ghantasala", "job": "composer", "character": None}],
        "rating": 9.1,
        "votes": 12345,
        "ratings": [{"source": "IMDb", "score": 9.1, "scale": 10, "votes": 5400}],
        "external_ids": {"imdb": "tt0050675"},
        "images": [],
        "videos": [{"kind": "trailer", "url": "https://video.example/1", "name": "Trailer"}],
        "availability": [
            {"provider": "Aha", "region": "IN", "access": "stream", "url": "https://aha.example/1"},
            {"provider": "Trap", "region": "IN", "access": "buy", "url": "javascript:alert(1)"},
        ],
        "warnings": ["mild scares"],
    }


@dataclass(frozen=True)
class FakeSearchResults:
    items: Sequence[FakeTitle]
    total: int | None
    chips: Sequence[object] = ()
    relaxed: Sequence[object] = ()
    did_you_mean: object | None = None
    nearest: bool = False


@dataclass
class FakePageData:
    """Answers from FAKE_TITLES; `delays_s` delays a query, `is_down` refuses all of them."""

    delays_s: dict[str, float] = field(default_factory=dict)
    is_down: bool = False
    search_forms: list[SearchForm] = field(default_factory=list)
    ROWS: ClassVar = (
        ("trending", "Trending now"),
        ("hot", "What’s hot"),
        ("critics", "Critics’ choice"),
    )

    def homepage(self, request: Request, region: str = "", language: str = "") -> Homepage:
        items = [hit for hit in FAKE_TITLES if language in ("", hit.language)]
        rows = [HomepageRow(key, title, items) for key, title in self.ROWS]  # type: ignore[arg-type]  # fakes
        return Homepage(rows, region or request.cookies.get(REGION_COOKIE, "IN"))

    def results(self, form: SearchFormDep) -> FakeSearchResults:
        self.search_forms.append(form)
        time.sleep(self.delays_s.get(form.q, 0))
        if self.is_down:
            raise SearchUnavailable
        found = [
            hit
            for hit in FAKE_TITLES
            if form.q.casefold() in f"{hit.title} {hit.original_title}".casefold()
            and (not form.languages or hit.language in form.languages)
            and (not form.genres or set(hit.genres) & set(form.genres))
            and (not form.kinds or hit.kind in form.kinds)
        ]
        return FakeSearchResults(found[form.offset :][: form.limit + 1], len(found))

    def title_page(self, title_id: int) -> TitlePage | None:
        hit = _find_title(title_id)
        reason = {"code": "genre", "text": "Because both are mythology", "title_id": title_id}
        similar = [replace(each, reason=reason) for each in FAKE_TITLES if each.id != title_id]
        return TitlePage(fake_details(hit), similar, None) if hit else None  # type: ignore[arg-type]  # fakes

    def poster(self, title_id: int) -> PosterData | None:
        hit = _find_title(title_id)
        return (
            None
            if hit is None
            else PosterData(hit.title, hit.original_title, hit.year, hit.language, hit.genres)
        )


def _find_title(title_id: int) -> FakeTitle | None:
    return next((hit for hit in FAKE_TITLES if hit.id == title_id), None)


def _error_response(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 503
    if not wants_page(request):
        return Response(status_code=status)
    return render_error_page(
        request, status, headers={"Retry-After": "5"} if status == 503 else None
    )


def build_app(page_data: FakePageData) -> FastAPI:
    app = FastAPI()
    install_pages(app)
    app.dependency_overrides = {
        load_header_account: lambda: None,
        load_homepage: page_data.homepage,
        load_results: page_data.results,
        load_title_page: page_data.title_page,
        load_poster: page_data.poster,
    }
    app.add_exception_handler(HTTPException, _error_response)
    app.add_exception_handler(SearchUnavailable, _error_response)
    return app


@pytest.fixture
def page_data() -> FakePageData:
    return FakePageData()


@pytest.fixture
def base_url(page_data: FakePageData) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(build_app(page_data), log_level="warning", ws="none")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def context(browser: Browser, base_url: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=base_url, viewport={"width": 1280, "height": 800})
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test when it logs an error or asks another host than its own."""
    made = context.new_page()
    errors: list[str] = []

    def check_console(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            errors.append(message.text)

    def check_request(request: PlaywrightRequest) -> None:
        if "127.0.0.1" not in request.url:
            errors.append(request.url)

    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", check_console)
    made.on("request", check_request)
    yield made
    assert errors == []


def result_titles(page: Page) -> list[str]:
    return page.locator("#results .card h3").all_inner_texts()


def test_home_shows_rows_of_titles_with_posters(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=2)).to_have_text([t for _, t in FakePageData.ROWS])
    first = page.locator(".title-row").first
    expect(first.locator(".card")).to_have_count(len(FAKE_TITLES))
    assert first.locator("img").first.evaluate("image => image.decode().then(() => image.width)")


def test_homepage_remembers_the_chosen_region(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Popular in").select_option("Telangana")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**region=IN-TG*")
    page.goto("/")
    expect(page.get_by_label("Popular in")).to_have_value("IN-TG")


def test_typing_shows_results_without_a_reload(page: Page) -> None:
    page.goto("/")
    page.evaluate("window.kept = true")
    page.get_by_role("combobox", name="Search by mood").press_sequentially("nay", delay=10)
    expect(page.locator("#results .card h3")).to_have_text(["Nayakan"])
    expect(page.get_by_role("status")).to_have_text("1 title for “nay”")
    expect(page.locator(".title-row").first).to_be_hidden()
    assert page.url.endswith("/search?q=nay")
    assert page.evaluate("window.kept")


def test_clearing_the_search_box_brings_the_rows_back(page: Page) -> None:
    page.goto("/")
    page.get_by_role("combobox", name="Search by mood").fill("nay")
    expect(page.locator("#results .card")).to_have_count(1)
    page.get_by_role("combobox", name="Search by mood").fill("")
    expect(page.locator(".title-row").first).to_be_visible()
    assert page.url.endswith("/")


def test_a_pause_in_typing_sends_one_request(page: Page, page_data: FakePageData) -> None:
    page.goto("/search")
    page_data.search_forms.clear()
    page.get_by_role("combobox", name="Search by mood").press_sequentially("sholay", delay=20)
    expect(page.locator("#results .card")).to_have_count(1)
    assert [wanted.q for wanted in page_data.search_forms] == ["sholay"]


def test_a_late_response_to_an_older_query_is_dropped(page: Page, page_data: FakePageData) -> None:
    page_data.delays_s = {"maya": 1.0}
    page.goto("/search")
    box = page.get_by_role("combobox", name="Search by mood")
    with page.expect_request(lambda request: "q=maya" in request.url):
        box.fill("maya")
    box.fill("sholay")
    expect(page.locator("#results .card h3")).to_have_text(["Sholay"])
    page.wait_for_timeout(1100)  # the slow one has been answered
    assert result_titles(page) == ["Sholay"]
    assert page.url.endswith("q=sholay")


def test_filters_apply_at_once(page: Page) -> None:
    page.goto("/search")
    page.get_by_label("Telugu").check()
    expect(page.locator("#results .card h3")).to_have_text(
        ["Maya Bazaar", "Baahubali: The Beginning"]
    )
    page.get_by_text("Genres and years").click()
    page.get_by_label("Mythology").check()
    expect(page.locator("#results .card h3")).to_have_text(["Maya Bazaar"])
    assert page.url.endswith("/search?language=te&genre=mythology")


def test_a_failing_live_search_offers_retry(page: Page, page_data: FakePageData) -> None:
    page.goto("/search")
    page_data.is_down = True
    page.get_by_role("combobox", name="Search by mood").fill("sholay")
    retry = page.get_by_role("button", name="Retry")
    expect(retry).to_be_visible()
    page_data.is_down = False
    retry.click()
    expect(page.locator("#results .card h3")).to_have_text(["Sholay"])


def test_an_outage_shows_a_page_with_retry(page: Page, page_data: FakePageData) -> None:
    page_data.is_down = True
    answer = page.goto("/search?q=sholay")
    assert answer is not None
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    page_data.is_down = False
    page.get_by_role("link", name="Retry").click()
    expect(page.locator("#results .card h3")).to_have_text(["Sholay"])


def test_without_javascript_the_form_works(browser: Browser, base_url: str) -> None:
    with browser.new_context(base_url=base_url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("searchbox").fill("a")
        page.get_by_role("button", name="Search").click()
        page.get_by_label("Malayalam").check()
        page.get_by_role("button", name="Search").click()
        assert result_titles(page) == ["Manichitrathazhu", "Drishyam"]
        assert page.get_by_label("Malayalam").is_checked()
        page.get_by_role("link", name="Drishyam").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Drishyam")


def test_a_title_is_found_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search by mood")).to_be_focused()
    page.keyboard.type("d")
    expect(page.get_by_role("status")).to_contain_text("titles for “d”")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    focused = page.locator(":focus")
    expect(focused).to_have_text(result_titles(page)[1])
    expected = focused.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(expected)


def test_arrow_keys_move_along_and_between_rows(page: Page) -> None:
    page.goto("/")
    page.locator(".title-row .card a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".title-row").nth(1).locator(".card a").nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".title-row").nth(1).locator(".card a").last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("combobox", name="Search by mood")).to_be_focused()


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/search?q=a", "/search?genre=drama", "/title/4", "/no"])
def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, base_url: str, path: str) -> None:
    phone = {"width": 360, "height": 740}
    with browser.new_context(base_url=base_url, viewport=phone, has_touch=True) as context:  # type: ignore[arg-type] # a literal TypedDict
        page = context.new_page()
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        small = page.locator("main :is(button, .button, .chip, select):visible")
        heights = small.evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
        assert min(heights, default=44) >= 44


def test_title_page_shows_names_stories_and_people(page: Page) -> None:
    page.goto("/title/1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Bazaar")
    for code, text in NATIVE_TITLES.items():
        expect(page.locator(f".names [lang={code}]").first).to_have_text(text)
    expect(page.locator(".stories [lang=te]")).to_contain_text("ఘటోత్కచుడు")
    expect(page.locator(".crew")).to_contain_text("K. V. Reddy")
    expect(page.locator(".cast li").first).to_contain_text("Lord Krishna")
    expect(page.locator(".reason").first).to_have_text("Because both are mythology")
    expect(page.locator(".facts-line")).to_contain_text("3 h 4 min")
    expect(page.get_by_text("27 March 1957")).to_be_visible()
    assert page.locator("a[href^=javascript]").count() == 0


@pytest.mark.parametrize("language", NATIVE_TITLES)
def test_every_script_has_a_font(page: Page, language: str) -> None:
    page.goto("/title/1")
    # Missing glyphs are all the same box: then two different letters look alike.
    different = page.evaluate(
        """([first, second]) => {
            const drawn = (letter) => {
                const canvas = document.createElement("canvas").getContext("2d");
                canvas.font = `40px ${getComputedStyle(document.body).fontFamily}`;
                canvas.fillText(letter, 10, 60);
                return canvas.getImageData(0, 0, 120, 100).data.join();
            };
            return drawn(first) !== drawn(second);
        }""",
        [NATIVE_TITLES[language][0], NATIVE_TITLES[language][1:].strip()[-2]],
    )
    if not different:
        pytest.skip(f"no font for {language} on this machine")
    heading = page.locator(f".names [lang={language}]").first
    box = heading.bounding_box()
    assert box is not None
    assert box["height"] >= 24


def test_a_poster_that_fails_is_replaced_by_the_generated_one(page: Page) -> None:
    page.goto("/search?q=lost")
    expect(page.locator("#results img")).to_have_attribute("src", "/posters/9.svg")
    expect(page.locator("#results h3")).to_have_text("Lost <b>Reel</b> & Co")


def test_posters_do_not_shift_the_page(page: Page) -> None:
    page.goto("/")
    page.evaluate(
        """() => new PerformanceObserver((list) => {
            window.shifted = list.getEntries().reduce((sum, entry) => sum + entry.value, 0);
        }).observe({ type: "layout-shift", buffered: true })"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifted ?? 0") < 0.02


def test_a_page_is_small(page: Page) -> None:
    sizes: list[int] = []

    def received(response: PlaywrightResponse) -> None:
        if "/posters/" not in response.url:
            sizes.append(len(response.body()))

    page.on("response", received)
    page.goto("/search?q=a")
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < 60_000


def test_generated_posters_are_cached_and_revalidated(base_url: str) -> None:
    first = httpx.get(f"{base_url}/posters/9.svg")
    assert first.headers["content-type"].startswith("image/svg+xml")
    assert "Lost &lt;b&gt;Reel" in first.text
    again = httpx.get(f"{base_url}/posters/9.svg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "max-age=604800" in again.headers["cache-control"]


@pytest.mark.parametrize("path", ["/title/99", "/title/x", f"/title/{10**30}", "/posters/99.svg"])
def test_unknown_addresses_show_the_not_found_page(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 404
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    expect(page.get_by_role("heading", level=1)).to_have_text("This reel is missing")


def test_invalid_parameters_are_ignored(base_url: str, page_data: FakePageData) -> None:
    asked = "/search?year_from=abc&year_to=99999999999999999999&kind=opera&language=&offset=-3"
    assert httpx.get(base_url + asked).status_code == 200
    assert page_data.search_forms == [SearchForm()]
