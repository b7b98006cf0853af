"""What is logged of those who come in: that they did, and nothing of what they carry."""

import json
import logging
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from structlog.testing import capture_logs

from api.app import create_app
from api.auth import login_cookies
from config.resources import Resources
from db.engine import connect
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app

EMAIL, PASSWORD, WRONG_PASSWORD = "asha.rao@example.com", "mango lassi nine", "another lassi nine"
CLIENT_LOGGERS = ("httpx", "httpcore", "asyncio")  # of the test's own client


@pytest.fixture
def unreachable_database() -> Engine:
    """A database that does not answer, by an address with a password in it."""
    return connect("postgresql+psycopg://me:hunter22@127.0.0.1:1/films", connect_timeout_s=1)


def test_no_log_holds_what_somebody_carries(
    app: FastAPI,
    client: httpx.Client,
    seeded_resources: Resources,
    catalogue_view: CatalogueView,
    unreachable_database: Engine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG), capture_logs() as lines:
        secrets = [EMAIL, PASSWORD, WRONG_PASSWORD, "hunter22", *use_accounts(client)]
        with running_app(
            create_app(replace(seeded_resources, engine=unreachable_database), catalogue_view)
        ) as broken:
            use_accounts(broken)
    ours = [
        each.getMessage() for each in caplog.records if not each.name.startswith(CLIENT_LOGGERS)
    ]
    assert any(line["event"] == "dependency_failed" for line in lines)
    logged = json.dumps([lines, ours], default=str)
    assert [each for each in secrets if each in logged] == []


def use_accounts(client: httpx.Client) -> list[str]:
    """Do all that one does with an account, well and badly; return the tokens that came of it."""
    known = {"email": EMAIL, "password": PASSWORD, "name": "Asha"}
    carried: list[str] = []
    for path, sent in (
        *(("register", known), ("register", known), ("login", known)),
        *(("login", {**known, "password": WRONG_PASSWORD}), ("login", {"email": EMAIL})),
        *(("register", {**known, "password": "short"}), ("login", [EMAIL, PASSWORD])),
    ):
        response = client.post(f"/api/auth/{path}", json=sent)
        if response.status_code < 300:
            carried += [response.json()["access_token"], response.json()["refresh_token"]]
    access, refresh = carried[-2:] or ("eyJ0eXAi.eyJzdWIi.x", "eyJ0eXAi.eyJzdWIi.y")
    bearer = {"authorization": f"Bearer {access}"}
    client.get("/api/auth/me", headers=bearer)
    client.post("/api/auth/refresh", json={"refresh_token": refresh})
    client.post("/api/auth/refresh", json={"refresh_token": refresh})
    client.get("/api/auth/me", headers=bearer)
    client.get(
        "/",
        headers={
            "cookie": f"{login_cookies.ACCESS_COOKIE}={access}; "
            f"{login_cookies.REFRESH_COOKIE}={refresh}"
        },
    )
    client.post("/signin", data={"email": EMAIL, "password": WRONG_PASSWORD})
    client.post("/signup", data={"email": EMAIL, "password": PASSWORD})
    return carried
