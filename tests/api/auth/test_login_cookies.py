"""Browsers that are signed in: renewed on the way, and obeyed from our own pages alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from api.app import create_app
from api.auth import login_cookies, visitor_cookie
from api.state import app_state
from config.resources import Resources
from config.settings import Settings
from db.engine import open_session
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from tests.viewer_clients import ViewerClient, ViewerFactory, viewer_factory
from viewers import login_sessions
from viewers.login_sessions import REUSE_GRACE_PERIOD, TokenPair

ME = "/api/auth/me"
INTERACTIONS = "/api/user/interactions"


@pytest.fixture
def viewers(app: FastAPI, client: httpx.Client) -> Iterator[ViewerFactory]:
    with viewer_factory(app, client.base_url) as found:
        yield found


@dataclass(frozen=True)
class LoggedInBrowser:
    """Somebody's browser, and what it was given when he signed in."""

    person: ViewerClient
    client: httpx.Client
    tokens: TokenPair


@pytest.fixture
def browser(viewers: ViewerFactory) -> LoggedInBrowser:
    person = viewers.with_account()
    with open_session(viewers.engine) as writing:
        pair = login_sessions.start(writing, person.id, tokens=app_state(viewers.app).tokens)
        writing.commit()
    tab = viewers.anonymous_client()
    set_browser_cookies(tab, access=pair.access, refresh=pair.refresh)
    return LoggedInBrowser(person, tab, pair)


def set_browser_cookies(client: httpx.Client, *, access: str = "", refresh: str = "") -> None:
    client.cookies.clear()
    for name, value in (
        (login_cookies.ACCESS_COOKIE, access),
        (login_cookies.REFRESH_COOKIE, refresh),
    ):
        if value:
            client.cookies.set(name, value, domain="127.0.0.1")


def is_logged_in(client: httpx.Client) -> bool:
    return client.get(ME).status_code == 200


def set_cookie_headers(response: httpx.Response) -> dict[str, str]:
    """Return the cookies that an answer gives, whole, by name."""
    every = response.headers.get_list("set-cookie")
    return {each.partition("=")[0]: each for each in every}


def test_a_browser_that_has_an_access_cookie_is_signed_in(browser: LoggedInBrowser) -> None:
    response = browser.client.get(ME)
    assert UUID(response.json()["id"]) == browser.person.id
    assert set_cookie_headers(response) == {}


@pytest.mark.parametrize("access", ["", "x.y.z"])
def test_an_access_cookie_that_is_gone_is_renewed_on_the_way(
    browser: LoggedInBrowser, access: str
) -> None:
    set_browser_cookies(browser.client, access=access, refresh=browser.tokens.refresh)
    response = browser.client.get(ME)
    assert response.status_code == 200
    assert set(set_cookie_headers(response)) == {
        login_cookies.ACCESS_COOKIE,
        login_cookies.REFRESH_COOKIE,
    }
    for cookie in set_cookie_headers(response).values():
        kept = {part.strip() for part in cookie.split(";")}
        assert kept >= {"HttpOnly", "Path=/", "SameSite=lax"}
        assert "Secure" not in kept
    renewed = browser.client.cookies[login_cookies.ACCESS_COOKIE]
    set_browser_cookies(browser.client, access=renewed)
    assert is_logged_in(browser.client)


def test_two_tabs_that_are_renewed_at_once_both_stay_signed_in(
    browser: LoggedInBrowser, viewers: ViewerFactory
) -> None:
    tabs = [viewers.anonymous_client() for _ in range(4)]
    for tab in tabs:
        set_browser_cookies(tab, refresh=browser.tokens.refresh)
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(is_logged_in, tabs))
    for tab in tabs:
        set_browser_cookies(tab, refresh=tab.cookies[login_cookies.REFRESH_COOKIE])
        assert is_logged_in(tab)


def test_a_cookie_that_was_used_a_while_ago_ends_the_sign_in(
    browser: LoggedInBrowser, viewers: ViewerFactory
) -> None:
    thief = viewers.anonymous_client()
    set_browser_cookies(thief, refresh=browser.tokens.refresh)
    assert is_logged_in(thief)
    with viewers.engine.begin() as connection:
        late = {"grace": REUSE_GRACE_PERIOD}
        connection.execute(text("UPDATE refresh_token SET used_at = used_at - :grace"), late)
    set_browser_cookies(browser.client, refresh=browser.tokens.refresh)
    response = browser.client.get("/")
    assert response.status_code == 200
    assert 'rasika_refresh=""; ' in set_cookie_headers(response)[login_cookies.REFRESH_COOKIE]
    assert "Max-Age=0" in set_cookie_headers(response)[login_cookies.REFRESH_COOKIE]
    assert not is_logged_in(thief)


def test_signing_out_takes_the_cookies_away(browser: LoggedInBrowser) -> None:
    response = browser.client.post("/api/auth/logout")
    assert set(set_cookie_headers(response)) == {
        login_cookies.ACCESS_COOKIE,
        login_cookies.REFRESH_COOKIE,
    }
    assert dict(browser.client.cookies) == {}
    set_browser_cookies(
        browser.client, access=browser.tokens.access, refresh=browser.tokens.refresh
    )
    assert not is_logged_in(browser.client)


