"""The model compiled by OpenVINO; needs the extra `fast`."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from embeddings import backend_c, backends
from embeddings.backends import ModelBackend, fastest_backend, numpy_backend
from embeddings.bundled import BundledEmbedder
from embeddings.compiled import TOOLS, Compiled, CompilerMissing
from embeddings.document import embed_documents
from embeddings.model_file import E5Model
from tests.embeddings.sample_texts import neighbour_overlap, real_openings, seed_synopses


def compiled(model: E5Model, cores: int) -> ModelBackend:
    return Compiled(model, cores)


@pytest.fixture(scope="module")
def fast() -> BundledEmbedder:
    if find_spec("openvino") is None:
        pytest.skip("needs the extra fast")
    return BundledEmbedder(2, compiled)


@pytest.mark.timeout(600)
def test_real_titles_have_the_same_vectors_and_neighbours(fast: BundledEmbedder) -> None:
    texts = real_openings()
    own = fast.embed(texts, role="document")
    plain = BundledEmbedder(2, numpy_backend).embed(texts, role="document")
    assert (own * plain).sum(axis=1).min() > 0.9998
    assert neighbour_overlap(own, plain) > 0.98


def test_whole_synopses_have_the_vectors_of_numpy_in_every_script(fast: BundledEmbedder) -> None:
    texts = [*list(seed_synopses())[::20], "", "ఈగ " * 700, "x"]
    plain = BundledEmbedder(2, numpy_backend)
    own, other = (embed_documents(each, [[text] for text in texts]) for each in (fast, plain))
    assert (own * other).sum(axis=1).min() > 0.9995


def test_a_text_has_one_vector_alone_or_among_longer_ones(fast: BundledEmbedder) -> None:
    texts = ["a fly takes revenge", "వర్షం", "robot falls in love with a scientist's fiancée " * 9]
    together = fast.embed(texts, role="query")
    alone = np.vstack([fast.embed([text], role="query") for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9999


@pytest.mark.usefixtures("fast")
def test_on_a_processor_with_tiles_it_is_chosen_and_tells_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backends, "has_tiles", lambda: True)
    assert BundledEmbedder(1).backend.startswith("OpenVINO")
    assert TOOLS not in sys.modules
    assert "openvino_telemetry" not in sys.modules


def test_without_the_extra_numpy_runs_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_c, "library", lambda: None)
    monkeypatch.setitem(sys.modules, "openvino", None)
    embedder = BundledEmbedder(1, fastest_backend)
    assert not embedder.backend.startswith("OpenVINO")
    with pytest.raises(CompilerMissing, match=r"pip install 'rasika\[fast\]'"):
        Compiled(embedder._model, 1)


def test_on_an_unknown_machine_numpy_runs_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_model: E5Model, _cores: int) -> ModelBackend:
        raise RuntimeError("no such processor")

    monkeypatch.setattr(backend_c, "library", lambda: None)
    monkeypatch.setattr(backends, "Compiled", fails)
    embedder = BundledEmbedder(1)
    assert not embedder.backend.startswith("OpenVINO")
