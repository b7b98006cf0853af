"""What a process works with, built from its settings and given back at its end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import redis
import structlog
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from catalog import regions
from config import cpu, index_engines
from config.settings import Settings
from db import migrate
from db.engine import connect
from embedded.lease import acquire
from embeddings.bundled import BundledEmbedder
from embeddings.cached import CachedEmbedder
from embeddings.centred import CentredEmbedder, load_centres
from embeddings.embedder import Embedder, EmbedderUnavailable
from embeddings.sentence_transformers import SentenceTransformersEmbedder
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import CatalogueView
from runtime.index_snapshots import IndexSnapshots
from runtime.index_sync import IndexSync
from vocabulary.kinds import Space

REDIS_TIMEOUT_S = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Resources:
    """The servers and the model of a process; `embedder` is none when it cannot be loaded."""

    settings: Settings
    engine: Engine
    redis: "redis.Redis"
    embedder: Embedder | None

    def loader(self) -> CatalogueReader:
        """Return what reads titles for an index."""
        models = {Space.CONTENT: self.embedder.model} if self.embedder else {}
        return CatalogueReader(models, regions.LANGUAGE_WEIGHTS)

    def build_catalogue_view(self) -> CatalogueView:
        """Return what a serving process holds; nothing yet."""
        least = self.settings.index_recall
        saved = IndexSnapshots(
            self.settings.home / "index", f"{self.loader().model_signature} recall={least}"
        )
        shared = self.build_index_sync()
        return CatalogueView(self.engine, self.loader(), shared, snapshots=saved, min_recall=least)

    def build_index_sync(self, name: str | None = None) -> IndexSync | None:
        """Return the engine of a name, or that of the settings; none where it is in memory.

        Raises `IndexUnavailable`.
        """
        name = name or self.settings.index
        if name not in index_engines.SHARED_ENGINE_NAMES:
            return None
        index = index_engines.create_shared_index(name, self.settings, self.engine)
        least = self.settings.index_recall
        return IndexSync(name, index, self.engine, self.loader(), min_recall=least)


@contextmanager
def open_resources(settings: Settings, *, with_embedder: bool = True) -> Iterator[Resources]:
    """Start or join the servers, bring the schema up to date, and load the model.

    Raises `embedded.home_folder.EmbeddedServicesError` and SQLAlchemy's `OperationalError`.
    """
    with ExitStack() as held:
        database_url, redis_url = _server_addresses(settings, held)
        engine = connect(database_url)
        held.callback(engine.dispose)
        migrate.upgrade(engine)
        client = redis.Redis.from_url(
            redis_url,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            retry=Retry(ExponentialBackoff(cap=0.1, base=0.01), 2),
        )
        held.callback(client.close)
        yield Resources(
            settings, engine, client, load_embedder(settings) if with_embedder else None
        )


def _server_addresses(settings: Settings, stack: ExitStack) -> tuple[str, str]:
    """Return the addresses of PostgreSQL and Redis, embedded where none is set."""
    own_postgres = settings.database_url is None
    own_valkey = settings.redis_url is None
    if not own_postgres and not own_valkey:
        return settings.database_url or "", settings.redis_url or ""
    lease = stack.enter_context(acquire(settings.home, postgres=own_postgres, valkey=own_valkey))
    return settings.database_url or lease.database_url, settings.redis_url or lease.redis_url


def load_embedder(settings: Settings) -> Embedder | None:
    """Return the embedder with its query cache, or none, with a warning, where it fails."""
    try:
        return CachedEmbedder(create_embedder(settings.embedder))
    except EmbedderUnavailable as error:
        log.warning("embedder_unavailable", model=error.model, error=str(error))
        return None


def create_embedder(name: str) -> Embedder:
    """Load the embedder of a setting.

    Raises `EmbedderUnavailable`.
    """
    if name == "bundled":
        return CentredEmbedder(BundledEmbedder(cpu.available_cores()), load_centres())
    return SentenceTransformersEmbedder(name.removeprefix("sentence-transformers:"))
