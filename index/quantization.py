"""Vectors in eight bits, for a first pass over a quarter of the memory (see scan.c)."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from index.mapped_arrays import Arrays
from index.query import Matrix

LEVELS = 127
ZERO = 128  # codes are unsigned: the kernels multiply them so
BLOCK = 64  # bytes that a kernel takes at once

Floats = NDArray[np.float32]


class Codes:
    """The codes of a space's rows: x = scale (code - 128) + what is lost."""

    def __init__(self, arrays: Arrays, space: str, dimensions: int) -> None:
        self._d = dimensions
        self.stride = -(-dimensions // BLOCK) * BLOCK
        self.codes = cast(NDArray[np.uint8], arrays.get(f"{space}.codes", np.uint8, self.stride))
        self.scales = cast(Floats, arrays.get(f"{space}.scales", np.float32))
        self.losses = cast(Floats, arrays.get(f"{space}.losses", np.float32))  # lengths

    def put(self, rows: NDArray[np.int64], vectors: Matrix) -> None:
        """Code the vectors of rows that no snapshot shows yet."""
        scales = np.abs(vectors).max(axis=1, keepdims=True) / np.float32(LEVELS)
        scales[scales == 0] = 1.0
        codes = np.rint(vectors / scales)
        # What is asked of the bytes beyond the last number is nothing, whatever they are.
        self.codes[rows, : self._d] = (codes + ZERO).astype(np.uint8)
        self.scales[rows] = scales[:, 0]
        self.losses[rows] = np.linalg.norm(vectors - codes * scales, axis=1)
