"""The servers and the model that a process works with, opened from its settings."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from config.embedders import load_embedder
from config.settings import Settings
from db.engine import connect
from db.schema_revision import ensure_current_schema
from embedded.lease import acquire
from embeddings.embedder import Embedder

REDIS_TIMEOUT_S = 2.0
BACKGROUND_POOL_SIZE = 4  # connections, and as many again under load


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """How long one statement may take and may wait for a lock, in seconds; 0: no limit."""

    statement_timeout_s: float = 0
    lock_timeout_s: float = 0


UNLIMITED = DatabaseLimits()  # commands and jobs, which may import or rebuild for hours
REQUEST_LIMITS = DatabaseLimits(statement_timeout_s=5, lock_timeout_s=2)


@dataclass(frozen=True, slots=True)
class Resources:
    """The servers and the model of a process; `embedder` is none when it cannot be loaded."""

    settings: Settings
    engine: Engine  # for requests, within the limits of the process
    background_engine: Engine  # without limits: loads, seeding, feeding a search engine
    redis: "redis.Redis"
    embedder: Embedder | None


@contextmanager
def open_resources(
    settings: Settings, *, with_embedder: bool = True, limits: DatabaseLimits = UNLIMITED
) -> Iterator[Resources]:
    """Start or join the servers, bring the schema up to date, and load the model.

    Raises `embedded.home_folder.EmbeddedServicesError` and SQLAlchemy's `OperationalError`.
    """
    with ExitStack() as stack:
        database_url, redis_url = _server_addresses(settings, stack)
        background_engine = connect(database_url, pool_size=BACKGROUND_POOL_SIZE)
        stack.callback(background_engine.dispose)
        ensure_current_schema(background_engine)
        engine = connect(
            database_url,
            statement_timeout_s=limits.statement_timeout_s,
            lock_timeout_s=limits.lock_timeout_s,
        )
        stack.callback(engine.dispose)
        client = redis.Redis.from_url(
            redis_url,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            retry=Retry(ExponentialBackoff(cap=0.1, base=0.01), 2),
        )
        stack.callback(client.close)
        embedder = load_embedder(settings) if with_embedder else None
        yield Resources(settings, engine, background_engine, client, embedder)


def _server_addresses(settings: Settings, stack: ExitStack) -> tuple[str, str]:
    """Return the addresses of PostgreSQL and Redis, embedded where none is set."""
    embeds_postgres = settings.database_url is None
    embeds_valkey = settings.redis_url is None
    if not embeds_postgres and not embeds_valkey:
        return settings.database_url or "", settings.redis_url or ""
    lease = stack.enter_context(
        acquire(settings.home, postgres=embeds_postgres, valkey=embeds_valkey)
    )
    return settings.database_url or lease.database_url, settings.redis_url or lease.redis_url
