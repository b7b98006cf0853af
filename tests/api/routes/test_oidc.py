"""Signing in by way of a provider: who is let in, and as whom."""

import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import redis
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from api.app import create_app
from api.auth import login_cookies
from config.resources import Resources
from config.settings import OidcProviderSettings
from db import accounts as rows
from db.engine import open_session
from runtime.catalogue_view import CatalogueView
from tests.api.routes.oidc_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    FakeOidcProvider,
    running_provider,
    signing_key,
)
from tests.running_app import running_app
from tests.viewer_clients import ViewerFactory, viewer_factory

START = "/api/auth/oidc/home/start"
CALLBACK = "/api/auth/oidc/home/callback"
HTML_HEADERS = {"accept": "text/html"}


@pytest.fixture
def provider() -> Iterator[FakeOidcProvider]:
    with running_provider() as provider:
        provider.user_claims = {
            "sub": "42",
            "email": "Asha@Example.com",
            "email_verified": True,
            "name": "Asha",
        }
        yield provider


@pytest.fixture
def app(
    seeded_resources: Resources,
    catalogue_view: CatalogueView,
    valkey: "redis.Redis",
    provider: FakeOidcProvider,
) -> FastAPI:
    known = OidcProviderSettings(
        name="home",
        issuer=provider.issuer,
        client_id=CLIENT_ID,
        client_secret=SecretStr(CLIENT_SECRET),
    )
    settings = seeded_resources.settings.model_copy(update={"oidc_providers": (known,)})
    return create_app(replace(seeded_resources, redis=valkey, settings=settings), catalogue_view)


@pytest.fixture
def viewers(app: FastAPI) -> Iterator[ViewerFactory]:
    with running_app(app) as client, viewer_factory(app, client.base_url) as found:
        yield found


def log_in_with_provider(browser: httpx.Client, path: str = START, **params: str) -> httpx.Response:
    """Go to the provider, and return what the service says of who comes back."""
    sent = browser.get(path, params=params)
    assert sent.status_code == 302, sent.text
    returned = httpx.get(sent.headers["location"])
    return browser.get(returned.headers["location"])


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].rpartition(":")[2]


def me(browser: httpx.Client) -> dict[str, str]:
    response = browser.get("/api/auth/me")
    return response.json() if response.status_code == 200 else {}


def count_accounts(guests: ViewerFactory) -> int:
    with guests.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM account")).scalar_one())


def test_whoever_comes_back_is_signed_in_as_the_same_person_each_time(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    first, second = viewers.anonymous_client(), viewers.anonymous_client()
    back = log_in_with_provider(first, next="/title/7?from=feed")
    assert (back.status_code, back.headers["location"]) == (303, "/title/7?from=feed")
    assert (me(first)["email"], me(first)["name"]) == ("asha@example.com", "Asha")
    provider.user_claims["email"] = "moved@example.com"
    log_in_with_provider(second)
    assert me(first) == me(second)
    assert provider.discovery_count == 1
    asked = provider.authorization_requests[0]
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"].split() == ["openid", "email", "profile"]


@pytest.mark.parametrize(
    "address",
    [
        *("https://evil.example", "//evil.example", "///evil.example", "/\\evil.example"),
        *("/\t/evil.example", "javascript:alert(1)", "evil", "//[", "\\\\evil.example"),
    ],
)
def test_nobody_is_led_elsewhere_afterwards(viewers: ViewerFactory, address: str) -> None:
    assert (
        log_in_with_provider(viewers.anonymous_client(), next=address).headers["location"]
        == "/feed"
    )


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"aud": [CLIENT_ID, "somebody else"]},
        {"aud": [CLIENT_ID, "somebody else"], "azp": "somebody else"},
        {"azp": "somebody else"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"nbf": int(time.time()) + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 42},
        {"sub": ["42"]},
        {"sub": "4\0002"},
        {"sub": "4" * 256},
    ],
    ids=" ".join,  # what is lied about; the same in every run
)
def test_an_answer_that_is_for_another_is_not_believed(
    viewers: ViewerFactory, provider: FakeOidcProvider, lie: dict[str, object]
) -> None:
    provider.claim_overrides = lie
    browser = viewers.anonymous_client()
    assert problem(log_in_with_provider(browser)) == (401, "provider-refused")
    assert (me(browser), count_accounts(viewers)) == ({}, 0)


