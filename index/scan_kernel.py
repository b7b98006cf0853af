"""The kernels of scan.c: which of them this machine has, and searches by one of them."""

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_void_p
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vocabulary.arrays import BitMask, Float32Array, Float64Array

LIBRARY_NAME = "_scan"
SCORE_TERMS = 4  # similarity, popularity, regional, freshness


class ScanRows(Structure):
    """`ScanRows` of scan.c."""

    _fields_ = (
        *(
            (name, c_void_p)
            for name in ("codes", "scales", "error_norms", "vectors", "end_versions", "ids")
        ),
        ("popularity", c_void_p),
        ("freshness", c_void_p),
        ("n", c_int64),
        ("version", ctypes.c_uint32),
        ("d", c_int32),
        ("stride", c_int32),
        ("half", c_int32),
    )


class ScanQuery(Structure):
    """`ScanQuery` of scan.c."""

    _fields_ = (
        *((name, c_void_p) for name in ("vector", "mask", "regional", "region_weights")),
        *((name, c_double) for name in ("popularity", "freshness", "max_boost")),
        ("ids", c_void_p),
        ("terms", c_void_p),
        *((name, c_int64) for name in ("k", "hit_count", "rescored_count")),
        ("region_count", c_int32),
    )


class BoostTerms(NamedTuple):
    """What boosts add: each a weight times a signal."""

    popularity: float
    freshness: float
    regional: tuple[Float64Array, ...]  # (capacity,) each
    weights: Float64Array  # (regions,)

    @property
    def max_change(self) -> float:
        """The most that boosts add or take."""
        return abs(self.popularity) + abs(self.freshness) + float(np.abs(self.weights).sum())


class KernelQuery(NamedTuple):
    """A query over the rows of a space."""

    vector: Float32Array | None  # (d,)
    mask: BitMask | None
    boost_terms: BoostTerms
    k: int


class KernelAnswer(NamedTuple):
    """The best titles, best first."""

    ids: NDArray[np.int64]  # (m,)
    terms: Float64Array  # (4, m)


@dataclass(frozen=True, slots=True)
class ScanKernel:
    """One of the ways in which scan.c scores rows."""

    name: str
    variant: int

    def search(
        self, rows: ScanRows, kernel_queries: Sequence[KernelQuery], *, cores: int
    ) -> list[KernelAnswer]:
        """Answer each; all share one pass over the rows.

        Raises `MemoryError`.
        """
        queries = (ScanQuery * len(kernel_queries))()
        # Named, for Python must not let go of what the kernel reads and writes.
        held = [_fill_query(query, one) for query, one in zip(queries, kernel_queries, strict=True)]
        if not _load_library().rasika_search(
            byref(rows), queries, len(kernel_queries), cores, self.variant
        ):
            raise MemoryError("no memory for a search")
        return [
            KernelAnswer(ids[: query.hit_count], terms[:, : query.hit_count])
            for query, (ids, terms, _) in zip(queries, held, strict=True)
        ]


def available_kernels() -> list[ScanKernel]:
    """Return those that this machine has, quickest first; none where the library was not built."""
    library, found = _load_library(), []
    number = 0
    while library is not None and (name := library.rasika_variant(number)) is not None:
        if name:
            found.append(ScanKernel(name.decode(), number))
        number += 1
    return found


@lru_cache(maxsize=1)
def fastest_kernel() -> ScanKernel | None:
    """Return the kernel that serves, if there is one."""
    return next(iter(available_kernels()), None)


def kernel_description() -> str:
    """Return what makes the first pass, for people."""
    kernel = fastest_kernel()
    return f"int8, {kernel.name}" if kernel else "float32, NumPy"


def address_of(array: NDArray[Any]) -> int:
    """Return where a contiguous array lies."""
    where: int = array.__array_interface__["data"][0]
    return where


def _fill_query(
    query: ScanQuery, kernel_query: KernelQuery
) -> tuple[NDArray[np.int64], Float64Array, Any]:
    blend, k = kernel_query.boost_terms, kernel_query.k
    ids, terms = np.empty(k, np.int64), np.empty((SCORE_TERMS, k))
    regional = (c_void_p * len(blend.regional))(*map(address_of, blend.regional))
    vector = (
        None
        if kernel_query.vector is None
        else np.ascontiguousarray(kernel_query.vector, np.float32)
    )
    query.vector = None if vector is None else address_of(vector)
    query.mask = None if kernel_query.mask is None else address_of(kernel_query.mask)
    query.regional = ctypes.addressof(regional)
    query.region_weights = address_of(blend.weights)
    query.popularity, query.freshness = blend.popularity, blend.freshness
    query.max_boost = blend.max_change
    query.ids, query.terms = address_of(ids), address_of(terms)
    query.k, query.region_count = k, len(blend.regional)
    return ids, terms, (regional, vector)


@lru_cache(maxsize=1)
def _load_library() -> Any:
    for suffix in EXTENSION_SUFFIXES:
        path = Path(__file__).with_name(LIBRARY_NAME + suffix)
        if path.exists():
            break
    else:
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError:  # built for another machine
        return None
    if _struct_sizes(library) != ctypes.sizeof(ScanRows) << 32 | ctypes.sizeof(ScanQuery):
        return None  # built of older sources
    library.rasika_variant.restype = c_char_p
    library.rasika_search.argtypes = (
        POINTER(ScanRows), POINTER(ScanQuery), c_int64, c_int, c_int
    )  # fmt: skip
    return library


def _struct_sizes(library: Any) -> int:
    try:
        library.rasika_struct_sizes.restype = c_int64
    except AttributeError:
        return 0
    return int(library.rasika_struct_sizes())
