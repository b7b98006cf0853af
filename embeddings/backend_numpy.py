"""The model run by NumPy, its matrix products by a kernel of this machine: needs no extra."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.kernels import Kernel, Linear
from embeddings.model_file import E5Model, TokenIds, WeightsAndBias, layer_norm
from vocabulary.arrays import Matrix

GELU_INNER_SCALE = np.float32(np.sqrt(2 / np.pi))
GELU_CUBIC_COEFFICIENT = np.float32(0.044715)
MAX_SINGLE_CORE_PRODUCTS = (
    2**18
)  # products that OpenBLAS makes on one core; its threads would fight other passes


class _Layer(NamedTuple):
    attend: Linear
    mix: Linear
    widen: Linear
    narrow: Linear
    after_attention: WeightsAndBias
    after_inner: WeightsAndBias


class NumpyBackend:
    """Passes through the model; safe to use from many threads at once."""

    def __init__(self, model: E5Model, kernel: Kernel) -> None:
        self.name = kernel.name
        self._model = model
        self._layers = [
            _Layer(
                attend=kernel(*layer.qkv),
                mix=kernel(*layer.attention_output),
                widen=kernel(*layer.feed_forward_in),
                narrow=kernel(*layer.feed_forward_out),
                after_attention=layer.attention_norm,
                after_inner=layer.output_norm,
            )
            for layer in model.float_layers()
        ]

    def mean_vectors(self, sequences: Sequence[TokenIds]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each sequence."""
        lengths = np.array([len(sequence) for sequence in sequences])
        starts = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        x = self._model.input_embeddings(np.concatenate(sequences), places)
        epsilon = self._model.shape.epsilon
        for layer in self._layers:
            x += layer.mix(self._attention(layer.attend(x), starts, lengths))
            layer_norm(x, layer.after_attention, epsilon)
            x += layer.narrow(_gelu(layer.widen(x)))
            layer_norm(x, layer.after_inner, epsilon)
        means: Matrix = np.add.reduceat(x, starts, axis=0)
        means /= lengths[:, np.newaxis]
        return means

    def _attention(
        self, projected: Matrix, starts: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> Matrix:
        """Return each token's mix of the values of its own sequence."""
        hidden, heads = self._model.shape.hidden, self._model.shape.heads
        found = np.empty((len(projected), hidden), np.float32)
        for start, length in zip(starts, lengths, strict=True):
            parts = projected[start : start + length].reshape(length, 3, heads, -1)
            queries, keys, values = parts.transpose(1, 2, 0, 3)
            step = max(1, MAX_SINGLE_CORE_PRODUCTS * heads // (hidden * int(length)))
            for first in range(0, length, step):
                mixed = _attend(queries[:, first : first + step], keys, values)
                found[start + first : start + min(first + step, length)] = mixed
        return found


def _attend(queries: Matrix, keys: Matrix, values: Matrix) -> Matrix:
    """Return what (heads, n, size) queries take of the values, (n, hidden)."""
    weights: Matrix = queries @ keys.transpose(0, 2, 1)
    weights -= weights.max(axis=2, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=2, keepdims=True)
    mixed: Matrix = (weights @ values).transpose(1, 0, 2).reshape(queries.shape[1], -1)
    return mixed


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
