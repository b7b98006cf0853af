"""What a serving process holds in memory, kept in step with PostgreSQL through the change log."""

import gc
import math
import time
from collections.abc import Collection, Sequence

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from config.resources import Resources
from db import changes
from db.changes import Position
from db.engine import open_session
from index.catalogue_row import CatalogueRow, CatalogueStructure
from index.query import VectorIndex
from runtime.catalogue_reader import CatalogueReader, create_catalogue_reader
from runtime.change_listener import ChangeListener
from runtime.follower import Follower
from runtime.index_snapshots import IndexSnapshots
from runtime.index_sync import IndexSync, create_index_sync
from runtime.result_cache import ResultCache
from runtime.served_index import ServedIndex
from search.names.lexical import LexicalIndex
from search.parsing.entity_dictionary import EntityDictionary
from search.plots import PlotIndex
from search.suggestions.suggester import Suggester
from vocabulary.ids import TitleId
from vocabulary.kinds import Space
from vocabulary.title_summary import TitleSummary

TITLE_CACHE_CAPACITY = 50_000  # titles that feeds consider; some 40 MB when full

log = structlog.get_logger()


class TitleSummaries:
    """The summary of every title, by id; implements `CatalogueStructure`."""

    def __init__(self) -> None:
        self.by_id: dict[TitleId, TitleSummary] = {}

    def load(self, rows: Sequence[CatalogueRow]) -> None:
        """Hold these titles and no others."""
        self.by_id = {row.summary.id: row.summary for row in rows}

    def update(self, rows: Sequence[CatalogueRow]) -> None:
        """Add or replace titles."""
        self.by_id.update((row.summary.id, row.summary) for row in rows)

    def remove(self, title_ids: Collection[TitleId]) -> None:
        """Forget titles."""
        for title_id in title_ids:
            self.by_id.pop(title_id, None)


class CatalogueView:
    """The in-memory structures over all titles, which follow the change log together.

    Each structure is consistent in itself; while changes are applied, an id found in one may be
    missing in another, and readers skip it.
    """

    def __init__(
        self,
        database: Engine,
        reader: CatalogueReader,
        index_sync: IndexSync | None = None,
        *,
        change_listener: ChangeListener | None = None,
        snapshots: IndexSnapshots | None = None,
        min_recall: float = 1.0,
    ) -> None:
        self.model = reader.models.get(Space.CONTENT)  # of the content vectors; none without one
        self.names = LexicalIndex()
        self.plots = PlotIndex()
        self.entity_dictionary = EntityDictionary()
        self.suggester = Suggester()
        self.caught_up_at = 0.0  # seconds, time.monotonic: PostgreSQL confirmed nothing is missing
        self.has_pending_changes = False
        self.change_listener = change_listener or ChangeListener(database)
        self._summaries = TitleSummaries()
        self._structures: list[CatalogueStructure] = [
            self._summaries,
            self.names,
            self.plots,
            self.entity_dictionary,
            self.suggester,
        ]
        self.index: VectorIndex
        self._served_index: ServedIndex | None = None
        if index_sync:
            self.index = index_sync.index
        else:
            self._served_index = ServedIndex(database, reader, snapshots, min_recall=min_recall)
            self._structures.append(self._served_index)
            self.index = self._served_index.index
        self._database = database
        self._index_sync = index_sync
        self._index_sync_position: Position | None = None
        self._loading_reader = reader.without_vectors()
        # With a shared index no vectors are needed here.
        self._reader = self._loading_reader if index_sync else reader
        self._position = Position()
        self._follower = Follower("catalogue", self, self.change_listener)
        self._clear_caches()

    @property
    def titles(self) -> dict[TitleId, TitleSummary]:
        """The summaries of all titles, by id."""
        return self._summaries.by_id

    @property
    def confirmed_at(self) -> float:
        """When both the structures and a shared index were last known to miss nothing."""
        return min(
            self.caught_up_at, self._index_sync.caught_up_at if self._index_sync else math.inf
        )

    def load(self) -> None:
        """Read every title and swap it in; what is served stays until then."""
        if self._index_sync:
            self._index_sync.prepare()
        with open_session(self._database) as reading:
            position = changes.current_position(reading)
            rows = [row for page in self._loading_reader.row_pages(reading) for row in page]
        if self._served_index:
            self._served_index.loading_position = position
        self.load_rows(rows)
        self._position = position
        self.caught_up_at = time.monotonic()
        count = len(rows)
        del rows
        # Millions of long-lived objects: a full collection would scan them for half a second at
        # 100,000 titles, in the middle of a request.
        gc.collect()
        gc.freeze()
        log.info("catalogue_loaded", titles=count)

    def load_rows(self, rows: Sequence[CatalogueRow]) -> None:
        """Have every structure hold these titles and no others."""
        for structure in self._structures:
            structure.load(rows)
        self._clear_caches()

    def catch_up(self) -> int:
        """Apply what changed since the last time; return the number of titles."""
        applied = 0
        with open_session(self._database) as reading:
            while True:
                ids, position = changes.since(reading, self._position)
                if not ids:
                    break
                if changes.ALL_TITLES in ids:
                    self.load()
                    applied += len(self.titles)
                    break
                self._apply_changes(ids, self._reader.read_rows(reading, ids))
                self._position = position  # not earlier: changes that failed are applied again
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

    def _apply_changes(self, ids: Sequence[TitleId], rows: Sequence[CatalogueRow]) -> None:
        """Update the structures, summaries first and removed last: ids found have a summary."""
        removed = set(ids) - {row.summary.id for row in rows}
        for structure in self._structures:
            structure.update(rows)
        for structure in reversed(self._structures):
            structure.remove(removed)
        self._clear_caches()

    def _clear_caches_if_index_changed(self, reading: Session) -> None:
        """Drop results that were found in the shared index before another process changed it."""
        if self._index_sync:
            position = self._index_sync.position(reading)
            if position != self._index_sync_position:
                self._index_sync_position = position
                self._clear_caches()

    def _clear_caches(self) -> None:
        """Drop what was computed over an earlier state; late writers fill the old caches."""
        self.result_cache = ResultCache()  # of searches, homepages, …
        self.title_cache = ResultCache(TITLE_CACHE_CAPACITY)  # what ranking knows of each title


def create_catalogue_view(resources: Resources) -> CatalogueView:
    """Return the view of a serving process, not yet loaded.

    Raises `IndexUnavailable`.
    """
    reader, min_recall = create_catalogue_reader(resources), resources.settings.index_recall
    snapshots = IndexSnapshots(
        resources.settings.home / "index", f"{reader.model_signature} recall={min_recall}"
    )
    return CatalogueView(
        resources.background_engine,
        reader,
        create_index_sync(resources),
        snapshots=snapshots,
        min_recall=min_recall,
    )
