"""Access to administrators' routes, and the progress of a rebuild."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.rasika_process import PROJECT_FOLDER
from tests.running_app import running_app

KEY = "correct horse battery staple"


@pytest.fixture
def client_with_secret_key(
    seeded_resources: Resources, catalogue_view: CatalogueView
) -> Iterator[httpx.Client]:
    """The service with a secret key."""
    settings = seeded_resources.settings.model_copy(
        update={"secret_key": SecretStr(KEY), "local_admin": False}
    )
    with running_app(
        create_app(replace(seeded_resources, settings=settings), catalogue_view)
    ) as client:
        yield client


def get_unknown_job(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.get("/api/admin/jobs/none", headers=headers)


def test_requests_from_this_machine_are_administrators_with_local_admin(
    client: httpx.Client,
) -> None:
    assert get_unknown_job(client).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://rebound.example", "host": "rebound.example"},
        {"host": "rebound.example:8000"},
        {"host": "203.0.113.5"},
        {"x-forwarded-for": "127.0.0.1"},
    ],
)
def test_requests_from_elsewhere_are_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    for response in (
        client.post("/api/admin/reindex", headers=headers),
        client.get("/api/admin/jobs/none", headers=headers),
    ):
        assert response.status_code == 403
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["type"] == "urn:rasika:problem:not-administrator"
        assert "RASIKA_SECRET_KEY" in response.json()["detail"]


def test_own_pages_are_administrators_with_local_admin(client: httpx.Client) -> None:
    own = str(client.base_url).rstrip("/")
    assert get_unknown_job(client, origin=own).status_code == 404


@pytest.mark.parametrize(
    "authorization",
    ["", KEY, f"Bearer {KEY}!", f"bearer  {KEY}", "Bearer", "Bearer ключ", "Basic x"],
)
def test_other_credentials_than_the_secret_key_are_refused(
    client_with_secret_key: httpx.Client, authorization: str
) -> None:
    response = client_with_secret_key.get(
        "/api/admin/jobs/none", headers={b"authorization": authorization.encode()}
    )
    assert response.status_code == 403


def test_secret_key_gives_access(client_with_secret_key: httpx.Client) -> None:
    assert get_unknown_job(client_with_secret_key, authorization=f"Bearer {KEY}").status_code == 404


@pytest.mark.parametrize("name", ["none", "rq:queue:default", "%00", "🎬", "a" * 3000, "..%2f.."])
def test_an_unknown_job_is_not_found(client: httpx.Client, name: str) -> None:
    response = client.get(f"/api/admin/jobs/{name}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_progress_of_a_rebuild(
    client: httpx.Client, seeded_resources: Resources, catalogue_view: CatalogueView, tmp_path: Path
) -> None:
    accepted = client.post("/api/admin/reindex")
    assert (accepted.status_code, accepted.json()["status"]) == (202, "queued")
    address = f"/api/admin/jobs/{accepted.json()['job_id']}"
    waiting = client.get(address).json()
    assert (waiting["name"], waiting["status"], waiting["ended_at"]) == ("reindex", "queued", None)
    before = catalogue_view.titles

    work_until_idle(seeded_resources, tmp_path)

    done = client.get(address).json()
    assert (done["status"], done["error"]) == ("finished", None)
    assert done["done"] == done["total"] == done["result"]["titles"] == len(catalogue_view.index)
    assert done["enqueued_at"] <= done["started_at"] <= done["ended_at"]
    catalogue_view.catch_up()
    assert catalogue_view.titles is not before


def work_until_idle(resources: Resources, home: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "scripts.cli", "worker", "--burst"],
        cwd=home,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(PROJECT_FOLDER), *filter(None, sys.path)]),
            "RASIKA_DATABASE_URL": (resources.settings.database_url or ""),
            "RASIKA_REDIS_URL": resources.settings.redis_url or "",
        },
        check=True,
        timeout=150,
    )
