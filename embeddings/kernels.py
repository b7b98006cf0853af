"""The matrix products of a transformer, by whichever kernel this machine runs fastest.

NumKong's bfloat16 (AVX-512 BF16, AMX, NEON) reads half the bytes of float32 and was 2.4 times as
fast as OpenBLAS at 22 tokens on one Zen 5 core; without such instructions OpenBLAS wins. Weights in
four bits lose nothing in either: a model's vectors agree to a cosine of 0.9999.
"""

import time
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vocabulary.arrays import Matrix

try:
    import numkong
except ImportError:  # no wheel for this machine
    NUMKONG: Any = None
else:
    NUMKONG = numkong

TRIED = (16, 384, 1536)  # tokens, and the model's widest layer
TRIES = 20

Bias = NDArray[np.float32]


class Linear(Protocol):
    """A layer `x W^T + b`, from (tokens, inputs) to (tokens, outputs)."""

    def __call__(self, x: Matrix) -> Matrix:
        """Return a new array."""
        ...


class Float32:
    """Through NumPy's BLAS."""

    name = "NumPy float32"

    def __init__(self, weights: Matrix, bias: Bias) -> None:
        self._weights = np.ascontiguousarray(weights.T)
        self._bias = bias

    def __call__(self, x: Matrix) -> Matrix:
        """Return a new array."""
        found: Matrix = x @ self._weights
        found += self._bias
        return found


class BFloat16:
    """Through NumKong, on one core and without the interpreter's lock."""

    name = "NumKong bfloat16"

    def __init__(self, weights: Matrix, bias: Bias) -> None:
        rows = NUMKONG.Tensor(np.ascontiguousarray(weights)).astype("bfloat16")
        self._weights = NUMKONG.dots_pack(rows)
        self._bias = bias

    def __call__(self, x: Matrix) -> Matrix:
        """Return a new array."""
        rows = NUMKONG.Tensor(np.ascontiguousarray(x)).astype("bfloat16")
        found: Matrix = np.asarray(NUMKONG.dots_packed(rows, self._weights))
        found += self._bias
        return found


Kernel = type[Float32] | type[BFloat16]


@lru_cache(maxsize=1)
def fastest() -> Kernel:
    """Return the kernel that was faster just now, in some milliseconds of trying."""
    return Float32 if NUMKONG is None or _seconds(Float32) < _seconds(BFloat16) else BFloat16


def _seconds(kernel: Kernel) -> float:
    tokens, inputs, outputs = TRIED
    x = np.ones((tokens, inputs), np.float32)
    layer = kernel(np.ones((outputs, inputs), np.float32), np.zeros(outputs, np.float32))
    layer(x)
    taken = []
    for _ in range(TRIES):
        began = time.perf_counter()
        layer(x)
        taken.append(time.perf_counter() - began)
    return min(taken)
