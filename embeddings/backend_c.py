"""The model run by encoder.c, which is compiled when the package is installed."""

import ctypes
from collections.abc import Sequence
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_float,
    c_int32,
    c_int64,
    c_void_p,
    sizeof,
)
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
    WeightsAndBias,
)
from embeddings.tokenizer import TokenIds
from vocabulary.arrays import Matrix

LIBRARY_NAME = "_encoder"
HEAD_SIZE = 32  # of attention, fixed in encoder.c


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
        *(
            (name, _CLinear)
            for name in ("qkv", "attention_output", "feed_forward_in", "feed_forward_out")
        ),
        ("attention_norm", _CNorm),
        ("output_norm", _CNorm),
    )


class _CModel(Structure):
    _fields_ = (
        ("layer_array", POINTER(_CLayer)),
        ("word_embeddings", c_void_p),
        ("position_embeddings", c_void_p),
        ("embedding_norm", _CNorm),
        ("epsilon", c_float),
        *((name, c_int32) for name in ("layers", "hidden", "inner")),
    )


class InstructionSet(NamedTuple):
    """Processor instructions that encoder.c can multiply with."""

    name: str
    number: int


class CBackend:
    """Passes through the model, each on one core with the interpreter's lock released.

    Raises `ValueError` for a model whose shape encoder.c does not support.
    """

    def __init__(self, model: E5Model, instruction_set: InstructionSet) -> None:
        shape = model.shape
        if shape.hidden != shape.heads * HEAD_SIZE or shape.feed_forward % WEIGHTS_PER_BLOCK:
            raise ValueError(f"the encoder supports heads of {HEAD_SIZE} numbers, not {shape}")
        self.name = f"{instruction_set.name}, eight bits"
        self._instruction_set = instruction_set.number
        self._hidden = shape.hidden
        self._vocabulary_size = len(model.word_embeddings)
        self._max_tokens = len(model.position_embeddings)
        self._pinned_arrays: list[Any] = []  # kept alive: the structures below point to them
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

        Raises `MemoryError`, and `ValueError` for tokens or lengths outside the model.
        """
        lengths = np.array([len(sequence) for sequence in sequences], np.int32)
        ids = np.fromiter(chain.from_iterable(sequences), np.int32, int(lengths.sum()))
        self._check_bounds(ids, lengths)
        means = np.empty((len(lengths), self._hidden), np.float32)
        arguments = (
            self._instruction_set,
            _address_of(ids),
            _address_of(lengths),
            len(lengths),
            _address_of(means),
        )
        if not load_library().rasika_means(byref(self._model), *arguments):
            raise MemoryError("no memory for a pass through the model")
        return means

    def _check_bounds(self, ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> None:
        """Check what encoder.c uses as indices into the embeddings without looking."""
        if not len(lengths) or lengths.min() < 1 or lengths.max() > self._max_tokens:
            raise ValueError(f"sequences must have 1 to {self._max_tokens} tokens")
        if ids.min() < 0 or ids.max() >= self._vocabulary_size:
            raise ValueError(f"token ids must be below {self._vocabulary_size}")

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
        targets = (nibbles, scales, zeros)
        inputs = blocks * WEIGHTS_PER_BLOCK
        source = np.ascontiguousarray(packed.blocks)
        load_library().rasika_pack(_address_of(source), outputs, inputs, *map(_address_of, targets))
        addresses = map(self._pinned_address, (*targets, packed.bias))
        return _CLinear(*addresses, outputs, inputs)

    def _norm_pointers(self, weights: WeightsAndBias) -> _CNorm:
        return _CNorm(*map(self._pinned_address, weights))

    def _pinned_address(self, array: NDArray[Any]) -> int:
        if not array.flags.c_contiguous:
            raise ValueError("the encoder reads contiguous arrays only")
        self._pinned_arrays.append(array)
        return _address_of(array)


def available_instruction_sets() -> list[InstructionSet]:
    """Return those of this processor, fastest first; none without the library."""
    library, available = load_library(), []
    number = 0
    while library is not None and (name := library.rasika_instruction_set(number)) is not None:
        if name:
            available.append(InstructionSet(name.decode(), number))
        number += 1
    return available


@lru_cache(maxsize=1)
def load_library() -> Any:
    """Return the library, or None if it was not built, or built from other sources or elsewhere."""
    paths = [Path(__file__).with_name(LIBRARY_NAME + suffix) for suffix in EXTENSION_SUFFIXES]
    path = next(filter(Path.exists, paths), None)
    if path is None:
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError:  # built for another machine
        return None
    if not _has_expected_structs(library):
        return None
    library.rasika_instruction_set.restype = c_char_p
    arrays = [c_void_p] * 3
    library.rasika_pack.argtypes = [c_void_p, c_int32, c_int32, *arrays]
    library.rasika_pack.restype = None
    library.rasika_means.argtypes = [
        POINTER(_CModel), c_int32, c_void_p, c_void_p, c_int32, c_void_p
    ]  # fmt: skip
    return library


def _has_expected_structs(library: Any) -> bool:
    """Return whether structs have the same size here and there; older libraries do not say."""
    try:
        library.rasika_struct_sizes.restype = c_int64
    except AttributeError:
        return False
    return int(library.rasika_struct_sizes()) == sizeof(_CModel) << 32 | sizeof(_CLayer)


def _address_of(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
