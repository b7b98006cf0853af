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

LIBRARY = "_scan"
TERMS = 4  # similarity, popularity, regional, freshness

Words = NDArray[np.uint64]  # a bit per row
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class RowsPointers(Structure):
    """`Rows` of scan.c."""

    _fields_ = (
        *((name, c_void_p) for name in ("codes", "scales", "losses", "vectors", "died", "ids")),
        ("popularity", c_void_p),
        ("freshness", c_void_p),
        ("n", c_int64),
        ("version", ctypes.c_uint32),
        ("d", c_int32),
        ("stride", c_int32),
        ("half", c_int32),
    )


class QueryPointers(Structure):
    """`Query` of scan.c."""

    _fields_ = (
        *((name, c_void_p) for name in ("vector", "mask", "regional", "weights")),
        *((name, c_double) for name in ("popularity", "freshness", "total")),
        ("ids", c_void_p),
        ("terms", c_void_p),
        *((name, c_int64) for name in ("k", "found", "rescored")),
        ("regions", c_int32),
    )


class Blend(NamedTuple):
    """What boosts add: each a weight times a signal."""

    popularity: float
    freshness: float
    regional: tuple[Doubles, ...]  # (capacity,) each
    weights: Doubles  # (regions,)

    @property
    def total(self) -> float:
        """The most that boosts add or take."""
        return abs(self.popularity) + abs(self.freshness) + float(np.abs(self.weights).sum())


class Asked(NamedTuple):
    """A query over the rows of a space."""

    vector: Floats | None  # (d,)
    mask: Words | None
    blend: Blend
    k: int


class Answer(NamedTuple):
    """The best titles, best first."""

    ids: NDArray[np.int64]  # (m,)
    terms: Doubles  # (4, m)


@dataclass(frozen=True, slots=True)
class Kernel:
    """One of the ways in which scan.c scores rows."""

    name: str
    number: int

    def search(self, rows: RowsPointers, asked: Sequence[Asked], *, cores: int) -> list[Answer]:
        """Answer each; all share one pass over the rows.

        Raises `MemoryError`.
        """
        queries = (QueryPointers * len(asked))()
        # Named, for Python must not let go of what the kernel reads and writes.
        held = [_fill(query, one) for query, one in zip(queries, asked, strict=True)]
        if not _library().rasika_search(byref(rows), queries, len(asked), cores, self.number):
            raise MemoryError("no memory for a search")
        return [
            Answer(ids[: query.found], terms[:, : query.found])
            for query, (ids, terms, _) in zip(queries, held, strict=True)
        ]


def kernels() -> list[Kernel]:
    """Return those that this machine has, quickest first; none where the library was not built."""
    library, found = _library(), []
    number = 0
    while library is not None and (name := library.rasika_way(number)) is not None:
        if name:
            found.append(Kernel(name.decode(), number))
        number += 1
    return found


@lru_cache(maxsize=1)
def quickest() -> Kernel | None:
    """Return the kernel that serves, if there is one."""
    return next(iter(kernels()), None)


def name() -> str:
    """Return what makes the first pass, for people."""
    kernel = quickest()
    return f"int8, {kernel.name}" if kernel else "float32, NumPy"


def address(array: NDArray[Any]) -> int:
    """Return where a contiguous array lies."""
    where: int = array.__array_interface__["data"][0]
    return where


def _fill(query: QueryPointers, asked: Asked) -> tuple[NDArray[np.int64], Doubles, Any]:
    blend, k = asked.blend, asked.k
    ids, terms = np.empty(k, np.int64), np.empty((TERMS, k))
    regional = (c_void_p * len(blend.regional))(*map(address, blend.regional))
    vector = None if asked.vector is None else np.ascontiguousarray(asked.vector, np.float32)
    query.vector = None if vector is None else address(vector)
    query.mask = None if asked.mask is None else address(asked.mask)
    query.regional = ctypes.addressof(regional)
    query.weights = address(blend.weights)
    query.popularity, query.freshness = blend.popularity, blend.freshness
    query.total = blend.total
    query.ids, query.terms = address(ids), address(terms)
    query.k, query.regions = k, len(blend.regional)
    return ids, terms, (regional, vector)


@lru_cache(maxsize=1)
def _library() -> Any:
    for suffix in EXTENSION_SUFFIXES:
        path = Path(__file__).with_name(LIBRARY + suffix)
        if path.exists():
            break
    else:
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError:  # built for another machine
        return None
    if _sizes(library) != ctypes.sizeof(RowsPointers) << 32 | ctypes.sizeof(QueryPointers):
        return None  # built of older sources
    library.rasika_way.restype = c_char_p
    library.rasika_search.argtypes = (
        POINTER(RowsPointers), POINTER(QueryPointers), c_int64, c_int, c_int
    )  # fmt: skip
    return library


def _sizes(library: Any) -> int:
    try:
        library.rasika_sizes.restype = c_int64
    except AttributeError:
        return 0
    return int(library.rasika_sizes())
