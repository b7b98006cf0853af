"""The model run by encoder.c, which is built where the package is installed."""

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_char_p, c_float, c_int32, c_void_p
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.model_file import (
    WEIGHTS_PER_BLOCK,
    E5Model,
    QuantizedLayer,
    QuantizedWeights,
    TokenIds,
    WeightsAndBias,
)
from vocabulary.arrays import Matrix

LIBRARY_NAME = "_encoder"
HEAD_SIZE = 32  # the size of a head that it knows


class _CLinear(Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("nibbles", "scales", "zeros", "bias")),
        ("outputs", c_int32),
        ("inputs", c_int32),
    )


class _CNorm(Structure):
    _fields_ = (("weight", c_void_p), ("bias", c_void_p))


class _CLayer(Structure):
    _fields_ = (
        *((name, _CLinear) for name in ("attend", "mix", "widen", "narrow")),
        ("after_attention", _CNorm),
        ("after_inner", _CNorm),
    )


class _CModel(Structure):
    _fields_ = (
        ("layer", POINTER(_CLayer)),
        ("words", c_void_p),
        ("places", c_void_p),
        ("first", _CNorm),
        ("epsilon", c_float),
        *((name, c_int32) for name in ("layers", "hidden", "inner")),
    )


class InstructionSet(NamedTuple):
    """One of the ways in which encoder.c multiplies."""

    name: str
    number: int


class CBackend:
    """Passes through the model, each on one core and without the interpreter's lock.

    Raises `ValueError` for a model of another shape.
    """

    def __init__(self, model: E5Model, instruction_set: InstructionSet) -> None:
        shape = model.shape
        if shape.hidden != shape.heads * HEAD_SIZE or shape.feed_forward % WEIGHTS_PER_BLOCK:
            raise ValueError(f"heads of {HEAD_SIZE} numbers are known, not {shape}")
        self.name = f"{instruction_set.name}, eight bits"
        self._instruction_set = instruction_set.number
        self._hidden = shape.hidden
        self._pinned_arrays: list[Any] = []  # what the structures below point to
        layers = (_CLayer * shape.layers)(*map(self._pack_layer, model.quantized_layers()))
        self._pinned_arrays.append(layers)
        self._model = _CModel(
            layers,
            self._pinned_address(model.word_embeddings),
            self._pinned_address(model.position_embeddings),
            self._norm_pointers(model.embedding_norm),
            shape.epsilon,
            shape.layers,
            shape.hidden,
            shape.feed_forward,
        )

    def mean_vectors(self, sequences: Sequence[TokenIds]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each sequence.

        Raises `MemoryError`.
        """
        lengths = np.array([len(sequence) for sequence in sequences], np.int32)
        ids = np.fromiter(chain.from_iterable(sequences), np.int32, int(lengths.sum()))
        means = np.empty((len(lengths), self._hidden), np.float32)
        told = (
            self._instruction_set,
            _address_of(ids),
            _address_of(lengths),
            len(lengths),
            _address_of(means),
        )
        if not load_library().rasika_means(byref(self._model), *told):
            raise MemoryError("no memory for a pass through the model")
        return means

    def _pack_layer(self, layer: QuantizedLayer) -> _CLayer:
        products = (
            layer.qkv,
            layer.attention_output,
            layer.feed_forward_in,
            layer.feed_forward_out,
        )
        return _CLayer(
            *map(self._pack_linear, products),
            self._norm_pointers(layer.attention_norm),
            self._norm_pointers(layer.output_norm),
        )

    def _pack_linear(self, packed: QuantizedWeights) -> _CLinear:
        outputs, blocks = packed.blocks.shape
        nibbles = np.empty(outputs * blocks * WEIGHTS_PER_BLOCK // 2, np.uint8)
        scales, zeros = np.empty(outputs * blocks, np.float32), np.empty(outputs * blocks, np.int32)
        into = (nibbles, scales, zeros)
        load_library().rasika_pack(
            _address_of(packed.blocks), outputs, blocks * WEIGHTS_PER_BLOCK, *map(_address_of, into)
        )
        where = map(self._pinned_address, (*into, packed.bias))
        return _CLinear(*where, outputs, blocks * WEIGHTS_PER_BLOCK)

    def _norm_pointers(self, weights: WeightsAndBias) -> _CNorm:
        return _CNorm(*map(self._pinned_address, weights))

    def _pinned_address(self, array: NDArray[Any]) -> int:
        self._pinned_arrays.append(array)
        return _address_of(array)


def available_instruction_sets() -> list[InstructionSet]:
    """Return those that this processor knows, quickest first; none without the library."""
    found = []
    number = 0
    while load_library() is not None and (name := load_library().rasika_instruction_set(number)) is not None:
        if name:
            found.append(InstructionSet(name.decode(), number))
        number += 1
    return found


def has_tiles() -> bool:
    """Return whether this processor has AMX, which OpenVINO makes use of and encoder.c does not."""
    return load_library() is not None and bool(load_library().rasika_tiles())


@lru_cache(maxsize=1)
def load_library() -> Any:
    """Return the library, or none where it was not built or was built for another machine."""
    for suffix in EXTENSION_SUFFIXES:
        path = Path(__file__).with_name(LIBRARY_NAME + suffix)
        if path.exists():
            break
    else:
        return None
    try:
        found = ctypes.CDLL(str(path))
    except OSError:
        return None
    found.rasika_instruction_set.restype = c_char_p
    arrays = [c_void_p] * 3
    found.rasika_pack.argtypes = [c_void_p, c_int32, c_int32, *arrays]
    found.rasika_pack.restype = None
    found.rasika_means.argtypes = [
        POINTER(_CModel), c_int32, c_void_p, c_void_p, c_int32, c_void_p
    ]  # fmt: skip
    return found


def _address_of(array: NDArray[Any]) -> int:
    where: int = array.__array_interface__["data"][0]
    return where
