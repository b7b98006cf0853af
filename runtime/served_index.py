"""The in-memory index of a process: built from PostgreSQL, or mapped from this machine's files."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import structlog
from sqlalchemy import Engine

from db import changes
from db.changes import Position
from db.engine import open_session
from index.catalogue_row import CatalogueRow
from index.mapped_arrays import DamagedIndexFiles
from index.memory import MemoryIndex
from index.query import IndexEntry
from runtime.catalogue_reader import CatalogueReader
from runtime.index_snapshots import IndexSnapshots
from vocabulary.ids import TitleId
from vocabulary.kinds import Space

VECTOR_PAGE_TITLES = 1000  # titles whose vectors are read at once
MAX_CATCH_UP_CHANGES = 5000  # changes; a snapshot that lacks more is rebuilt
APPROXIMATE_MIN_TITLES = 1_000_000  # titles; below, an exact search takes a few milliseconds

log = structlog.get_logger()


class ServedIndex:
    """Implements `CatalogueStructure` over a `MemoryIndex`.

    The rows of `load` need no vectors: they are mapped from a snapshot or read in pages.
    """

    def __init__(
        self,
        database: Engine,
        reader: CatalogueReader,
        snapshots: IndexSnapshots | None = None,
        *,
        min_recall: float = 1.0,
    ) -> None:
        self.index = MemoryIndex()
        self.loading_position = Position()  # at which the rows of the next `load` were read
        self._database = database
        self._reader = reader
        self._snapshots = snapshots
        self._min_recall = min_recall  # 1: exact

    def load(self, rows: Sequence[CatalogueRow]) -> None:
        """Map a snapshot and bring it up to date, or build the index and write one."""
        if self._snapshots is not None:
            try:
                self._load_with_snapshots(self._snapshots, rows)
            except (OSError, DamagedIndexFiles) as error:  # a full disk, say: it stays in memory
                log.warning("index_snapshot_not_written", error=str(error))
            else:
                return
        self._build(rows)

    def update(self, rows: Sequence[CatalogueRow]) -> None:
        """Add or replace titles, with the vectors of the rows."""
        self.index.upsert([row.entry for row in rows])

    def remove(self, title_ids: Collection[TitleId]) -> None:
        """Forget titles."""
        self.index.remove(sorted(title_ids))

    def _load_with_snapshots(self, snapshots: IndexSnapshots, rows: Sequence[CatalogueRow]) -> None:
        with snapshots.exclusive_lock():
            if self._load_newest(snapshots):
                return
            self._build(rows)
            self.index.load(snapshots.write(self.index, self.loading_position))

    def _load_newest(self, snapshots: IndexSnapshots) -> bool:
        """Map the newest snapshot and apply later changes; tell whether one could be used."""
        newest = snapshots.newest()
        if newest is None:
            return False
        folder, position = newest
        with open_session(self._database) as reading:
            ids, _ = changes.since(reading, position, limit=MAX_CATCH_UP_CHANGES)
            if len(ids) >= MAX_CATCH_UP_CHANGES or changes.ALL_TITLES in ids:
                return False
            entries = self._reader.read_entries(reading, ids)
        try:
            self.index.load(folder)
        except DamagedIndexFiles as error:
            log.warning("index_snapshot_ignored", error=str(error))
            return False
        self.index.upsert(entries)
        self.index.remove(sorted(set(ids) - {entry.title_id for entry in entries}))
        return True

    def _build(self, rows: Sequence[CatalogueRow]) -> None:
        self.index.replace(self._entries_with_vectors(rows))
        if self._min_recall < 1 and len(self.index) >= APPROXIMATE_MIN_TITLES:
            recall = self.index.use_inverted_lists(Space.CONTENT, self._min_recall)
            log.info("index_lists_tried", min_recall=self._min_recall, recall=recall)

    def _entries_with_vectors(self, rows: Sequence[CatalogueRow]) -> Iterator[IndexEntry]:
        with open_session(self._database) as reading:
            for start in range(0, len(rows), VECTOR_PAGE_TITLES):
                page = [row.entry for row in rows[start : start + VECTOR_PAGE_TITLES]]
                vectors = self._reader.read_vectors(reading, [entry.title_id for entry in page])
                for entry in page:
                    yield replace(entry, vectors=vectors.get(entry.title_id, {}))