def test_an_answer_that_the_provider_did_not_sign_is_not_believed(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    provider.key = signing_key("one", "forged")
    assert problem(log_in_with_provider(viewers.anonymous_client())) == (401, "provider-refused")


def test_an_answer_signed_with_our_own_secret_is_not_believed(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    provider.algorithm = "HS256"
    assert problem(log_in_with_provider(viewers.anonymous_client())) == (401, "provider-refused")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
def test_an_answer_without_a_signature_is_not_believed(
    viewers: ViewerFactory, provider: FakeOidcProvider, algorithm: str
) -> None:
    provider.algorithm = algorithm
    browser = viewers.anonymous_client()
    assert problem(log_in_with_provider(browser)) == (401, "provider-refused")
    assert (me(browser), count_accounts(viewers)) == ({}, 0)


@pytest.mark.parametrize(
    "odd",
    [
        {"email": ["asha@example.com"]},
        {"email": "asha@example.com\0"},
        {"email": "asha@localhost"},
        {"email": {}},
        {"email_verified": 1},
        {"email_verified": "false"},
    ],
    ids=str,
)
def test_an_email_that_is_none_makes_no_account(
    viewers: ViewerFactory, provider: FakeOidcProvider, odd: dict[str, object]
) -> None:
    provider.claim_overrides = odd
    assert problem(log_in_with_provider(viewers.anonymous_client())) == (403, "email-unproven")
    assert count_accounts(viewers) == 0


@pytest.mark.parametrize("name", ["As\0ha", "a" * 5000, ["Asha"], 7, "", "\u202e"])
def test_an_odd_name_is_made_plain_or_left_out(
    viewers: ViewerFactory, provider: FakeOidcProvider, name: object
) -> None:
    provider.claim_overrides = {"name": name}
    browser = viewers.anonymous_client()
    assert log_in_with_provider(browser).status_code == 303
    shown = me(browser)["name"]
    assert shown is None or (shown.isprintable() and 0 < len(shown) <= 100)


def test_new_keys_of_a_provider_are_read(
    viewers: ViewerFactory, provider: FakeOidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in_with_provider(viewers.anonymous_client())
    monkeypatch.setattr("viewers.oidc.MIN_KEY_REFRESH_INTERVAL_S", 0.0)
    provider.rotate_keys()
    assert log_in_with_provider(viewers.anonymous_client()).status_code == 303


@pytest.mark.parametrize("state", ["", "another", "ключ"])
def test_an_answer_to_a_question_of_another_browser_is_refused(
    viewers: ViewerFactory, state: str
) -> None:
    browser = viewers.anonymous_client()
    browser.get(START)
    wrong = browser.get(CALLBACK, params={"code": "a code", "state": state})
    assert problem(wrong) == (401, "provider-refused")
    assert "rasika_openid" not in browser.cookies


def test_an_answer_to_no_question_is_refused(viewers: ViewerFactory) -> None:
    back = viewers.anonymous_client().get(CALLBACK, params={"code": "a code", "state": "x"})
    assert problem(back) == (401, "provider-refused")


def test_who_is_not_let_in_there_is_led_back_to_the_page(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    provider.denies_access = True
    browser = viewers.anonymous_client(**HTML_HEADERS)
    back = log_in_with_provider(browser)
    assert (back.status_code, back.headers["location"]) == (303, "/signin?problem=provider-refused")
    assert me(browser) == {}


def test_a_provider_that_is_down_is_told_and_asked_again_later(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    provider.is_down = True
    assert problem(viewers.anonymous_client().get(START)) == (503, "provider-unavailable")
    provider.is_down = False
    browser = viewers.anonymous_client()
    sent = browser.get(START).headers["location"]
    provider.is_down = True
    back = browser.get(httpx.get(sent).headers["location"])
    assert problem(back) == (503, "provider-unavailable")


def test_a_provider_that_nobody_set_is_not_there(viewers: ViewerFactory) -> None:
    for path in (START, CALLBACK, "/api/auth/oidc/home/link"):
        other = path.replace("home", "elsewhere")
        person = viewers.with_account()
        response = person.http.get(other, headers={"sec-fetch-site": "same-origin"})
        assert problem(response) == (404, "provider-unknown")


@pytest.mark.parametrize(
    "told", [{"email_verified": False}, {"email_verified": None}, {"email": None}]
)
def test_an_email_that_nobody_vouches_for_makes_no_account(
    viewers: ViewerFactory, provider: FakeOidcProvider, told: dict[str, object]
) -> None:
    provider.claim_overrides = told
    assert problem(log_in_with_provider(viewers.anonymous_client())) == (403, "email-unproven")
    assert count_accounts(viewers) == 0


def test_an_account_with_a_password_is_not_taken_over_by_its_email(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    person = viewers.with_account()
    with open_session(viewers.engine) as writing:
        rows.set_password(writing, person.id, "a hash")
        writing.commit()
    provider.user_claims["email"] = person.email
    browser = viewers.anonymous_client()
    assert problem(log_in_with_provider(browser)) == (409, "email-taken")
    assert me(browser) == {}


def test_an_account_without_one_is_the_same_persons(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    person = viewers.with_account()
    provider.user_claims["email"] = person.email
    browser = viewers.anonymous_client()
    log_in_with_provider(browser)
    assert me(browser)["id"] == str(person.id)


def test_its_owner_connects_it_once_he_is_signed_in(
    viewers: ViewerFactory, provider: FakeOidcProvider
) -> None:
    person = viewers.with_account()
    ours = {"sec-fetch-site": "same-origin"}
    sent = person.http.get("/api/auth/oidc/home/link", headers=ours)
    back = person.http.get(httpx.get(sent.headers["location"]).headers["location"])
    assert back.status_code == 303
    browser = viewers.anonymous_client()
    log_in_with_provider(browser)
    assert me(browser)["id"] == str(person.id)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_no_page_of_another_origin_connects_anybody(viewers: ViewerFactory, site: str) -> None:
    headers = {"sec-fetch-site": site} if site else {}
    response = viewers.with_account().http.get("/api/auth/oidc/home/link", headers=headers)
    assert problem(response) == (403, "cross-origin")


def test_an_identity_of_another_account_is_not_connected(viewers: ViewerFactory) -> None:
    log_in_with_provider(viewers.anonymous_client())
    person = viewers.with_account()
    ours = {"sec-fetch-site": "same-origin"}
    sent = person.http.get("/api/auth/oidc/home/link", headers=ours)
    back = person.http.get(httpx.get(sent.headers["location"]).headers["location"])
    assert problem(back) == (409, "identity-taken")


def test_what_is_connected_is_who_asked_for_it(viewers: ViewerFactory) -> None:
    person, other = viewers.with_account(), viewers.with_account()
    ours = {"sec-fetch-site": "same-origin"}
    sent = person.http.get("/api/auth/oidc/home/link", headers=ours)
    other.http.cookies = person.http.cookies
    back = other.http.get(httpx.get(sent.headers["location"]).headers["location"])
    assert problem(back) == (401, "not-signed-in")


def test_where_cookies_go_over_https_the_provider_answers_there(viewers: ViewerFactory) -> None:
    sent = viewers.anonymous_client().get(START, headers={"x-forwarded-proto": "https"})
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["redirect_uri"][0].startswith("https://127.0.0.1:")
    assert "Secure" in sent.headers["set-cookie"]
    assert "HttpOnly" in sent.headers["set-cookie"]
    assert login_cookies.ACCESS_COOKIE not in sent.headers["set-cookie"]
