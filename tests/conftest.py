"""Real servers for the tests, started once; each test's writes are rolled back."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import Engine, text
from sqlmodel import Session

from api.app import create_app
from catalog.record import Record
from config.embedders import load_embedder
from config.resources import Resources, open_resources
from config.settings import Settings
from db import migrate
from db.engine import connect
from embedded.lease import Lease, acquire
from embeddings.embedder import Embedder
from runtime.catalogue_reader import create_catalogue_reader
from runtime.catalogue_view import CatalogueView
from services import seeding
from tests.running_app import running_app


@pytest.fixture(autouse=True)
def _isolate_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's environment and `.env` out of the tests."""
    for name in list(os.environ):
        if name.startswith("RASIKA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lease]:
    """PostgreSQL and Valkey for the whole run."""
    with acquire(tmp_path_factory.mktemp("home")) as lease:
        yield lease


@pytest.fixture(scope="session")
def engine(servers: Lease) -> Iterator[Engine]:
    """A migrated database that tests leave as they found it."""
    engine = connect(servers.database_url)
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def db_session(engine: Engine) -> Iterator[Session]:
    """A session whose commits are undone after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(
            bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        outer.rollback()


@pytest.fixture
def empty_database_url(servers: Lease) -> Iterator[str]:
    """The address of an empty database of the test's own."""
    _run_autocommit(servers, "DROP DATABASE IF EXISTS own WITH (FORCE)", "CREATE DATABASE own")
    yield servers.database_url.replace("/rasika?", "/own?")
    _run_autocommit(servers, "DROP DATABASE IF EXISTS own WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_database(servers: Lease) -> str:
    """The name of a database that is migrated once, for others to be copies of."""
    _run_autocommit(servers, "CREATE DATABASE migrated")
    engine = connect(servers.database_url.replace("/rasika?", "/migrated?"))
    migrate.upgrade(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture
def own_database_url(servers: Lease, migrated_database: str) -> Iterator[str]:
    """The address of a database of the test's own, migrated."""
    _run_autocommit(
        servers,
        "DROP DATABASE IF EXISTS own WITH (FORCE)",
        f"CREATE DATABASE own TEMPLATE {migrated_database}",
    )
    yield servers.database_url.replace("/rasika?", "/own?")
    _run_autocommit(servers, "DROP DATABASE IF EXISTS own WITH (FORCE)")


@pytest.fixture
def own_database(own_database_url: str) -> Iterator[Engine]:
    """A database of the test's own, migrated."""
    engine = connect(own_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def valkey(servers: Lease) -> Iterator["redis.Redis"]:
    """An empty Valkey."""
    client = redis.Redis.from_url(servers.redis_url)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The bundled model, as the service uses it."""
    loaded = load_embedder(Settings())
    assert loaded is not None
    return loaded


@pytest.fixture(scope="session")
def seeded_resources(servers: Lease, embedder: Embedder) -> Iterator[Resources]:
    """The seed catalogue with its vectors in a database of its own, which tests only read."""
    _run_autocommit(servers, "CREATE DATABASE seeded")
    settings = Settings(
        database_url=servers.database_url.replace("/rasika?", "/seeded?"),
        redis_url=servers.redis_url.replace("db=0", "db=1"),
        local_admin=True,
    )
    with open_resources(settings, with_embedder=False) as resources:
        seeding.seed_catalogue(resources.engine, embedder)
        yield replace(resources, embedder=embedder)


@pytest.fixture(scope="session")
def catalogue_view(seeded_resources: Resources) -> Iterator[CatalogueView]:
    """What a serving process holds of the seed catalogue, kept in step with it."""
    live = CatalogueView(seeded_resources.engine, create_catalogue_reader(seeded_resources))
    live.load()
    live.start()
    yield live
    live.stop()


@pytest.fixture(scope="session")
def client(seeded_resources: Resources, catalogue_view: CatalogueView) -> Iterator[httpx.Client]:
    """A client of the service over the seed catalogue."""
    with running_app(create_app(seeded_resources, catalogue_view)) as client:
        yield client


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Make a record of a title; whatever is not given is plain."""

    def make(title: str = "Eega", **given: object) -> Record:
        return Record.model_validate({"kind": "movie", "title": title, "source": "test", **given})

    return make


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Write objects as JSON Lines and return the file."""

    def write(*objects: object, name: str = "titles.jsonl") -> Path:
        path = tmp_path / name
        path.write_text(
            "".join(
                (each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)) + "\n"
                for each in objects
            ),
            encoding="utf-8",
        )
        return path

    return write


def _run_autocommit(servers: Lease, *statements: str) -> None:
    """Run what cannot be part of a transaction."""
    admin = connect(servers.database_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()
