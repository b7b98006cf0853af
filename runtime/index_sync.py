"""A search engine that all processes share, fed from the change log by one of them at a time."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from db import changes, index_state, titles
from db.changes import Position
from db.engine import open_session
from db.index_state import IndexState
from index.query import Hit, IndexEntry, Query
from index.shared_index import SharedIndex
from index.verification import EntrySample, exact_answers, lowest_recall
from runtime.catalogue_reader import CatalogueReader
from runtime.change_listener import ChangeListener
from runtime.follower import CannotApplyChanges, Follower
from vocabulary.kinds import Space

ENGINE_LAYOUT = "2"  # of what engines keep; another makes every engine be built anew

log = structlog.get_logger()


class CopyMismatch(CannotApplyChanges):
    """An engine does not answer as what was copied into it would have it."""


@dataclass(slots=True)
class RebuildReport:
    """What a new content came to."""

    titles: int = 0
    queries: int = 0  # whose answers were compared with the exact ones
    graph_recalls: dict[Space, float] = field(default_factory=dict)  # the recall of those in use
    rejected_graph_recalls: dict[Space, float] = field(
        default_factory=dict
    )  # of those that found too little


class IndexSync:
    """An engine, and what keeps it in step with PostgreSQL.

    However often a change is applied, by whichever process, the engine ends as PostgreSQL has it:
    the log names titles, and what is written is each title as it is by then. `caught_up_at` tells
    when this process last knew the engine to be fed, by itself or by another.
    """

    def __init__(
        self,
        name: str,
        index: SharedIndex,
        engine: Engine,
        loader: CatalogueReader,
        *,
        min_recall: float = 1.0,
    ) -> None:
        self.name = name
        self.index = index
        self.caught_up_at = 0.0  # seconds, time.monotonic
        self._engine = engine
        self._loader = loader
        self._min_recall = min_recall  # 1: exact
        self._follower: Follower | None = None
        self.has_pending_changes = False

    def prepare(self) -> None:
        """Build the engine's content where there is none to search, or one of another model."""
        if not self._loader.models:
            return  # without a model there is nothing to build from, but all to search
        with index_state.feeding_lock(self._engine, self.name, wait=True):
            with open_session(self._engine) as reading:
                copy = index_state.read(reading, self.name)
                usable = self._is_usable(reading, copy)
            if not usable:
                self._rebuild()
        self.caught_up_at = time.monotonic()

    def rebuild(self) -> RebuildReport:
        """Copy everything anew beside what is searched, compare, and swap it in.

        Raises `CopyDiffers`.
        """
        with index_state.feeding_lock(self._engine, self.name, wait=True):
            return self._rebuild()

    def catch_up(self) -> int:
        """Apply what changed, unless another process does; return the number of titles."""
        applied: int | None = 0
        if self._loader.models:
            with index_state.feeding_lock(self._engine, self.name, wait=False) as taken:
                applied = self._apply_changes() if taken else 0
        if applied is None:
            return 0
        self.caught_up_at = time.monotonic()
        return applied

    def position(self, reading: Session) -> Position | None:
        """Return how far the engine has got, by which to see whether its content has changed."""
        copy = index_state.read(reading, self.name)
        return copy.position if copy else None

    def start(self, listener: ChangeListener) -> None:
        """Feed the engine on a thread, at each ring."""
        self._follower = Follower(self.name, self, listener)
        self._follower.start()

    def stop(self) -> None:
        """Leave feeding to others."""
        if self._follower:
            self._follower.stop()

    @property
    def _built_from(self) -> str:
        return f"{ENGINE_LAYOUT} {self._loader.model_signature}"

    def _engine_position(self, copy: IndexState | None) -> Position | None:
        """Return how far the engine has got; none where there is nothing of this model to follow.

        An engine outside PostgreSQL knows best: after a backup of one of them was restored, it is
        at another position than PostgreSQL believes.
        """
        if copy is None or copy.built_from != self._built_from:
            return None
        told = self.index.saved_position()
        if told is None:
            return copy.position
        return Position.parse(told) if told else None

    def _is_usable(self, reading: Session, copy: IndexState | None) -> bool:
        """Tell whether the log leads on from a copy, with as many titles as there should be.

        Changes that wait are set aside.
        """
        reached = self._engine_position(copy)
        if reached is None:
            return False
        waiting, _ = changes.since(reading, reached)
        missing = abs(len(self.index) - titles.count(reading))
        return changes.ALL_TITLES not in waiting and missing <= len(waiting)

    def _apply_changes(self) -> int | None:
        """Bring the engine up to date and return the number of titles; none where it cannot be.

        A copy of another model is left to processes of that model, until one of another starts.
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
        """Write titles as they are by now, and then how far that is."""
        found = self._loader.read(reading, ids)
        self.index.upsert([entry for _, entry in found])
        self.index.remove(sorted(set(ids) - {listing.id for listing, _ in found}))
        self.index.save_position(str(position))

    def _rebuild(self) -> RebuildReport:
        built, sample = RebuildReport(), EntrySample()
        with open_session(self._engine) as reading:
            # Everything is read twice, to copy and to compare, as it was at one moment.
            reading.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            position = changes.current_position(reading)
            copied = sample.observe(entry for page in self._pages(reading) for entry in page)
            approve = partial(self._verify_copy, reading, position, sample, built)
            self.index.replace(copied, approve)
        with open_session(self._engine) as writing:
            index_state.write(writing, self.name, position, built_from=self._built_from)
            writing.commit()
        log.info("index_rebuilt", engine=self.name, titles=built.titles)
        return built

    def _pages(self, reading: Session) -> Iterator[list[IndexEntry]]:
        for page in self._loader.read_pages(reading):
            yield [entry for _, entry in page]

    def _verify_copy(
        self,
        reading: Session,
        position: Position,
        sample: EntrySample,
        report: RebuildReport,
        candidate: SharedIndex,
    ) -> None:
        queries = sample.build_queries()
        expected = exact_answers(self._pages(reading), queries)
        report.titles, report.queries = len(candidate), len(queries)
        if report.titles != sample.entries_seen:
            raise CopyMismatch(
                f"{sample.entries_seen} titles were copied, {report.titles} are there"
            )
        share = lowest_recall(candidate, queries, expected)
        if share < 1:
            raise CopyMismatch(f"{share:.2%} of the titles that searches should find are found")
        if self._min_recall < 1:
            reading.rollback()  # what builds a graph waits for whoever looks at an older moment
            self._link_graphs(candidate, queries, expected, report)
        candidate.save_position(str(position))

    def _link_graphs(
        self,
        candidate: SharedIndex,
        queries: Sequence[Query],
        expected: Sequence[Sequence[Hit]],
        report: RebuildReport,
    ) -> None:
        """Let graphs serve those spaces where they find what was asked for."""
        for space in sorted({query.space for query in queries if query.vector is not None}):
            candidate.build_graph(space)
            share = lowest_recall(candidate, queries, expected)
            if share >= self._min_recall:
                report.graph_recalls[space] = share
            else:
                candidate.drop_graph(space)
                report.rejected_graph_recalls[space] = share
                log.warning("graph_refused", engine=self.name, space=space, recall=share)
