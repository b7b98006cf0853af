"""The index in files of this machine, which its processes map instead of reading every vector."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from db.changes import Position
from embedded import locks
from index.memory import MemoryIndex

SNAPSHOT_LAYOUT = "1"  # of the files; another makes them be written anew
MANIFEST_FILE = "saved.json"
LOCK_TIMEOUT_S = 600.0  # for another process that writes the files
MAX_SNAPSHOT_AGE = timedelta(days=1)  # freshness is that of the day

log = structlog.get_logger()


class IndexSnapshots:
    """A folder of folders, one for each state of the index; the newest counts."""

    def __init__(self, folder: Path, models: str) -> None:
        self._folder = folder
        self._built_from = f"{SNAPSHOT_LAYOUT} {models}"

    @contextmanager
    def exclusive_lock(self) -> Iterator[None]:
        """Keep other processes from writing, and wait until they have."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with locks.hold(self._folder / "lock", timeout_s=LOCK_TIMEOUT_S):
            yield

    def newest(self) -> tuple[Path, Position] | None:
        """Return the newest index of the same models, and the position that it is as of."""
        for folder in reversed(self._snapshot_folders()):
            try:
                told = json.loads((folder / MANIFEST_FILE).read_text())
                position = Position(**told["position"])
                fresh = datetime.now(UTC) - datetime.fromisoformat(told["at"]) < MAX_SNAPSHOT_AGE
            except (OSError, ValueError, KeyError, TypeError):  # cut off, or by another layout
                continue
            if fresh and told["built_from"] == self._built_from and position.seal:
                return folder, position
        return None

    def write(self, index: MemoryIndex, position: Position) -> Path:
        """Write an index as it is at least as of a position, and drop the older ones.

        Raises `OSError`.
        """
        before = self._snapshot_folders()
        number = int(before[-1].name) + 1 if before else 1
        folder = self._folder / f"{number:09}"
        folder.mkdir()
        try:
            index.save(folder)
            told = {
                "built_from": self._built_from,
                "position": asdict(position),
                "at": datetime.now(UTC).isoformat(),
            }
            (folder / MANIFEST_FILE).write_text(json.dumps(told))
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for old in before:  # what is mapped of them stays until it is let go of
            shutil.rmtree(old, ignore_errors=True)
        return folder

    def _snapshot_folders(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if path.is_dir())
