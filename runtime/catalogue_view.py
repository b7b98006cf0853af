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
from db.title_summaries import TitleSummary
from index.memory import MemoryIndex
from index.query import IndexEntry, VectorIndex
from runtime.catalogue_reader import CatalogueReader
from runtime.change_listener import Bell
from runtime.follower import Follower
from runtime.index_snapshots import Saved
from runtime.index_sync import Shared
from runtime.result_cache import Remembered
from search.names.lexical import NO_LABELS, LexicalIndex, NameLabels
from search.parsing.entity_dictionary import EntityDictionary
from search.plots import PlotIndex
from search.suggestions.suggester import Suggester
from services.seeding import batched
from vocabulary.kinds import Space

PAGE = 1000  # titles whose vectors are read at once
FEW = 5000  # changes, up to which an index in files is caught up with instead of built anew
APPROXIMATE_FROM = 1_000_000  # titles; below, an exact search takes a few milliseconds
TITLES_REMEMBERED = 50_000  # those that feeds consider; some 40 MB when full

log = structlog.get_logger()


def labels(listing: TitleSummary, entry: IndexEntry) -> NameLabels:
    """Return what a title can be found by."""
    return NameLabels(
        names=listing.names,
        people=listing.people,
        characters=listing.characters,
        popularity=entry.popularity,
    )


def introduce(vocabulary: EntityDictionary, listing: TitleSummary, entry: IndexEntry) -> None:
    """Tell a vocabulary what a title and its people are called."""
    vocabulary.update(listing.id, listing.names, listing.people, popularity=entry.popularity)


