"""Vectors with what all texts of a script have in common taken away.

Vectors of multilingual-e5 share a large common direction, and each script shifts it: a Telugu
query is nearer to anything in Telugu than to the English plot that it describes. Subtracting the
mean of each role and script leaves what a text is about. (Mu and Viswanath, All-but-the-Top,
arXiv 1702.01417, subtract one mean; taking the top components away too did not help here.)
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from embeddings.embedder import Embedder, TextRole
from vocabulary.arrays import Matrix, Vector
from vocabulary.writing_systems import script_of

CENTRES_FILE = Path(__file__).with_name("centres.npz")
CENTRES_REVISION = "c1"  # of centres.npz: another one means other vectors
FALLBACK_SCRIPT = "Latn"


class CentredEmbedder:
    """An embedder whose rows are centred by role and script, then scaled to unit length."""

    def __init__(self, embedder: Embedder, centres: Mapping[str, Vector]) -> None:
        self.model = f"{embedder.model}+{CENTRES_REVISION}"
        self.dim = embedder.dim
        self.backend: str | None = getattr(embedder, "backend", None)  # what runs the model
        self._embedder = embedder
        self._centres = centres

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        """Return (len(texts), dim) unit rows."""
        rows = self._embedder.embed(texts, role=role)
        if not texts:
            return rows
        rows = rows - np.stack([self._centre_of(text, role) for text in texts])
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        norms[norms == 0] = 1  # a row equal to its centre stays 0 instead of becoming NaN
        centred: Matrix = rows / norms
        return centred

    def _centre_of(self, text: str, role: TextRole) -> Vector:
        own = self._centres.get(f"{role}:{script_of(text)}")
        return self._centres[f"{role}:{FALLBACK_SCRIPT}"] if own is None else own


def load_centres() -> dict[str, Vector]:
    """Return the centres of the bundled model, by `role:script`."""
    with np.load(CENTRES_FILE) as stored:
        return {name: stored[name] for name in stored.files}


def measure_centres(
    embedder: Embedder, texts: Mapping[str, Sequence[str]], role: TextRole
) -> dict[str, Vector]:
    """Return the mean vector of the texts of each script, by `role:script`."""
    return {
        f"{role}:{script}": embedder.embed(each, role=role).mean(axis=0)
        for script, each in sorted(texts.items())
    }
