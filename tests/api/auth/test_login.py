"""Accounts over HTTP: made, signed in to, kept up, left; and what they tell nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
import redis
from fastapi import FastAPI
from pwdlib import PasswordHash
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text

from api.app import create_app
from api.auth.rate_limits import LOGINS_PER_ADDRESS_AND_EMAIL, LOGINS_PER_EMAIL
from api.state import app_state
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from viewers import passwords

PASSWORD = "mango lassi 9"

TokenJson = dict[str, str]


@pytest.fixture
def register_account(client: httpx.Client) -> Callable[[], tuple[str, TokenJson]]:
    """Make an account; return its e-mail and what its owner carries."""

    def register() -> tuple[str, TokenJson]:
        email = f"{uuid4().hex[:12]}@example.com"
        response = client.post("/api/auth/register", json={"email": email, "password": PASSWORD})
        assert response.status_code == 201, response.text
        return email, response.json()

    return register


def login(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/api/auth/login", json={"email": email, "password": password})


def refresh(client: httpx.Client, tokens: TokenJson) -> httpx.Response:
    return client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})


def bearer(tokens: TokenJson) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


def me(client: httpx.Client, tokens: TokenJson) -> httpx.Response:
    return client.get("/api/auth/me", headers=bearer(tokens))


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].rpartition(":")[2]


def test_whoever_registers_is_signed_in(client: httpx.Client) -> None:
    response = client.post(
        "/api/auth/register",
        json={"email": " Asha@Example.COM ", "password": PASSWORD, "name": "  Asha\n R. "},
    )
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers
    tokens = response.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    account = me(client, tokens).json()
    assert (account["email"], account["name"], account["role"]) == (
        "asha@example.com",
        "Asha R.",
        "user",
    )


def test_an_email_has_one_account_however_it_is_written(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    email, _ = register_account()
    again = client.post(
        "/api/auth/register", json={"email": email.upper(), "password": "quite another 1"}
    )
    assert problem(again) == (409, "email-taken")
    assert login(client, email.upper()).status_code == 200


def test_who_asks_for_many_taken_emails_is_told_no_more(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    email, _ = register_account()
    taken = {"email": email, "password": PASSWORD}
    told = [problem(client.post("/api/auth/register", json=taken))[1] for _ in range(11)]
    assert told == ["email-taken"] * 10 + ["too-many-attempts"]
    free = {"email": "free@example.com", "password": PASSWORD}
    assert problem(client.post("/api/auth/register", json=free)) == (429, "too-many-attempts")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a@b@example.com"),
        ("email", "a@\ud800.com"),
        ("email", "a\0@example.com"),
        ("password", "short"),
        ("password", "password123"),
        ("password", "PASSWORD123"),
        ("password", "aaaaaaaaaaaa"),
        ("password", "somebody@example.com"),
        ("password", "x" * 400),
    ],
)
def test_what_cannot_be_is_told_by_name_and_not_said_back(
    client: httpx.Client, field: str, value: str
) -> None:
    asked = {"email": "somebody@example.com", "password": PASSWORD, field: value}
    response = client.post(
        "/api/auth/register",
        content=str(httpx.Request("POST", "http://x", json=asked).content, "utf-8", "replace")
        if "\ud800" not in value
        else '{"email": "a@\\ud800.com", "password": "mango lassi 9"}',
        headers={"content-type": "application/json"},
    )
    assert problem(response) == (422, "invalid-parameters")
    assert [each["field"] for each in response.json()["errors"]] == [field]
    assert {each["got"] for each in response.json()["errors"]} == {""}
    assert PASSWORD not in response.text


def test_an_unknown_email_and_a_wrong_password_are_answered_alike(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    email, _ = register_account()
    wrong = login(client, email, "something else 1")
    for unknown in ("nobody@example.com", "no e-mail at all", ""):
        answer = login(client, unknown)
        assert problem(answer) == problem(wrong) == (401, "not-recognised")
        assert answer.json() == wrong.json()


class CountingHash(PasswordHash):
    """Counts the passwords that it works on."""

    verifications = 0

    def verify_and_update(
        self,
        password: str | bytes,
        hash: str | bytes,  # noqa: A002  # the library's name
    ) -> tuple[bool, str | None]:
        self.verifications += 1
        return super().verify_and_update(password, hash)


def test_an_unknown_email_takes_the_work_that_a_wrong_password_takes(
    client: httpx.Client,
    register_account: Callable[[], tuple[str, TokenJson]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    email, _ = register_account()
    counting = CountingHash(passwords.HASHER.hashers)
    monkeypatch.setattr(passwords, "HASHER", counting)
    for number, each in enumerate((email, "nobody@example.com", "no e-mail at all"), start=1):
        login(client, each, "something else 1")
        assert counting.verifications == number


def test_halves_of_characters_are_no_password_and_no_error(client: httpx.Client) -> None:
    response = client.post(
        "/api/auth/login",
        content=b'{"email": "a@example.com", "password": "\\ud800\\ud800 mango"}',
        headers={"content-type": "application/json"},
    )
    assert problem(response) == (401, "not-recognised")


def test_who_guesses_passwords_waits_and_who_knows_them_does_not(
    client: httpx.Client,
    register_account: Callable[[], tuple[str, TokenJson]],
    valkey: "redis.Redis",
) -> None:
    email, _ = register_account()
    assert {login(client, email).status_code for _ in range(12)} == {200}
    told = [problem(login(client, email, f"guess {number} of many")) for number in range(11)]
    assert told == [(401, "not-recognised")] * 10 + [(429, "too-many-attempts")]
    refused = login(client, email)
    assert problem(refused) == (429, "too-many-attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert login(client, "another@example.com").status_code == 401
    keys = str(valkey.keys("*"))
    assert "rasika:throttle" in keys
    assert email not in keys
    assert "127.0.0.1" not in keys


def test_nobody_locks_another_out_from_one_address() -> None:
    tries = (
        LOGINS_PER_ADDRESS_AND_EMAIL.amount
        * LOGINS_PER_EMAIL.get_expiry()
        / LOGINS_PER_ADDRESS_AND_EMAIL.get_expiry()
    )
    assert tries < LOGINS_PER_EMAIL.amount


def test_without_redis_attempts_are_counted_all_the_same(
    seeded_resources: Resources,
    catalogue_view: CatalogueView,
    register_account: Callable[[], tuple[str, TokenJson]],
) -> None:
    email, _ = register_account()
    away = redis.Redis(unix_socket_path="/nowhere/valkey.sock", retry=Retry(NoBackoff(), 0))
    with running_app(create_app(replace(seeded_resources, redis=away), catalogue_view)) as client:
        told = {problem(login(client, email, "a wrong one 1"))[0] for _ in range(12)}
        assert told == {401, 429}
        assert 'rasika_degraded_total{without="throttle"}' in client.get("/metrics").text


def test_a_refresh_token_is_good_once(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    _, first = register_account()
    second = refresh(client, first).json()
    third = refresh(client, second).json()
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert me(client, third).status_code == 200


def test_a_refresh_token_used_again_ends_the_sign_in_of_both_who_have_it(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    email, stolen = register_account()
    elsewhere = login(client, email).json()
    thief = refresh(client, stolen).json()
    assert problem(refresh(client, stolen)) == (401, "not-signed-in")
    assert problem(refresh(client, thief)) == (401, "not-signed-in")
    assert problem(me(client, thief)) == (401, "not-signed-in")
    assert problem(me(client, stolen)) == (401, "not-signed-in")
    assert me(client, elsewhere).status_code == 200


@pytest.mark.parametrize("path", ["/api/auth/logout", "/api/auth/logout-everywhere"])
def test_logging_out_is_at_once(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]], path: str
) -> None:
    email, tokens = register_account()
    elsewhere = login(client, email).json()
    assert client.post(path, headers=bearer(tokens)).status_code == 204
    assert problem(me(client, tokens)) == (401, "not-signed-in")
    assert problem(refresh(client, tokens)) == (401, "not-signed-in")
    assert me(client, elsewhere).status_code == (200 if path.endswith("logout") else 401)


def test_who_has_nothing_but_a_refresh_token_can_log_out(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    _, tokens = register_account()
    handed = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/api/auth/logout", json=handed).status_code == 204
    assert me(client, tokens).status_code == 401
    assert client.post("/api/auth/logout").status_code == 204


def test_who_comes_back_with_an_expired_access_token_can_log_out(
    client: httpx.Client,
    register_account: Callable[[], tuple[str, TokenJson]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("viewers.login_sessions.ACCESS_TOKEN_LIFETIME", timedelta(seconds=-1))
    _, tokens = register_account()
    alone = client.post("/api/auth/logout", headers=bearer(tokens))
    assert problem(alone) == (401, "not-signed-in")
    handed = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/api/auth/logout", json=handed, headers=bearer(tokens)).status_code == 204
    assert problem(refresh(client, tokens)) == (401, "not-signed-in")


@pytest.mark.parametrize(
    "given", ["x.y.z", "..", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "a.b.ключ"]
)
def test_a_token_that_is_not_ours_opens_nothing(client: httpx.Client, given: str) -> None:
    for path in ("/api/auth/me", "/api/user/profile"):
        response = client.get(path, headers={b"authorization": f"Bearer {given}".encode()})
        assert problem(response) == (401, "not-signed-in")
        assert response.headers["www-authenticate"] == "Bearer"


def test_a_token_is_good_for_its_own_use_only(
    client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    _, tokens = register_account()
    swapped = {
        "access_token": tokens["refresh_token"],
        "refresh_token": tokens["access_token"],
    }
    assert me(client, swapped).status_code == 401
    assert refresh(client, swapped).status_code == 401
    assert me(client, tokens).status_code == 200


def test_the_account_is_asked_for_at_each_request(
    app: FastAPI, client: httpx.Client, register_account: Callable[[], tuple[str, TokenJson]]
) -> None:
    email, tokens = register_account()
    with app_state(app).resources.engine.begin() as connection:
        asked = {"email": email}
        connection.execute(text("UPDATE account SET role = 'curator' WHERE email = :email"), asked)
        assert me(client, tokens).json()["role"] == "user"
    assert me(client, tokens).json()["role"] == "curator"
    with app_state(app).resources.engine.begin() as connection:
        connection.execute(text("DELETE FROM account WHERE email = :email"), asked)
    assert problem(me(client, tokens)) == (401, "not-signed-in")
