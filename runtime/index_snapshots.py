"""The saved index of this machine, which its processes map instead of reading every vector."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.changes import Position
from embedded import locks
from index import mapped_arrays
from index.memory import MemoryIndex

SNAPSHOT_LAYOUT = "1"  # of the files; those of another layout are not used
MANIFEST_FILE = "saved.json"
LOCK_TIMEOUT_S = 600.0  # for another process that writes the files
MAX_SNAPSHOT_AGE = timedelta(days=1)  # the freshness signal is that of the day


class IndexSnapshots:
    """A folder of folders, one for each state of the index; the newest counts."""

    def __init__(self, folder: Path, models: str) -> None:
        self._folder = folder
        self._built_from = f"{SNAPSHOT_LAYOUT} {models}"

    @contextmanager
    def exclusive_lock(self) -> Iterator[None]:
        """Keep other processes from writing, and wait until they have finished."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with locks.hold(self._folder / "lock", timeout_s=LOCK_TIMEOUT_S):
            yield

    def newest(self) -> tuple[Path, Position] | None:
        """Return the newest index of the same models, and the position that it is as of."""
        for folder in reversed(self._snapshot_folders()):
            try:
                manifest = json.loads((folder / MANIFEST_FILE).read_text())
                position = Position(**manifest["position"])
                age = datetime.now(UTC) - datetime.fromisoformat(manifest["at"])
                is_usable = manifest["built_from"] == self._built_from and age < MAX_SNAPSHOT_AGE
            except (OSError, ValueError, KeyError, TypeError):  # cut off, or of another layout
                continue
            if is_usable and position.seal:
                return folder, position
        return None

    def write(self, index: MemoryIndex, position: Position) -> Path:
        """Write an index that misses nothing up to a position, and delete the older ones.

        The folder gets its name once everything in it is on disk, so that a power cut leaves no
        half of one. Raises `OSError`.
        """
        older = self._snapshot_folders()
        number = int(older[-1].name) + 1 if older else 1
        folder, draft = self._folder / f"{number:09}", self._folder / f".writing-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            index.save(draft)
            manifest = {
                "built_from": self._built_from,
                "position": asdict(position),
                "at": datetime.now(UTC).isoformat(),
            }
            (draft / MANIFEST_FILE).write_text(json.dumps(manifest))
            mapped_arrays.flush_to_disk(draft)
            draft.rename(folder)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        for abandoned in self._folder.glob(".writing-*"):  # of processes that were killed
            shutil.rmtree(abandoned, ignore_errors=True)
        for folder_before in older:  # processes that map it keep its pages
            shutil.rmtree(folder_before, ignore_errors=True)
        mapped_arrays.sync(self._folder)
        return folder

    def _snapshot_folders(self) -> list[Path]:
        """Return the folders of snapshots, oldest first, without others such as lost+found."""
        folders = self._folder.iterdir()
        return sorted(each for each in folders if each.name.isdecimal() and each.is_dir())
