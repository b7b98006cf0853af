"""What turns text into vectors, whichever model it is."""

from collections.abc import Sequence
from typing import Literal, Protocol

from vocabulary.arrays import Matrix

TextRole = Literal["query", "document"]


class Embedder(Protocol):
    """A model of text; thread-safe."""

    model: str
    """Name and revision, stored beside every vector: vectors of two models never mix."""
    dim: int

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        """Return (len(texts), dim) unit rows; any text at all, empty included, has a vector."""
        ...


class EmbedderUnavailable(RuntimeError):
    """The model cannot be loaded or does not answer; searches go on by names alone."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"embedder {model} is not available: {reason}")
        self.model = model
