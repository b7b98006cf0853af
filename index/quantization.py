"""Vectors in eight bits, for a first pass over a quarter of the memory (see scan.c)."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from index.mapped_arrays import MappedArrays
from vocabulary.arrays import Float32Array, Matrix

MAX_CODE_MAGNITUDE = 127
ZERO_CODE = 128  # codes are unsigned: the kernels multiply them so
CODE_BLOCK_BYTES = 64  # bytes that a kernel takes at once


class QuantizedVectors:
    """The codes of a space's rows: x = scale (code - 128) + what is lost."""

    def __init__(self, arrays: MappedArrays, space: str, dimensions: int) -> None:
        self._dimensions = dimensions
        self.stride = -(-dimensions // CODE_BLOCK_BYTES) * CODE_BLOCK_BYTES
        self.codes = cast(
            NDArray[np.uint8], arrays.get_or_create(f"{space}.codes", np.uint8, self.stride)
        )
        self.scales = cast(Float32Array, arrays.get_or_create(f"{space}.scales", np.float32))
        self.error_norms = cast(
            Float32Array, arrays.get_or_create(f"{space}.losses", np.float32)
        )  # lengths

    def write(self, rows: NDArray[np.int64], vectors: Matrix) -> None:
        """Code the vectors of rows that no snapshot shows yet."""
        scales = np.abs(vectors).max(axis=1, keepdims=True) / np.float32(MAX_CODE_MAGNITUDE)
        scales[scales == 0] = 1.0
        codes = np.rint(vectors / scales)
        # What is asked of the bytes beyond the last number is nothing, whatever they are.
        self.codes[rows, : self._dimensions] = (codes + ZERO_CODE).astype(np.uint8)
        self.scales[rows] = scales[:, 0]
        self.error_norms[rows] = np.linalg.norm(vectors - codes * scales, axis=1)
