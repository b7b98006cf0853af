"""Queries repeat: their vectors are kept."""

import threading
from collections.abc import Sequence

import numpy as np
from cachetools import LRUCache, cached

from embeddings.embedder import Embedder, Matrix, Role

CAPACITY = 20_000  # vectors: 31 MB at 384 dimensions


class CachedEmbedder:
    """An embedder that remembers the queries asked last; equal ones at once are embedded once."""

    def __init__(self, embedder: Embedder, capacity: int = CAPACITY) -> None:
        self.model = embedder.model
        self.dim = embedder.dim
        self._embedder = embedder
        self._one = cached(LRUCache(capacity), condition=threading.Condition())(self._embed_one)

    def embed(self, texts: Sequence[str], *, role: Role) -> Matrix:
        """Return (len(texts), dim) unit rows."""
        if role == "document" or not texts:
            return self._embedder.embed(texts, role=role)
        return np.stack([self._one(text) for text in texts])

    def _embed_one(self, text: str) -> Matrix:
        row: Matrix = self._embedder.embed([text], role="query")[0]
        row.setflags(write=False)  # it is shared
        return row
