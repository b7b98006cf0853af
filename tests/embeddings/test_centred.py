import numpy as np
import pytest

from embeddings.bundled import DIMENSIONS, MODEL_NAME
from embeddings.centred import CENTRES_REVISION, CentredEmbedder, load_centres, measure_centres
from embeddings.embedder import Embedder, TextRole
from tests.fake_embedder import FakeEmbedder

FAKE_EMBEDDER = FakeEmbedder()
CENTRES = {
    name: np.full(8, value, np.float32)
    for name, value in {
        "query:Latn": 0.1,
        "query:Telu": 0.2,
        "document:Latn": -0.1,
        "document:Telu": -0.2,
    }.items()
}


@pytest.mark.parametrize(
    ("text", "role", "centre"),
    [
        ("a fly", "query", 0.1),
        ("ఈగ", "query", 0.2),
        ("a fly", "document", -0.1),
        ("ఈగ", "document", -0.2),
        ("もののけ姫", "query", 0.1),
        ("", "document", -0.1),
    ],
)
def test_centre_of_role_and_script_is_subtracted(text: str, role: TextRole, centre: float) -> None:
    (row,) = CentredEmbedder(FAKE_EMBEDDER, CENTRES).embed([text], role=role)
    expected = FAKE_EMBEDDER.embed([text], role=role)[0] - np.float32(centre)
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-6)
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-6)


def test_no_texts_give_no_rows() -> None:
    assert CentredEmbedder(FAKE_EMBEDDER, CENTRES).embed([], role="query").shape == (0, 8)


def test_text_equal_to_its_centre_has_no_direction() -> None:
    row = FAKE_EMBEDDER.embed(["a fly"], role="query")[0]
    centred = CentredEmbedder(FAKE_EMBEDDER, {"query:Latn": row}).embed(["a fly"], role="query")
    np.testing.assert_array_equal(centred, np.zeros((1, 8), np.float32))


def test_centred_vectors_are_those_of_another_model() -> None:
    assert CentredEmbedder(FAKE_EMBEDDER, CENTRES).model == f"fake+{CENTRES_REVISION}"


def test_centres_are_the_means_of_each_script() -> None:
    texts = {"Latn": ["a", "b"], "Telu": ["ఈ"]}
    centres = measure_centres(FAKE_EMBEDDER, texts, "query")
    assert list(centres) == ["query:Latn", "query:Telu"]
    np.testing.assert_allclose(
        centres["query:Latn"], FAKE_EMBEDDER.embed(["a", "b"], role="query").mean(axis=0), atol=1e-6
    )


def test_the_centres_that_are_shipped_fit_the_bundled_model() -> None:
    centres = load_centres()
    assert {"query:Latn", "document:Latn", "query:Telu", "query:Deva"} <= set(centres)
    for centre in centres.values():
        assert centre.shape == (DIMENSIONS,)
        assert np.isfinite(centre).all()


@pytest.mark.parametrize("text", ["", "\x00", "\ud83d", "🪰", "x" * 500])
def test_any_text_has_a_unit_vector(embedder: Embedder, text: str) -> None:
    assert embedder.model == f"{MODEL_NAME}+{CENTRES_REVISION}"
    (found,) = embedder.embed([text], role="query")
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-3)
