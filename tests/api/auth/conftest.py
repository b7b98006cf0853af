"""The service with nobody in it, where passwords are hashed in no time."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import redis
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from api.app import create_app
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from viewers import passwords


@pytest.fixture(autouse=True)
def _cheap_password_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", PasswordHash((cheap,)))
    passwords._dummy_hash.cache_clear()


@pytest.fixture
def app(
    seeded_resources: Resources, catalogue_view: CatalogueView, valkey: "redis.Redis"
) -> Iterator[FastAPI]:
    """The service; nobody has tried anything yet."""
    yield create_app(replace(seeded_resources, redis=valkey), catalogue_view)
    with seeded_resources.engine.begin() as connection:
        connection.execute(text("TRUNCATE viewer CASCADE"))


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with running_app(app) as client:
        yield client
