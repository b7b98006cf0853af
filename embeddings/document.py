"""The vector of a document: the mean direction of its texts."""

import hashlib
from collections.abc import Sequence

import numpy as np

from embeddings.embedder import Embedder
from vocabulary.arrays import Matrix

# Enough texts at once for passes over texts of similar length.
TEXTS_PER_BATCH = 256


def text_hash(texts: Sequence[str]) -> str:
    """Return a digest by which unchanged texts are known."""
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:32]


def embed_documents(embedder: Embedder, documents: Sequence[Sequence[str]]) -> Matrix:
    """Return (len(documents), dim) unit rows, each the mean direction of a document's parts."""
    texts = [part for parts in documents for part in parts]
    # Neighbours of like length keep the model's threads equally busy.
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    rows = np.empty((len(texts), embedder.dim), np.float32)
    for start in range(0, len(order), TEXTS_PER_BATCH):
        chosen = order[start : start + TEXTS_PER_BATCH]
        rows[chosen] = embedder.embed([texts[number] for number in chosen], role="document")
    ends = np.cumsum([len(parts) for parts in documents])
    sums = [part.sum(axis=0) for part in np.split(rows, ends[:-1])] if documents else []
    return np.stack([each / np.linalg.norm(each) for each in sums]) if sums else rows
