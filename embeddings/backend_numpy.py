"""The model run by NumPy in float32: works wherever Python does."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.model_file import (
    E5Model,
    TransformerLayer,
    WeightsAndBias,
    dequantize_blocks,
)
from embeddings.tokenizer import TokenIds
from vocabulary.arrays import Matrix

GELU_INNER_SCALE = np.float32(np.sqrt(2 / np.pi))
GELU_CUBIC_COEFFICIENT = np.float32(0.044715)
# OpenBLAS computes products up to this size on one core; more threads would slow other passes.
MAX_SINGLE_CORE_PRODUCTS = 2**18


class _Linear(NamedTuple):
    """A product `x @ weight + bias`."""

    weight: Matrix  # (inputs, outputs)
    bias: Matrix  # (outputs,)

    def __call__(self, x: Matrix) -> Matrix:
        found: Matrix = x @ self.weight
        found += self.bias
        return found


class _Layer(NamedTuple):
    qkv: _Linear
    attention_output: _Linear
    feed_forward_in: _Linear
    feed_forward_out: _Linear
    attention_norm: WeightsAndBias
    output_norm: WeightsAndBias


class NumpyBackend:
    """Passes through the model; safe to use from many threads at once."""

    name = "NumPy float32"

    def __init__(self, model: E5Model) -> None:
        self._model = model
        self._layers = [_float_layer(layer) for layer in model.float_layers()]

    def mean_vectors(self, sequences: Sequence[TokenIds]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each sequence."""
        lengths = np.array([len(sequence) for sequence in sequences])
        starts = np.cumsum(lengths) - lengths
        positions = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        x = self._input_embeddings(np.concatenate(sequences), positions)
        epsilon = self._model.shape.epsilon
        for layer in self._layers:
            x += layer.attention_output(self._attention(layer.qkv(x), starts, lengths))
            _layer_norm(x, layer.attention_norm, epsilon)
            x += layer.feed_forward_out(_gelu(layer.feed_forward_in(x)))
            _layer_norm(x, layer.output_norm, epsilon)
        means: Matrix = np.add.reduceat(x, starts, axis=0)
        means /= lengths[:, np.newaxis]
        return means

    def _input_embeddings(self, ids: NDArray[np.int64], positions: NDArray[np.int64]) -> Matrix:
        """Return the input (n, hidden) of the first layer for tokens (n,) at their positions."""
        x = dequantize_blocks(self._model.word_embeddings[ids])
        x += self._model.position_embeddings[positions]
        _layer_norm(x, self._model.embedding_norm, self._model.shape.epsilon)
        return x

    def _attention(
        self, projected: Matrix, starts: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> Matrix:
        """Return (tokens, hidden): for each token the weighted values of its own sequence."""
        hidden, heads = self._model.shape.hidden, self._model.shape.heads
        attended = np.empty((len(projected), hidden), np.float32)
        for start, length in zip(starts, lengths, strict=True):
            parts = projected[start : start + length].reshape(length, 3, heads, -1)
            queries, keys, values = parts.transpose(1, 2, 0, 3)
            step = max(1, MAX_SINGLE_CORE_PRODUCTS * heads // (hidden * int(length)))
            for first in range(0, length, step):
                rows = slice(start + first, start + min(first + step, length))
                attended[rows] = _attend(queries[:, first : first + step], keys, values)
        return attended


def _float_layer(layer: TransformerLayer) -> _Layer:
    products = (layer.qkv, layer.attention_output, layer.feed_forward_in, layer.feed_forward_out)
    qkv, attention_output, feed_forward_in, feed_forward_out = (
        _Linear(np.ascontiguousarray(weight.T), bias) for weight, bias in products
    )
    return _Layer(
        qkv,
        attention_output,
        feed_forward_in,
        feed_forward_out,
        layer.attention_norm,
        layer.output_norm,
    )


def _attend(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    """Return (n, hidden), the values weighted by softmax(queries @ keys.T) of each head.

    Queries are (heads, n, size); their scale is part of the weights.
    """
    weights: Matrix = queries @ keys.transpose(0, 2, 1)
    weights -= weights.max(axis=2, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=2, keepdims=True)
    attended: Matrix = (weights @ values).transpose(1, 0, 2).reshape(queries.shape[1], -1)
    return attended


def _layer_norm(x: Matrix, norm: WeightsAndBias, epsilon: float) -> None:
    """Normalise each row to mean 0 and variance 1, then scale and shift it, in place."""
    weight, bias = norm
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / x.shape[1]
    x *= (1 / np.sqrt(variance + epsilon))[:, np.newaxis].astype(np.float32)
    x *= weight
    x += bias


def _gelu(x: Matrix) -> Matrix:
    """Return Gaussian error linear units by their tanh form (Hendrycks and Gimpel, 1606.08415)."""
    inner = x * x
    inner *= GELU_CUBIC_COEFFICIENT * GELU_INNER_SCALE
    inner += GELU_INNER_SCALE
    inner *= x
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner
