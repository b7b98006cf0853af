"""The search engines outside this process, by their names in the settings."""

from config.resources import Resources
from config.settings import Settings
from db.pgvector_index import PgvectorIndex
from index.query import IndexUnavailable
from index.shared_index import SharedIndex

SHARED_ENGINE_NAMES = ("pgvector", "qdrant")
QDRANT_TIMEOUT_S = 30


def create_shared_index(name: str, resources: Resources) -> SharedIndex:
    """Return an engine by its name.

    Raises `IndexUnavailable`, also where the extra that it needs is not installed.
    """
    if name == "pgvector":
        return PgvectorIndex(resources.engine, resources.background_engine)
    return _create_qdrant_index(resources.settings)


def _create_qdrant_index(settings: Settings) -> SharedIndex:
    try:
        from index.qdrant.collections import ClusterLayout  # an extra
        from index.qdrant.engine import open_qdrant_index
    except ImportError as error:
        raise IndexUnavailable("pip install 'rasika[qdrant]'") from error
    key = settings.qdrant_api_key
    return open_qdrant_index(
        settings.qdrant_url or "",
        api_key=key.get_secret_value() if key else None,
        timeout_s=QDRANT_TIMEOUT_S,
        cluster=ClusterLayout(settings.qdrant_shards, settings.qdrant_replicas),
    )
