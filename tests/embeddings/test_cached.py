from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embeddings.cached import CachedEmbedder
from embeddings.embedder import EmbedderUnavailable, TextRole
from tests.fake_embedder import FakeEmbedder
from vocabulary.arrays import Matrix


def test_equal_queries_at_once_are_embedded_once() -> None:
    fake = FakeEmbedder(delay_s=0.05)
    cached = CachedEmbedder(fake)
    with ThreadPoolExecutor(10) as threads:
        rows = list(threads.map(lambda _: cached.embed(["a fly"], role="query"), range(20)))
    assert fake.embedded_texts == [("a fly", "query")]
    for row in rows:
        np.testing.assert_array_equal(row, rows[0])


def test_different_queries_do_not_wait_for_each_other() -> None:
    cached = CachedEmbedder(FakeEmbedder(delay_s=0.01))
    texts = [f"text {number}" for number in range(10)]
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda text: cached.embed([text], role="query"), texts))


def test_several_queries_keep_their_order() -> None:
    fake = FakeEmbedder()
    cached = CachedEmbedder(fake)
    cached.embed(["b"], role="query")
    found = cached.embed(["a", "b", "a"], role="query")
    np.testing.assert_array_equal(found, FakeEmbedder().embed(["a", "b", "a"], role="query"))
    assert [text for text, _ in fake.embedded_texts] == ["b", "a"]


def test_documents_are_not_kept() -> None:
    fake = FakeEmbedder()
    cached = CachedEmbedder(fake)
    for _ in range(2):
        cached.embed(["a fly"], role="document")
    assert len(fake.embedded_texts) == 2


def test_a_query_is_not_taken_for_a_document() -> None:
    cached = CachedEmbedder(FakeEmbedder())
    document = cached.embed(["a fly"], role="document")
    assert not np.array_equal(cached.embed(["a fly"], role="query"), document)


@pytest.mark.parametrize("role", ["query", "document"])
def test_nothing_has_no_rows(role: TextRole) -> None:
    assert CachedEmbedder(FakeEmbedder()).embed([], role=role).shape == (0, 8)


def test_what_a_caller_does_to_his_rows_is_not_kept() -> None:
    cached = CachedEmbedder(FakeEmbedder())
    first = cached.embed(["a fly"], role="query")
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(cached.embed(["a fly"], role="query"), kept)


def test_only_the_queries_asked_last_are_kept() -> None:
    fake = FakeEmbedder()
    cached = CachedEmbedder(fake, capacity=2)
    for text in ("a", "b", "c", "c", "b", "a"):
        cached.embed([text], role="query")
    assert [text for text, _ in fake.embedded_texts] == ["a", "b", "c", "a"]


class EmbedderFailingOnce(FakeEmbedder):
    """Fails the first time."""

    def embed(self, texts: Sequence[str], *, role: TextRole) -> Matrix:
        found = super().embed(texts, role=role)
        if len(self.embedded_texts) == 1:
            raise EmbedderUnavailable(self.model, "not yet")
        return found


def test_a_failure_is_told_and_not_kept() -> None:
    cached = CachedEmbedder(EmbedderFailingOnce())
    with pytest.raises(EmbedderUnavailable):
        cached.embed(["a fly"], role="query")
    assert cached.embed(["a fly"], role="query").shape == (1, 8)


def test_the_model_is_that_of_the_embedder_inside() -> None:
    cached = CachedEmbedder(FakeEmbedder("some-model", dim=4))
    assert (cached.model, cached.dim) == ("some-model", 4)
