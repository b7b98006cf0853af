"""A search engine shared by all processes, fed from the change log by one of them at a time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from config.index_engines import SHARED_ENGINE_NAMES, create_shared_index
from config.resources import Resources
from db import changes, index_state, titles
from db.changes import Position
from db.engine import open_session
from db.index_state import IndexState
from index.query import Hit, Query
from index.shared_index import SharedIndex
from index.verification import EntrySample, exact_answers, lowest_recall
from runtime.catalogue_reader import CatalogueReader, create_catalogue_reader
from runtime.change_listener import ChangeListener
from runtime.follower import CannotApplyChanges, Follower
from vocabulary.kinds import Space

ENGINE_LAYOUT = "2"  # of what engines store; a change of it has every engine rebuilt

log = structlog.get_logger()


class CopyMismatch(CannotApplyChanges):
    """An engine's results differ from the exact ones over what was copied into it."""


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild produced."""

    titles: int = 0
    queries: int = 0  # whose results were compared with the exact ones
    graph_recalls: dict[Space, float] = field(default_factory=dict)  # of the graphs in use
    rejected_graph_recalls: dict[Space, float] = field(default_factory=dict)


class IndexSync:
    """Keeps an engine in step with PostgreSQL.

    Changes may be applied repeatedly and by any process: the log names titles, and what is written
    is each title as it is now. `caught_up_at` is when this process last knew the engine to be fed,
    by itself or by another.
    """

    def __init__(
        self,
        name: str,
        index: SharedIndex,
        engine: Engine,
        reader: CatalogueReader,
        *,
        min_recall: float = 1.0,
    ) -> None:
        self.name = name
        self.index = index
        self.caught_up_at = 0.0  # seconds, time.monotonic
        self._engine = engine
        self._reader = reader
        self._min_recall = min_recall  # 1: exact
        self._follower: Follower | None = None
        self.has_pending_changes = False

    def prepare(self) -> None:
        """Build the engine where it is empty, or was built with another model."""
        if not self._reader.models:
            return  # without a model there are no vectors to build from
        with index_state.feeding_lock(self._engine, self.name, wait=True):
            with open_session(self._engine) as reading:
                copy = index_state.read(reading, self.name)
                usable = self._is_usable(reading, copy)
            if not usable:
                self._rebuild()
        self.caught_up_at = time.monotonic()

    def rebuild(self) -> RebuildReport:
        """Copy everything beside what is searched, compare results, and swap it in.

        Raises `CopyMismatch`.
        """
        with index_state.feeding_lock(self._engine, self.name, wait=True):
            return self._rebuild()

    def catch_up(self) -> int:
        """Apply what changed, unless another process does; return the number of titles."""
        applied: int | None = 0
        if self._reader.models:
            with index_state.feeding_lock(self._engine, self.name, wait=False) as taken:
                applied = self._apply_changes() if taken else 0
        if applied is None:
            return 0
        self.caught_up_at = time.monotonic()
        return applied

    def position(self, reading: Session) -> Position | None:
        """Return the position of the engine; another one means that its content has changed."""
        copy = index_state.read(reading, self.name)
        return copy.position if copy else None

    def start(self, listener: ChangeListener) -> None:
        """Feed the engine on a thread."""
        self._follower = Follower(self.name, self, listener)
        self._follower.start()

    def stop(self) -> None:
        """Leave feeding to other processes."""
        if self._follower:
            self._follower.stop()

    @property
    def _built_from(self) -> str:
        return f"{ENGINE_LAYOUT} {self._reader.model_signature}"

    def _engine_position(self, copy: IndexState | None) -> Position | None:
        """Return the position of the engine; none where it has nothing of this model.

        An engine outside PostgreSQL stores its own: after a backup of either was restored, it
        differs from what PostgreSQL has stored.
        """
        if copy is None or copy.built_from != self._built_from:
            return None
        saved = self.index.saved_position()
        if saved is None:
            return copy.position
        return Position.parse(saved) if saved else None

    def _is_usable(self, reading: Session, copy: IndexState | None) -> bool:
        """Tell whether a copy lacks nothing but the changes that the log still holds."""
        reached = self._engine_position(copy)
        if reached is None:
            return False
        waiting, _ = changes.since(reading, reached)
        missing = abs(len(self.index) - titles.count(reading))
        return changes.ALL_TITLES not in waiting and missing <= len(waiting)

    def _apply_changes(self) -> int | None:
        """Bring the engine up to date and return the number of titles; none where it cannot be.

        A copy of another model is left to the processes of that model.
        """
        with open_session(self._engine) as writing:
            copy = index_state.read(writing, self.name)
            if copy is None or copy.built_from != self._built_from:
                return None
            reached = self._engine_position(copy)
            ids, position = [changes.ALL_TITLES], copy.position
            if reached is not None:
                ids, position = changes.since(writing, reached)
            if changes.ALL_TITLES not in ids:
                if ids:
                    self._write_titles(writing, ids, position)
                if position != copy.position:
                    index_state.write(writing, self.name, position, built_from=self._built_from)
                self.has_pending_changes = changes.has_pending(writing, position)
                writing.commit()
                return len(ids)
        return self._rebuild().titles

    def _write_titles(self, reading: Session, ids: Sequence[int], position: Position) -> None:
        """Write titles as they are now, then the position."""
        entries = self._reader.read_entries(reading, ids)
        self.index.upsert(entries)
        self.index.remove(sorted(set(ids) - {entry.title_id for entry in entries}))
        self.index.save_position(str(position))

    def _rebuild(self) -> RebuildReport:
        report, sample = RebuildReport(), EntrySample()
        with open_session(self._engine) as reading:
            # Everything is read twice, to copy and to compare, as of one moment.
            reading.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            position = changes.current_position(reading)
            entries = sample.observe(chain.from_iterable(self._reader.entry_pages(reading)))
            approve = partial(self._verify_copy, reading, position, sample, report)
            self.index.replace(entries, approve)
        with open_session(self._engine) as writing:
            index_state.write(writing, self.name, position, built_from=self._built_from)
            writing.commit()
        log.info("index_rebuilt", engine=self.name, titles=report.titles)
        return report

    def _verify_copy(
        self,
        reading: Session,
        position: Position,
        sample: EntrySample,
        report: RebuildReport,
        candidate: SharedIndex,
    ) -> None:
        queries = sample.build_queries()
        expected = exact_answers(self._reader.entry_pages(reading), queries)
        report.titles, report.queries = len(candidate), len(queries)
        if report.titles != sample.entries_seen:
            raise CopyMismatch(
                f"{sample.entries_seen} titles were copied, but the engine has {report.titles}"
            )
        share = lowest_recall(candidate, queries, expected)
        if share < 1:
            raise CopyMismatch(f"searches find only {share:.2%} of the titles that they should")
        if self._min_recall < 1:
            reading.rollback()  # building a graph waits for transactions with older snapshots
            self._link_graphs(candidate, queries, expected, report)
        candidate.save_position(str(position))

    def _link_graphs(
        self,
        candidate: SharedIndex,
        queries: Sequence[Query],
        expected: Sequence[Sequence[Hit]],
        report: RebuildReport,
    ) -> None:
        """Use graphs for those spaces where they reach the recall of the settings."""
        for space in sorted({query.space for query in queries if query.vector is not None}):
            candidate.build_graph(space)
            share = lowest_recall(candidate, queries, expected)
            if share >= self._min_recall:
                report.graph_recalls[space] = share
            else:
                candidate.drop_graph(space)
                report.rejected_graph_recalls[space] = share
                log.warning("graph_refused", engine=self.name, space=space, recall=share)


def create_index_sync(resources: Resources, name: str | None = None) -> IndexSync | None:
    """Return the engine of a name, or that of the settings; none for the one in memory.

    Raises `IndexUnavailable`.
    """
    name = name or resources.settings.index
    if name not in SHARED_ENGINE_NAMES:
        return None
    index = create_shared_index(name, resources)
    reader = create_catalogue_reader(resources)
    min_recall = resources.settings.index_recall
    return IndexSync(name, index, resources.background_engine, reader, min_recall=min_recall)
