"""What a serving process holds in memory, kept in step with PostgreSQL through the change log."""

import gc
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from db import changes, plots
from db.changes import Position
from db.engine import open_session
from index.catalogue_row import CatalogueRow
from index.memory import MemoryIndex
from index.query import IndexEntry, VectorIndex
from runtime.catalogue_reader import CatalogueReader
from runtime.change_listener import ChangeListener
from runtime.follower import Follower
from runtime.index_snapshots import IndexSnapshots
from runtime.index_sync import IndexSync
from runtime.result_cache import ResultCache
from search.names.lexical import LexicalIndex
from search.parsing.entity_dictionary import EntityDictionary
from search.plots import PlotIndex
from search.suggestions.suggester import Suggester
from services.seeding import batched
from vocabulary.kinds import Space
from vocabulary.title_summary import TitleSummary

VECTOR_PAGE_TITLES = 1000  # titles whose vectors are read at once
MAX_CATCH_UP_CHANGES = (
    5000  # changes, up to which an index in files is caught up with instead of built anew
)
APPROXIMATE_MIN_TITLES = 1_000_000  # titles; below, an exact search takes a few milliseconds
TITLE_CACHE_CAPACITY = 50_000  # those that feeds consider; some 40 MB when full

log = structlog.get_logger()


class CatalogueView:
    """The index, the names and the listings of every title; swapped or updated as titles change.

    `caught_up_at` tells when PostgreSQL last confirmed that nothing is missing.
    """

    def __init__(
        self,
        engine: Engine,
        loader: CatalogueReader,
        index_sync: IndexSync | None = None,
        *,
        change_listener: ChangeListener | None = None,
        snapshots: IndexSnapshots | None = None,
        min_recall: float = 1.0,
    ) -> None:
        self._engine = engine
        self._snapshots = snapshots
        self._min_recall = min_recall  # 1: exact
        self._model = loader.models.get(Space.CONTENT)
        self._index_sync = index_sync
        self._index_sync_position: Position | None = None
        # Who shares an index has no use for the vectors here.
        self._loader = replace(loader, models={}) if index_sync else loader
        self._loader_without_vectors = replace(loader, models={})
        self._position = Position()
        self.change_listener = change_listener or ChangeListener(engine)
        self._follower = Follower("catalogue", self, self.change_listener)
        self.index: VectorIndex = index_sync.index if index_sync else MemoryIndex()
        self.names = LexicalIndex()
        self.plots = PlotIndex()
        self.entity_dictionary = EntityDictionary()
        self.suggester = Suggester()
        self.titles: dict[int, TitleSummary] = {}
        self._clear_caches()
        self.caught_up_at = 0.0  # seconds, time.monotonic
        self.has_pending_changes = False

    @property
    def model(self) -> str | None:
        """The model of the content vectors; none without one."""
        return self._model

    @property
    def confirmed_at(self) -> float:
        """When both what is here and the index were last known to miss nothing."""
        return min(
            self.caught_up_at, self._index_sync.caught_up_at if self._index_sync else math.inf
        )

    def load(self) -> None:
        """Read everything anew beside what is served, and swap it in."""
        if self._index_sync:
            self._index_sync.prepare()
        rows: list[CatalogueRow] = []
        with open_session(self._engine) as reading:
            position = changes.current_position(reading)
            for page in self._loader_without_vectors.read_pages(reading):
                texts = plots.read(reading, [listing.id for listing, _ in page])
                rows += [
                    CatalogueRow(summary, entry, texts.get(summary.id, ""))
                    for summary, entry in page
                ]
        for structure in (self.names, self.plots, self.entity_dictionary, self.suggester):
            structure.load(rows)
        self.titles = {row.summary.id: row.summary for row in rows}
        entries = [row.entry for row in rows]
        self._position = (
            self._fill_index(self.index, entries, position)
            if isinstance(self.index, MemoryIndex)
            else position
        )
        self._clear_caches()
        self.caught_up_at = time.monotonic()
        # Millions of objects that stay: the collector looked through them for half a second, at
        # 100,000 titles, in the middle of somebody's request.
        gc.collect()
        gc.freeze()
        log.info("catalogue_loaded", titles=len(rows))

    def catch_up(self) -> int:
        """Apply what changed since the last time; return the number of titles."""
        applied = 0
        with open_session(self._engine) as reading:
            while True:
                ids, position = changes.since(reading, self._position)
                if not ids:
                    break
                if changes.ALL_TITLES in ids:
                    self.load()
                    applied += len(self.titles)
                    break
                self._apply_changes(ids, self._loader.read(reading, ids), plots.read(reading, ids))
                self._position = position
                applied += len(ids)
            self.has_pending_changes = changes.has_pending(reading, self._position)
            self._clear_caches_if_index_changed(reading)
        self.caught_up_at = time.monotonic()
        return applied

    def start(self) -> None:
        """Follow the change log on a thread."""
        self._follower.start()
        if self._index_sync:
            self._index_sync.start(self.change_listener)
        self.change_listener.start()

    def stop(self) -> None:
        """Stop following; the process may go on serving what it holds."""
        self.change_listener.stop()
        if self._index_sync:
            self._index_sync.stop()
        self._follower.stop()

    def _fill_index(
        self, index: MemoryIndex, entries: list[IndexEntry], position: Position
    ) -> Position:
        """Fill the index from this machine's files, or anew; return from where to follow."""
        if self._snapshots is not None:
            try:
                return self._fill_index_from_snapshots(self._snapshots, index, entries, position)
            except OSError as error:  # a full disk, say: it stays in this process's own memory
                log.warning("index_not_saved", error=str(error))
        self._build_index(index, entries)
        return position

    def _build_index(self, index: MemoryIndex, entries: list[IndexEntry]) -> None:
        index.replace(self._entries_with_vectors(entries))
        if self._min_recall < 1 and len(index) >= APPROXIMATE_MIN_TITLES:
            recall = index.use_inverted_lists(Space.CONTENT, self._min_recall)
            log.info("index_lists_tried", asked=self._min_recall, recall=recall)

    def _fill_index_from_snapshots(
        self,
        snapshots: IndexSnapshots,
        index: MemoryIndex,
        entries: list[IndexEntry],
        position: Position,
    ) -> Position:
        with snapshots.exclusive_lock():
            found = snapshots.newest()
            if found and self._can_catch_up_from(found[1]):
                index.load(found[0])
                return found[1]
            self._build_index(index, entries)
            index.load(snapshots.write(index, position))
            return position

    def _entries_with_vectors(self, entries: list[IndexEntry]) -> Iterator[IndexEntry]:
        """Yield entries with their vectors."""
        with open_session(self._engine) as reading:
            for page in batched(entries, VECTOR_PAGE_TITLES):
                placed = self._loader.read_vectors(reading, [entry.title_id for entry in page])
                for entry in page:
                    yield replace(entry, vectors=placed.get(entry.title_id, {}))

    def _can_catch_up_from(self, position: Position) -> bool:
        """Tell whether few changes lead from a position to now."""
        with open_session(self._engine) as reading:
            ids, _ = changes.since(reading, position, limit=MAX_CATCH_UP_CHANGES)
        return len(ids) < MAX_CATCH_UP_CHANGES and changes.ALL_TITLES not in ids

    def _apply_changes(
        self,
        ids: list[int],
        rows: list[tuple[TitleSummary, IndexEntry]],
        plot_texts: Mapping[int, str],
    ) -> None:
        changed = [
            CatalogueRow(summary, entry, plot_texts.get(summary.id, "")) for summary, entry in rows
        ]
        removed = set(ids) - {row.summary.id for row in changed}
        structures = (self.names, self.plots, self.entity_dictionary, self.suggester)
        self.titles.update((row.summary.id, row.summary) for row in changed)
        for structure in structures:
            structure.update(changed)
        if isinstance(self.index, MemoryIndex):  # last: a hit needs the title's summary
            self.index.upsert([row.entry for row in changed])
            self.index.remove(sorted(removed))
        for structure in structures:
            structure.remove(removed)
        for title_id in removed:
            self.titles.pop(title_id, None)
        self._clear_caches()

    def _clear_caches_if_index_changed(self, reading: Session) -> None:
        """Forget what was found in the shared index before somebody changed it."""
        if self._index_sync:
            position = self._index_sync.position(reading)
            if position != self._index_sync_position:
                self._index_sync_position = position
                self._clear_caches()

    def _clear_caches(self) -> None:
        """Let go of what was worked out over another state of the catalogue."""
        self.result_cache = ResultCache()  # answers
        self.title_cache = ResultCache(TITLE_CACHE_CAPACITY)  # what ranking knows of each
