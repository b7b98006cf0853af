"""What a worker process opens once and its jobs share."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine

from config.embedders import embedding_model_name, load_embedder
from config.settings import Settings
from embeddings.embedder import Embedder, EmbedderUnavailable


class JobContext:
    """Settings, connections and the model; a job that embeds loads the model when it needs it."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self.settings = settings
        self.engine = engine

    @property
    def model_name(self) -> str:
        """The name under which vectors of the model are stored; does not load it."""
        return embedding_model_name(self.settings.embedder)

    @cached_property
    def embedder(self) -> Embedder:
        """The model.

        Raises `EmbedderUnavailable`.
        """
        embedder = load_embedder(self.settings)
        if embedder is None:
            raise EmbedderUnavailable(self.settings.embedder, "it could not be loaded")
        return embedder

    def forget_connections(self) -> None:
        """Leave inherited connections to the parent process; called after a fork."""
        self.engine.dispose(close=False)


@dataclass(slots=True)
class _CurrentContext:
    context: JobContext | None = None


_current = _CurrentContext()


def set_context(context: JobContext | None) -> None:
    """Set the context of every job that this process and its children run.

    RQ finds a function by its import path and passes it only what was enqueued.
    """
    _current.context = context


def current_context() -> JobContext:
    """Return the context that `set_context` set."""
    if _current.context is None:
        raise RuntimeError("jobs run only in a worker")
    return _current.context
