"""An embedder for tests: quick, repeatable, and it counts what it is asked."""

import hashlib
import threading
import time
from collections.abc import Sequence

import numpy as np

from embeddings.embedder import TextRole
from vocabulary.arrays import Matrix


class FakeEmbedder:
    """Gives each text a direction of its own; `slow_s` is slept per call."""

    def __init__(self, model: str = "fake", dim: int = 8, delay_s: float = 0) -> None:
        self.model = model
        self.dim = dim
        self.embedded_texts: list[tuple[str, TextRole]] = []
        self._delay_s = delay_s
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        with self._lock:
            self.embedded_texts += [(text, role) for text in texts]
        time.sleep(self._delay_s)
        rows = np.array([self._row(text, role) for text in texts], np.float32)
        return rows.reshape(len(texts), self.dim)

    def _row(self, text: str, role: TextRole) -> Matrix:
        digest = hashlib.sha256(f"{role} {text}".encode("utf-8", "replace")).digest()
        row = np.random.default_rng(list(digest)).standard_normal(self.dim)
        return (row / np.linalg.norm(row)).astype(np.float32)
