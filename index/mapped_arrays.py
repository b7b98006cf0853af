"""Arrays with spare rows, in memory or mapped from a folder's files, copied on write.

Processes that map the same folder share its pages; a page that one of them writes to becomes its
own. A file is as long as the capacity but takes only the space of what was written: the rest is a
hole.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

DIRECTORY_FILE = "arrays.json"
ARRAY_SUFFIX = ".bin"
ROWS_PER_WORD = 64  # a capacity is a multiple of it: the kernels read masks by whole words


class DamagedIndexFiles(ValueError):
    """Files that were cut off, altered, or written by another version."""


class MappedArrays:
    """Arrays (capacity, ...) by name, zero where nothing was stored."""

    def __init__(self, capacity: int, folder: Path | None = None) -> None:
        self.capacity = capacity
        self._arrays: dict[str, NDArray[Any]] = {}
        self._mapped_files = _map_files(folder) if folder else {}

    def get_or_create(self, name: str, dtype: DTypeLike, width: int | None = None) -> NDArray[Any]:
        """Return an array, (capacity,) or (capacity, width), created on first use.

        Raises `DamagedIndexFiles` where a file holds another shape or type.
        """
        if name not in self._arrays:
            shape = (self.capacity,) if width is None else (self.capacity, width)
            mapped = self._mapped_files.get(name)
            if mapped is None:
                self._arrays[name] = np.zeros(shape, dtype)
            elif mapped.shape == shape and mapped.dtype == np.dtype(dtype):
                self._arrays[name] = mapped
            else:
                raise DamagedIndexFiles(f"{name} has the shape {mapped.shape} of {mapped.dtype}")
        return self._arrays[name]

    def by_name(self) -> Mapping[str, NDArray[Any]]:
        """Return the arrays in use."""
        return self._arrays


def write_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]], n: int, capacity: int) -> None:
    """Write the first `n` rows of arrays, with room for `capacity`."""
    files = {}
    for number, (name, array) in enumerate(arrays.items()):
        path = folder / f"{number}{ARRAY_SUFFIX}"
        with path.open("wb") as file:
            np.ascontiguousarray(array[:n]).tofile(file)
            file.truncate(capacity * array.itemsize * (array.size // max(len(array), 1)))
        files[name] = {"file": path.name, "dtype": array.dtype.str, "shape": list(array.shape[1:])}
    (folder / DIRECTORY_FILE).write_text(json.dumps({"capacity": capacity, "arrays": files}))


def flush_to_disk(folder: Path) -> None:
    """Make a folder and every file in it survive a power cut."""
    for path in folder.iterdir():
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_capacity(folder: Path) -> int:
    """Return how many rows the files of a folder have room for.

    Raises `DamagedIndexFiles`.
    """
    capacity = json.loads((folder / DIRECTORY_FILE).read_text())["capacity"]
    if not isinstance(capacity, int) or capacity <= 0 or capacity % ROWS_PER_WORD:
        raise DamagedIndexFiles(f"a capacity of {capacity} rows")
    return capacity


def _map_files(folder: Path) -> dict[str, NDArray[Any]]:
    directory = json.loads((folder / DIRECTORY_FILE).read_text())
    return {
        name: _map_file(
            folder / stored["file"],
            np.dtype(stored["dtype"]),
            (directory["capacity"], *stored["shape"]),
        )
        for name, stored in directory["arrays"].items()
    }


def _map_file(path: Path, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> NDArray[Any]:
    # Reading past the end of a file that is mapped kills the process (SIGBUS).
    expected, actual = math.prod(shape) * dtype.itemsize, path.stat().st_size
    if actual != expected:
        raise DamagedIndexFiles(f"{path.name} has {actual} bytes instead of {expected}")
    # A plain array over the map: slices of `np.memmap` itself are slow.
    return np.asarray(np.memmap(path, dtype, mode="c", shape=shape))
