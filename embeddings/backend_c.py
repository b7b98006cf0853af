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

from embeddings.embedder import Matrix
from embeddings.model_file import WEIGHTS, Ids, Model, Packed, PackedLayer, Weights

LIBRARY = "_encoder"
HEAD = 32  # the size of a head that it knows


class _Linear(Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("nibbles", "scales", "zeros", "bias")),
        ("outputs", c_int32),
        ("inputs", c_int32),
    )


class _Normal(Structure):
    _fields_ = (("weight", c_void_p), ("bias", c_void_p))


class _Layer(Structure):
    _fields_ = (
        *((name, _Linear) for name in ("attend", "mix", "widen", "narrow")),
        ("after_attention", _Normal),
        ("after_inner", _Normal),
    )


class _Model(Structure):
    _fields_ = (
        ("layer", POINTER(_Layer)),
        ("words", c_void_p),
        ("places", c_void_p),
        ("first", _Normal),
        ("epsilon", c_float),
        *((name, c_int32) for name in ("layers", "hidden", "inner")),
    )


class Way(NamedTuple):
    """One of the ways in which encoder.c multiplies."""

    name: str
    number: int


class Native:
    """Passes through the model, each on one core and without the interpreter's lock.

    Raises `ValueError` for a model of another shape.
    """

    def __init__(self, model: Model, way: Way) -> None:
        shape = model.shape
        if shape.hidden != shape.heads * HEAD or shape.inner % WEIGHTS:
            raise ValueError(f"heads of {HEAD} numbers are known, not {shape}")
        self.name = f"{way.name}, eight bits"
        self._way = way.number
        self._hidden = shape.hidden
        self._held: list[Any] = []  # what the structures below point to
        layers = (_Layer * shape.layers)(*map(self._layer, model.packed()))
        self._held.append(layers)
        self._model = _Model(
            layers,
            self._address(model.words),
            self._address(model.places),
            self._normal(model.normal),
            shape.epsilon,
            shape.layers,
            shape.hidden,
            shape.inner,
        )

    def means(self, sequences: Sequence[Ids]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each sequence.

        Raises `MemoryError`.
        """
        lengths = np.array([len(sequence) for sequence in sequences], np.int32)
        ids = np.fromiter(chain.from_iterable(sequences), np.int32, int(lengths.sum()))
        means = np.empty((len(lengths), self._hidden), np.float32)
        told = (self._way, _at(ids), _at(lengths), len(lengths), _at(means))
        if not library().rasika_means(byref(self._model), *told):
            raise MemoryError("no memory for a pass through the model")
        return means

    def _layer(self, layer: PackedLayer) -> _Layer:
        products = (layer.attend, layer.mix, layer.widen, layer.narrow)
        return _Layer(
            *map(self._linear, products),
            self._normal(layer.after_attention),
            self._normal(layer.after_inner),
        )

    def _linear(self, packed: Packed) -> _Linear:
        outputs, blocks = packed.blocks.shape
        nibbles = np.empty(outputs * blocks * WEIGHTS // 2, np.uint8)
        scales, zeros = np.empty(outputs * blocks, np.float32), np.empty(outputs * blocks, np.int32)
        into = (nibbles, scales, zeros)
        library().rasika_pack(_at(packed.blocks), outputs, blocks * WEIGHTS, *map(_at, into))
        where = map(self._address, (*into, packed.bias))
        return _Linear(*where, outputs, blocks * WEIGHTS)

    def _normal(self, weights: Weights) -> _Normal:
        return _Normal(*map(self._address, weights))

    def _address(self, array: NDArray[Any]) -> int:
        self._held.append(array)
        return _at(array)


def ways() -> list[Way]:
    """Return those that this processor knows, quickest first; none without the library."""
    found = []
    number = 0
    while library() is not None and (name := library().rasika_way(number)) is not None:
        if name:
            found.append(Way(name.decode(), number))
        number += 1
    return found


def has_tiles() -> bool:
    """Return whether this processor has AMX, which OpenVINO makes use of and encoder.c does not."""
    return library() is not None and bool(library().rasika_tiles())


@lru_cache(maxsize=1)
def library() -> Any:
    """Return the library, or none where it was not built or was built for another machine."""
    for suffix in EXTENSION_SUFFIXES:
        path = Path(__file__).with_name(LIBRARY + suffix)
        if path.exists():
            break
    else:
        return None
    try:
        found = ctypes.CDLL(str(path))
    except OSError:
        return None
    found.rasika_way.restype = c_char_p
    arrays = [c_void_p] * 3
    found.rasika_pack.argtypes = [c_void_p, c_int32, c_int32, *arrays]
    found.rasika_pack.restype = None
    found.rasika_means.argtypes = [
        POINTER(_Model), c_int32, c_void_p, c_void_p, c_int32, c_void_p
    ]  # fmt: skip
    return found


def _at(array: NDArray[Any]) -> int:
    where: int = array.__array_interface__["data"][0]
    return where