class Live:
    """The index, the names and the listings of every title; swapped or updated as titles change.

    `caught_up_at` tells when PostgreSQL last confirmed that nothing is missing.
    """

    def __init__(
        self,
        engine: Engine,
        loader: CatalogueReader,
        shared: Shared | None = None,
        *,
        bell: Bell | None = None,
        saved: Saved | None = None,
        least_recall: float = 1.0,
    ) -> None:
        self._engine = engine
        self._saved = saved
        self._least_recall = least_recall  # 1: exact
        self._model = loader.models.get(Space.CONTENT)
        self._shared = shared
        self._shared_position: Position | None = None
        # Who shares an index has no use for the vectors here.
        self._loader = replace(loader, models={}) if shared else loader
        self._listed = replace(loader, models={})
        self._position = Position()
        self.bell = bell or Bell(engine)
        self._follower = Follower("catalogue", self, self.bell)
        self.index: VectorIndex = shared.index if shared else MemoryIndex()
        self.names = LexicalIndex()
        self.plots = PlotIndex()
        self.entity_dictionary = EntityDictionary()
        self.suggester = Suggester()
        self.listings: dict[int, TitleSummary] = {}
        self._forget()
        self.caught_up_at = 0.0  # seconds, time.monotonic
        self.waiting = False

    @property
    def model(self) -> str | None:
        """The model of the content vectors; none without one."""
        return self._model

    @property
    def confirmed_at(self) -> float:
        """When both what is here and the index were last known to miss nothing."""
        return min(self.caught_up_at, self._shared.caught_up_at if self._shared else math.inf)

    def load(self) -> None:
        """Read everything anew beside what is served, and swap it in."""
        if self._shared:
            self._shared.prepare()
        names, told = LexicalIndex(), PlotIndex()
        vocabulary, suggester = EntityDictionary(), Suggester()
        listings, entries = {}, []
        with open_session(self._engine) as reading:
            position = changes.current_position(reading)
            for page in self._listed.read_pages(reading):
                texts = plots.read(reading, [listing.id for listing, _ in page])
                for listing, entry in page:
                    names.update(listing.id, labels(listing, entry))
                    told.update(listing.id, texts.get(listing.id, ""))
                    introduce(vocabulary, listing, entry)
                    listings[listing.id] = listing
                    entries.append(entry)
        names.compact()
        suggester.update(zip(listings.values(), entries, strict=True))
        self.names, self.plots = names, told
        self.entity_dictionary, self.suggester = vocabulary, suggester
        self.listings = listings
        self._position = (
            self._filled(self.index, entries, position)
            if isinstance(self.index, MemoryIndex)
            else position
        )
        self._forget()
        self.caught_up_at = time.monotonic()
        # Millions of objects that stay: the collector looked through them for half a second, at
        # 100,000 titles, in the middle of somebody's request.
        gc.collect()
        gc.freeze()
        log.info("catalogue_loaded", titles=len(listings))

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
                    applied += len(self.listings)
                    break
                self._apply(ids, self._loader.read(reading, ids), plots.read(reading, ids))
                self._position = position
                applied += len(ids)
            self.waiting = changes.has_pending(reading, self._position)
            self._notice(reading)
        self.caught_up_at = time.monotonic()
        return applied

    def start(self) -> None:
        """Follow the change log on a thread."""
        self._follower.start()
        if self._shared:
            self._shared.start(self.bell)
        self.bell.start()

    def stop(self) -> None:
        """Stop following; the process may go on serving what it holds."""
        self.bell.stop()
        if self._shared:
            self._shared.stop()
        self._follower.stop()

    def _filled(
        self, index: MemoryIndex, entries: list[IndexEntry], position: Position
    ) -> Position:
        """Fill the index from this machine's files, or anew; return from where to follow."""
        if self._saved is not None:
            try:
                return self._filled_from(self._saved, index, entries, position)
            except OSError as error:  # a full disk, say: it stays in this process's own memory
                log.warning("index_not_saved", error=str(error))
        self._build(index, entries)
        return position

    def _build(self, index: MemoryIndex, entries: list[IndexEntry]) -> None:
        index.replace(self._placed(entries))
        if self._least_recall < 1 and len(index) >= APPROXIMATE_FROM:
            recall = index.use_inverted_lists(Space.CONTENT, self._least_recall)
            log.info("index_lists_tried", asked=self._least_recall, recall=recall)

    def _filled_from(
        self, saved: Saved, index: MemoryIndex, entries: list[IndexEntry], position: Position
    ) -> Position:
        with saved.turn():
            found = saved.newest()
            if found and self._leads_on(found[1]):
                index.load(found[0])
                return found[1]
            self._build(index, entries)
            index.load(saved.write(index, position))
            return position

    def _placed(self, entries: list[IndexEntry]) -> Iterator[IndexEntry]:
        """Yield entries with their vectors."""
        with open_session(self._engine) as reading:
            for page in batched(entries, PAGE):
                placed = self._loader.read_vectors(reading, [entry.title_id for entry in page])
                for entry in page:
                    yield replace(entry, vectors=placed.get(entry.title_id, {}))

    def _leads_on(self, position: Position) -> bool:
        """Tell whether few changes lead from a position to now."""
        with open_session(self._engine) as reading:
            ids, _ = changes.since(reading, position, limit=FEW)
        return len(ids) < FEW and changes.ALL_TITLES not in ids

    def _apply(
        self, ids: list[int], found: list[tuple[TitleSummary, IndexEntry]], told: Mapping[int, str]
    ) -> None:
        for listing, entry in found:
            self.listings[listing.id] = listing
            self.names.update(listing.id, labels(listing, entry))
            self.plots.update(listing.id, told.get(listing.id, ""))
            introduce(self.entity_dictionary, listing, entry)
        gone = set(ids) - {listing.id for listing, _ in found}
        if isinstance(self.index, MemoryIndex):
            self.index.upsert([entry for _, entry in found])
            self.index.remove(sorted(gone))
        self.suggester.update(found, gone)
        for title_id in gone:
            self.names.update(title_id, NO_LABELS)
            self.plots.update(title_id, "")
            self.entity_dictionary.update(title_id, ())
            self.listings.pop(title_id, None)
        self._forget()

    def _notice(self, reading: Session) -> None:
        """Forget what was found in the shared index before somebody changed it."""
        if self._shared:
            position = self._shared.position(reading)
            if position != self._shared_position:
                self._shared_position = position
                self._forget()

    def _forget(self) -> None:
        """Let go of what was worked out over another state of the catalogue."""
        self.remembered = Remembered()  # answers
        self.remembered_titles = Remembered(TITLES_REMEMBERED)  # what ranking knows of each
