"""Vectors in eight bits: a first pass over a quarter of the memory, with a bound on its error.

A row is kept as x = s c + e, its codes c in -127..127, its scale s = max |x| / 127, and the norm of
what is lost, e. A query is coded alike, q = t b + f. Then

    q . x = s t (b . c) + (t b) . e + f . x

and, x being of unit length, by Cauchy and Schwarz the last two terms are at most
|t b| |e| + |f|. Whoever keeps all rows within twice that of the cut loses none.

The integer products come from NumKong's kernels (AVX-512, NEON …), which run outside Python's
lock, about seven times as fast as NumPy's float32 product at 100,000 x 384.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.query import Matrix, Vector

# There is no wheel for every machine; where it is missing, the float32 pass does it.
NUMKONG: Any = import_module("numkong") if find_spec("numkong") else None

LEVELS = 127
# Added to the bound for the float32 arithmetic around the exact integer products.
ROUNDING = 1e-6

# Rows whose products with a few queries still fit the second cache when they are scaled.
CHUNK = 4096
# Queries that share a pass; the kernel takes them in fours, and more outgrow the cache.
ABREAST = 12

# Rows from which on a shared pass is worth a second core.
WORTH_TWO = 40_000
OTHER_CORE = ThreadPoolExecutor(1, "rasika-codes")  # its thread starts when it is first needed
OTHER_CORE_FREE = threading.Lock()  # nobody waits for another's half

Floats = NDArray[np.float32]  # (n,)


def available() -> bool:
    """Tell whether this machine has kernels for codes."""
    return NUMKONG is not None


def kernel() -> str:
    """Return the name of the first pass, for people."""
    if NUMKONG is None:
        return "NumPy float32"
    flags: dict[str, bool] = NUMKONG.get_capabilities()
    fastest = [name for name, there in flags.items() if there and name != "serial"]
    return f"NumKong int8 ({fastest[-1] if fastest else 'serial'})"


class Codes:
    """The codes of `capacity` rows; rows are written once, past what any snapshot shows."""

    def __init__(self, capacity: int, dimensions: int) -> None:
        self.codes = np.zeros((capacity, dimensions), np.int8)
        self.scales = np.zeros(capacity, np.float32)
        self.lost = 0.0  # the greatest |e| of any row

    def put(self, rows: NDArray[np.int64], vectors: Matrix) -> None:
        """Code the vectors of rows."""
        codes, scales, lost = _coded(vectors)
        self.codes[rows] = codes
        self.scales[rows] = scales
        self.lost = max(self.lost, float(lost.max(initial=0.0)))

    def products(
        self, vector: Vector, n: int, rows: NDArray[np.int64] | None
    ) -> tuple[Floats, float]:
        """Return cosines to some rows, or to the first `n`, and how far off they may be."""
        codes, scales, lost = _coded(vector[np.newaxis])
        some = slice(n) if rows is None else rows
        kept = self.codes[some]
        if not len(kept):
            return np.empty(0, np.float32), 0.0
        found: Floats = np.asarray(NUMKONG.cdist(codes, kept, "dot", out_dtype="float32"))[0]
        found *= self.scales[some]
        found *= scales[0]
        length = float(np.linalg.norm(vector))
        error = (length + float(lost[0])) * self.lost + float(lost[0])
        return found, error + ROUNDING

    def products_of(self, vectors: Matrix, n: int) -> Iterator[tuple[Floats, float]]:
        """Yield for each query what `products` would, over the first `n`.

        A few queries go abreast: the codes are read from memory once for all of them.
        """
        for start in range(0, len(vectors), ABREAST):
            yield from self._abreast(vectors[start : start + ABREAST], n)

    def _abreast(self, vectors: Matrix, n: int) -> Iterator[tuple[Floats, float]]:
        codes, scales, lost = _coded(vectors)
        packed = NUMKONG.dots_pack(codes, dtype="int8")
        found = np.empty((len(vectors), n), np.float32)

        def scored(starts: range) -> None:
            for start in starts:
                chunk = slice(start, min(start + CHUNK, n))
                products = np.asarray(NUMKONG.dots_packed(self.codes[chunk], packed))
                np.multiply(products.T, self.scales[chunk], out=found[:, chunk], casting="unsafe")

        # Half of it on another core if that is free: both work outside Python's lock.
        if n > WORTH_TWO and OTHER_CORE_FREE.acquire(blocking=False):
            try:
                half = OTHER_CORE.submit(scored, range(CHUNK, n, 2 * CHUNK))
                scored(range(0, n, 2 * CHUNK))
                half.result()
            finally:
                OTHER_CORE_FREE.release()
        else:
            scored(range(0, n, CHUNK))
        found *= scales[:, np.newaxis]
        lengths = np.linalg.norm(vectors, axis=1)
        for row, length, loss in zip(found, lengths.tolist(), lost.tolist(), strict=True):
            yield row, (length + loss) * self.lost + loss + ROUNDING


def _coded(vectors: Matrix) -> tuple[NDArray[np.int8], Floats, Floats]:
    """Return codes (m, d), scales (m,) and the norms of what they lose (m,)."""
    scales = np.abs(vectors).max(axis=1, keepdims=True) / LEVELS
    scales[scales == 0] = 1.0
    codes = np.rint(vectors / scales).astype(np.int8)
    lost = np.linalg.norm(vectors - codes * scales, axis=1)
    return codes, scales[:, 0].astype(np.float32), lost.astype(np.float32)
