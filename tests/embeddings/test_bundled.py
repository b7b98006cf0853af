import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embeddings.bundled import DIMENSIONS, BundledEmbedder
from embeddings.embedder import Matrix

ODD = [
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


@pytest.fixture(scope="module")
def bundled() -> BundledEmbedder:
    return BundledEmbedder()


class Counting:
    """An engine that notes how many texts are read at once."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str], is_query: bool) -> Matrix:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.02)
        with self._lock:
            self._now -= 1
        return np.ones((len(texts), DIMENSIONS), np.float32)


@pytest.fixture
def counting(bundled: BundledEmbedder, monkeypatch: pytest.MonkeyPatch) -> Counting:
    engine = Counting()
    monkeypatch.setattr(bundled, "_engine", engine)
    return engine


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_any_text_has_a_unit_vector(bundled: BundledEmbedder, text: str) -> None:
    found = bundled.embed([text], role="query")
    assert found.shape == (1, bundled.dim)
    assert found.dtype == np.float32
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-3)


def test_nothing_has_no_rows(bundled: BundledEmbedder) -> None:
    assert bundled.embed([], role="document").shape == (0, bundled.dim)


def test_a_text_has_one_vector_alone_or_among_others(bundled: BundledEmbedder) -> None:
    texts = ["a fly takes revenge", "వర్షం", "robot falls in love with a scientist's fiancée"]
    together = bundled.embed(texts, role="document")
    again = np.vstack([bundled.embed([text], role="document") for text in texts])
    np.testing.assert_allclose(together, again, atol=1e-5)


def test_queries_and_documents_are_read_differently(bundled: BundledEmbedder) -> None:
    query, document = (bundled.embed(["a fly"], role=role)[0] for role in ("query", "document"))
    assert 0.8 < float(query @ document) < 0.999


def test_a_translation_is_nearer_than_another_plot(bundled: BundledEmbedder) -> None:
    rows = bundled.embed(
        ["a robot falls in love", "एक रोबोट को प्यार हो जाता है", "एक गाँव में क्रिकेट का मैच"],
        role="query",
    )
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_ten_threads_at_once_get_the_vectors_of_one(bundled: BundledEmbedder) -> None:
    texts = [f"plot number {number} of a film" for number in range(20)]
    alone = np.vstack([bundled.embed([text], role="query") for text in texts])
    with ThreadPoolExecutor(10) as threads:
        rows = list(threads.map(lambda text: bundled.embed([text], role="query")[0], texts))
    np.testing.assert_allclose(np.vstack(rows), alone, atol=1e-5)


@pytest.mark.parametrize("cores", [1, 3])
def test_at_most_one_text_per_core_is_read_at_once(
    bundled: BundledEmbedder, counting: Counting, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr(bundled, "_places", threading.BoundedSemaphore(cores))
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda n: bundled.embed([f"text {n}"], role="query"), range(20)))
    assert counting.most == cores


def test_as_many_places_as_cores() -> None:
    limited = BundledEmbedder(cores=1)
    assert limited._places.acquire(blocking=False)
    assert not limited._places.acquire(blocking=False)