CROSS_ORIGIN_HEADERS = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)


@pytest.mark.parametrize("headers", CROSS_ORIGIN_HEADERS)
def test_pages_of_others_do_nothing_in_somebodys_name(
    browser: LoggedInBrowser, viewers: ViewerFactory, headers: dict[str, str]
) -> None:
    visitor = viewers.visitor().http
    told = {"content_id": 7, "event": "like"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    for response in (
        browser.client.post("/api/auth/logout", headers=headers),
        browser.client.delete("/api/user/profile", headers=headers),
        browser.client.post(INTERACTIONS, json=told, headers=headers),
        visitor.post(INTERACTIONS, json=told, headers=headers),
        viewers.anonymous_client().post(
            "/api/auth/login", content="x=y", headers={**headers, **form}
        ),
    ):
        assert response.status_code == 403, response.url
        assert response.json()["type"] == "urn:rasika:problem:cross-origin"
    assert is_logged_in(browser.client)


def test_our_own_pages_and_programs_do(browser: LoggedInBrowser, viewers: ViewerFactory) -> None:
    told = {"content_id": 7, "event": "like"}
    here = str(browser.client.base_url).rstrip("/")
    for headers in (
        {"origin": here},
        {"sec-fetch-site": "same-origin"},
        {"origin": here, "sec-fetch-site": "same-origin"},
        {},
    ):
        assert browser.client.post(INTERACTIONS, json=told, headers=headers).status_code < 300
    program = browser.person.http
    foreign = {"origin": "https://elsewhere.example"}
    assert program.post(INTERACTIONS, json=told, headers=foreign).status_code < 300
    assert browser.client.get(ME, headers=CROSS_ORIGIN_HEADERS[0]).status_code == 200


@pytest.fixture
def production_viewers(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[ViewerFactory]:
    """Those who come to a service in production, that other origins may call."""
    settings = seeded_resources.settings.model_copy(
        update={
            "environment": "production",
            "secret_key": SecretStr("a secret key of the tests"),
            "cors_origins": ("https://app.example",),
        }
    )
    app = create_app(replace(seeded_resources, settings=settings), catalogue_view)
    with running_app(app) as client, viewer_factory(app, client.base_url) as found:
        yield found


def test_an_origin_that_is_named_may_and_may_read_the_answer(
    production_viewers: ViewerFactory,
) -> None:
    named = {"origin": "https://app.example", "sec-fetch-site": "cross-site"}
    response = production_viewers.visitor().http.post("/api/auth/logout", headers=named)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert response.headers["access-control-allow-credentials"] == "true"
    other = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    refused = production_viewers.visitor().http.post("/api/auth/logout", headers=other)
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


def test_in_production_cookies_go_over_https_alone(production_viewers: ViewerFactory) -> None:
    person = production_viewers.with_account()
    with open_session(production_viewers.engine) as writing:
        pair = login_sessions.start(
            writing, person.id, tokens=app_state(production_viewers.app).tokens
        )
        writing.commit()
    header = {"cookie": f"{login_cookies.REFRESH_COOKIE}={pair.refresh}"}
    renewed = set_cookie_headers(production_viewers.anonymous_client().get(ME, headers=header))
    visiting = set_cookie_headers(production_viewers.anonymous_client().get("/"))
    every = {**renewed, **visiting}
    assert set(every) == {
        login_cookies.ACCESS_COOKIE,
        login_cookies.REFRESH_COOKIE,
        visitor_cookie.VISITOR_COOKIE,
    }
    assert all("Secure" in cookie for cookie in every.values())


def test_what_a_visitor_did_is_his_accounts_once_he_has_one(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor()
    told = {"content_id": 7, "event": "favorite", "client_id": str(uuid4())}
    assert visitor.http.post(INTERACTIONS, json=told).status_code < 300
    account = {"email": "asha@example.com", "password": "mango lassi 9"}
    response = visitor.http.post("/api/auth/register", json=account)
    assert response.status_code == 201
    assert "Max-Age=0" in set_cookie_headers(response)[visitor_cookie.VISITOR_COOKIE]
    bearer = {"authorization": f"Bearer {response.json()['access_token']}"}
    assert visitor_cookie.VISITOR_COOKIE not in visitor.http.cookies
    listed = visitor.http.get("/api/user/favorites", headers=bearer).json()["items"]
    assert [each["id"] for each in listed] == [7]
    with viewers.engine.connect() as connection:
        owners = connection.execute(text("SELECT DISTINCT viewer_id FROM interaction")).scalars()
        assert visitor.id not in set(owners)


def test_a_visitor_is_known_after_a_change_of_keys() -> None:
    before, between, after = (
        visitor_cookie.VisitorCookies(Settings(secret_key=SecretStr(keys)))
        for keys in (
            "the key of last year",
            "the key of this year,the key of last year",
            "another" * 3,
        )
    )
    cookie = before.sign(visitor_cookie.Visitor(uuid4()))
    known = between.read(cookie)
    assert known is not None
    assert after.read(cookie) is None
    assert before.read(between.sign(known)) is None
