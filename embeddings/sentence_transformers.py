"""Any sentence-transformers model, by the name of its hub or the folder that holds it."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from embeddings.embedder import EmbedderUnavailable, TextRole
from vocabulary.arrays import Matrix

TEXTS_PER_BATCH = 32
FAMILY_PREFIXES: dict[str, tuple[str, str]] = {
    "e5": ("query: ", "passage: "),
    "bge": ("Represent this sentence for searching relevant passages: ", ""),
}
"""What model families want before a query and a document, by a part of their name."""


class SentenceTransformersEmbedder:
    """Embeds through the extra `sentence-transformers`; downloads nothing unless the name asks."""

    def __init__(self, name: str) -> None:
        self._model = _load_model(name)
        self.model = f"sentence-transformers:{name}"
        self.dim = _read_dimension(self._model)
        self._prefixes = next(
            (prefixes for family, prefixes in FAMILY_PREFIXES.items() if family in name.lower()),
            ("", ""),
        )
        # PyTorch already uses every core for one batch; two at once only fight.
        self._encode_lock = threading.Lock()

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        """Return (len(texts), dim) unit rows."""
        if not texts:
            return np.empty((0, self.dim), np.float32)
        prefix = self._prefixes[role == "document"]
        with self._encode_lock:
            found: Matrix = self._model.encode(
                [prefix + text.encode("utf-8", "replace").decode() for text in texts],
                batch_size=TEXTS_PER_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return found.astype(np.float32)


def _read_dimension(model: Any) -> int:
    renamed = hasattr(model, "get_embedding_dimension")  # the old name warns
    return int(
        model.get_embedding_dimension() if renamed else model.get_sentence_embedding_dimension()
    )


def _load_model(name: str) -> Any:
    if not name:  # the library would take it for a model without a layer
        raise EmbedderUnavailable(name, "it has no name")
    try:
        from sentence_transformers import SentenceTransformer  # an extra
    except ImportError as error:
        reason = "pip install 'rasika[sentence-transformers]'"
        raise EmbedderUnavailable(name, reason) from error
    try:
        return SentenceTransformer(name, device="cpu")
    except (OSError, ValueError) as error:
        raise EmbedderUnavailable(name, str(error)) from error
