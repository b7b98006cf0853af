"""Queries repeat: their vectors are kept."""

import threading
from collections.abc import Sequence

import numpy as np
from cachetools import LRUCache, cached
from cachetools.keys import hashkey

from embeddings.embedder import Embedder, TextRole
from vocabulary.arrays import Matrix

MAX_CACHED_VECTORS = 20_000  # vectors: 31 MB at 384 dimensions


class CachedEmbedder:
    """An embedder that remembers the queries asked last; equal ones at once are embedded once."""

    def __init__(self, embedder: Embedder, capacity: int = MAX_CACHED_VECTORS) -> None:
        self.model = embedder.model
        self.dim = embedder.dim
        self.backend: str | None = getattr(embedder, "backend", None)  # what runs the model
        self._embedder = embedder
        self._cache: LRUCache[object, Matrix] = LRUCache(capacity)
        self._cache_changed = threading.Condition()
        self._embed_cached = cached(self._cache, condition=self._cache_changed)(self._embed_one)

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        """Return (len(texts), dim) unit rows."""
        if role == "document" or not texts:
            return self._embedder.embed(texts, role=role)
        if len(texts) > 1:
            self._cache_missing(texts)
        return np.stack([self._embed_cached(text) for text in texts])

    def _cache_missing(self, texts: Sequence[str]) -> None:
        """Embed those texts together that are not kept: one pass through the model for all."""
        with self._cache_changed:
            missing = [text for text in dict.fromkeys(texts) if hashkey(text) not in self._cache]
        if len(missing) < 2:  # one is embedded as ever
            return
        rows = self._embedder.embed(missing, role="query")
        rows.setflags(write=False)  # they are shared
        with self._cache_changed:
            self._cache.update(zip(map(hashkey, missing), rows, strict=True))

    def _embed_one(self, text: str) -> Matrix:
        row: Matrix = self._embedder.embed([text], role="query")[0]
        row.setflags(write=False)  # it is shared
        return row
