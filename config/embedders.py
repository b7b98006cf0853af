"""The embedding model of the settings: its name, and loading it."""

import structlog

from config import cpu
from config.settings import Settings
from embeddings.cached import CachedEmbedder
from embeddings.embedder import Embedder, EmbedderUnavailable

log = structlog.get_logger()


def load_embedder(settings: Settings) -> Embedder | None:
    """Return the embedder with its query cache, or none, with a warning, where it fails."""
    try:
        return CachedEmbedder(create_embedder(settings.embedder))
    except EmbedderUnavailable as error:
        log.warning("embedder_unavailable", model=error.model, error=str(error))
        return None


def create_embedder(name: str) -> Embedder:
    """Load the embedder of a setting, whose libraries only this imports.

    Raises `EmbedderUnavailable`.
    """
    if name == "bundled":
        from embeddings.bundled import BundledEmbedder
        from embeddings.centred import CentredEmbedder, load_centres

        return CentredEmbedder(BundledEmbedder(cpu.available_cores()), load_centres())
    from embeddings.sentence_transformers import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(name.removeprefix("sentence-transformers:"))


def embedding_model_name(name: str) -> str:
    """Return by which name the vectors of a setting's embedder are stored, without loading it."""
    if name == "bundled":
        from embeddings.bundled import MODEL_NAME
        from embeddings.centred import CENTRES_REVISION

        return f"{MODEL_NAME}+{CENTRES_REVISION}"
    return name
