"""Arrays of as many rows as there is room for: in memory, or of a folder's files, copied on write.

Files are mapped, so processes that map the same folder share its pages, and a page that one of them
writes to becomes its own. They are as long as there is room, and as large as what was written: the
rest is a hole.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

DIRECTORY_FILE = "arrays.json"
ARRAY_SUFFIX = ".bin"


class MappedArrays:
    """Arrays (capacity, ...) by name, of zeros where nothing was kept."""

    def __init__(self, capacity: int, folder: Path | None = None) -> None:
        self.capacity = capacity
        self._arrays: dict[str, NDArray[Any]] = {}
        self._mapped_files = _map_files(folder) if folder else {}

    def get_or_create(self, name: str, dtype: DTypeLike, width: int | None = None) -> NDArray[Any]:
        """Return an array, (capacity,) or (capacity, width), made when it is first asked for."""
        if name not in self._arrays:
            shape = (self.capacity,) if width is None else (self.capacity, width)
            kept = self._mapped_files.get(name)
            self._arrays[name] = np.zeros(shape, dtype) if kept is None else kept
        return self._arrays[name]

    def by_name(self) -> Mapping[str, NDArray[Any]]:
        """Return all that were asked for."""
        return self._arrays


def write_arrays(folder: Path, arrays: Mapping[str, NDArray[Any]], n: int, capacity: int) -> None:
    """Write the first `n` rows of arrays, with room for `capacity`."""
    told = {}
    for number, (name, array) in enumerate(arrays.items()):
        path = folder / f"{number}{ARRAY_SUFFIX}"
        with path.open("wb") as file:
            np.ascontiguousarray(array[:n]).tofile(file)
            file.truncate(capacity * array.itemsize * (array.size // max(len(array), 1)))
            os.fsync(file.fileno())  # what tells that all is there is written after it
        told[name] = {"file": path.name, "dtype": array.dtype.str, "shape": list(array.shape[1:])}
    (folder / DIRECTORY_FILE).write_text(json.dumps({"capacity": capacity, "arrays": told}))


def read_capacity(folder: Path) -> int:
    """Return how many rows the files of a folder have room for."""
    return int(json.loads((folder / DIRECTORY_FILE).read_text())["capacity"])


def _map_files(folder: Path) -> dict[str, NDArray[Any]]:
    directory = json.loads((folder / DIRECTORY_FILE).read_text())
    return {
        # A plain array of the map: the class of its own costs with every slice.
        name: np.asarray(
            np.memmap(
                folder / told["file"],
                np.dtype(told["dtype"]),
                mode="c",
                shape=(directory["capacity"], *told["shape"]),
            )
        )
        for name, told in directory["arrays"].items()
    }
