"""Names for the shapes of NumPy arrays: n rows, d dimensions, m selected rows."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]  # (d,), unit length
Matrix = NDArray[np.float32]  # (n, d), rows of unit length
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
BoolMask = NDArray[np.bool_]  # a byte per row
BitMask = NDArray[np.uint64]  # a bit per row, 64 rows a word
RowNumbers = NDArray[np.int64]  # (m,)
