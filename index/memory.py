"""The in-memory engine: exact, filtered before scoring, blended before the cut.

A filter is a mask of rows. One pass over the rows that it leaves bounds their scores from codes in
eight bits, boosts included; every row that may be among the best `k` is scored again by the
definition. Where the kernels that do so were built (`index.scan_kernel`) they run outside Python's lock,
on a second core if that is free; elsewhere NumPy does the same (`index.numpy_scan`).

Rows are only added. A search works on the number of rows and the version that it started with, so
writers never wait for searches, nor searches for writers; when a quarter of the rows has ended, or
room runs out, the living ones are copied.
"""

import json
import os
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from index import filter_masks, mapped_arrays, numpy_scan, scan_kernel
from index.filter_masks import Words
from index.ivf import Lists, arranged, samples, tried
from index.mapped_arrays import Arrays
from index.query import (
    Boosts,
    Entry,
    Hit,
    Matrix,
    Query,
    TitleId,
    VectorMissing,
    hits,
)
from index.row_store import NO_ROW, Rows, Shape, check_dimensions, room_for
from index.scan_kernel import Asked, Blend, Kernel, RowsPointers, address
from vocabulary.kinds import Space

DEAD_SHARE = 0.25  # of rows; beyond it the living ones are copied
FEWEST_DEAD = 64
PAGE = 4096  # titles that are written at once when an index is built
ABREAST = 64  # queries that share a pass
FIRST_ROOM = 64
TOLD = "index.json"
LISTS = "lists.npz"
QUICKEST = scan_kernel.quickest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one search sees."""

    rows: Rows
    n: int = 0
    version: int = 0
    alive: int = 0  # of the n
    lists: Lists | None = None  # none: every search looks at every row


class MemoryIndex:
    """Implements `VectorIndex`; a query may use `cores` of the machine, by default all."""

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        cores: int | None = None,
        kernel: Kernel | None = QUICKEST,
    ) -> None:
        self._cores = cores or os.cpu_count() or 1
        self._kernel = kernel
        self._write = threading.Lock()
        self._snapshot = _built(entries)

    def __len__(self) -> int:
        return self._snapshot.alive

    def __contains__(self, title_id: TitleId) -> bool:
        snapshot = self._snapshot
        return len(snapshot.rows.seen([title_id], snapshot.n, snapshot.version)) > 0

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each; queries in one space share a pass."""
        snapshot = self._snapshot
        found: list[list[Hit]] = [[] for _ in queries]
        by_space: dict[Space | None, list[int]] = defaultdict(list)
        for at, query in enumerate(queries):
            if query.vector is not None and query.space in snapshot.rows.spaces:
                d = snapshot.rows.spaces[query.space].shape.d
                check_dimensions(query.space, d, query.vector)
            elif query.vector is not None:
                continue  # no title has a vector there
            if query.k > 0 and snapshot.n:
                by_space[None if query.vector is None else query.space].append(at)
        seen = _Seen(snapshot)
        for space, places in by_space.items():
            for start in range(0, len(places), ABREAST):
                some = places[start : start + ABREAST]
                asked = [(queries[at], _mask(snapshot, queries[at], seen)) for at in some]
                for at, best in zip(some, self._found(snapshot, space, asked), strict=True):
                    found[at] = best
        return found

    def vectors(self, ids: Sequence[TitleId], space: Space) -> Matrix:
        """Return (len(ids), d) rows in the order asked."""
        snapshot = self._snapshot
        if not ids:
            return np.empty((0, 0), np.float32)
        kept = snapshot.rows.spaces.get(space)
        if kept is None:
            raise VectorMissing(ids[0], space)
        rows = snapshot.rows.find(ids, snapshot.n, snapshot.version)
        missing = np.flatnonzero((rows == NO_ROW) | ~kept.present[rows])
        if len(missing):
            raise VectorMissing(ids[missing[0]], space)
        return kept.floats[rows].astype(np.float32)

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add or replace titles; searches under way are not disturbed."""
        latest = list({entry.title_id: entry for entry in entries}.values())
        if latest:
            with self._write:
                self._snapshot = _added(self._snapshot, latest)

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Forget titles."""
        with self._write:
            before = self._snapshot
            version = before.version + 1
            ended = before.rows.end(set(ids), before.n, version)
            alive = before.alive - ended
            self._snapshot = _tidied(replace(before, version=version, alive=alive))

    def replace(self, entries: Iterable[Entry]) -> None:
        """Swap in a whole new content, built beside the old one."""
        built = _built(entries)
        with self._write:
            self._snapshot = built

    def approximate(self, space: Space, least: float) -> float | None:
        """Let wide searches in a space look at lists of it only, if they find enough.

        Returns the share of the exact answers that they then find, `least` or more; or none where
        that would take most of the lists, and searches stay exact. Answers are never short. Titles
        that come later are looked at by every search; once many have, searches are exact again.
        """
        with self._write:
            before = _copied(self._snapshot) if self._snapshot.version else self._snapshot
            if space not in before.rows.spaces:
                return None
            lists, order = arranged(space, before.rows.spaces[space], before.n)
            rows = before.rows.copied(order, room_for(before.n))
            exact = Snapshot(rows, before.n, alive=before.n)
            chosen = tried(
                lists,
                least,
                partial(self._recall, exact, samples(space, rows.spaces[space], before.n)),
            )
            self._snapshot = replace(exact, lists=chosen)
        return chosen.recall if chosen else None

    @property
    def lists(self) -> Lists | None:
        """Return the lists that serve, none where searches are exact."""
        return self._snapshot.lists

    def save(self, folder: Path) -> None:
        """Write what is there into an empty folder, for `load`."""
        snapshot = self._snapshot
        if snapshot.alive < snapshot.n:
            snapshot = _copied(snapshot)
        rows, n = snapshot.rows, snapshot.n
        mapped_arrays.write(folder, rows.arrays.items(), n, room_for(n))
        told = {"n": n, "labels": rows.columns.labels(), "shapes": rows.shapes()}
        if (lists := snapshot.lists) is not None:
            np.savez(folder / LISTS, middles=lists.middles, bounds=lists.bounds)
            told["lists"] = [lists.space, lists.looked_at, lists.recall]
        (folder / TOLD).write_text(json.dumps(told, ensure_ascii=False))

    def load(self, folder: Path) -> None:
        """Swap in what a folder holds, its files mapped: processes that load it share the pages.

        Raises `OSError`, `ValueError` for a folder that `save` did not finish.
        """
        told = json.loads((folder / TOLD).read_text())
        shapes = {Space(space): Shape(*shape) for space, shape in told["shapes"].items()}
        rows = Rows(Arrays(mapped_arrays.capacity_of(folder), folder), told["labels"], shapes)
        rows.settle(told["n"])
        lists = None
        if "lists" in told:
            space, looked_at, recall = told["lists"]
            with np.load(folder / LISTS) as kept:
                lists = Lists(Space(space), kept["middles"], kept["bounds"], looked_at, recall)
        with self._write:
            self._snapshot = Snapshot(rows, told["n"], alive=told["n"], lists=lists)

    def _found(
        self, snapshot: Snapshot, space: Space | None, asked: Sequence[tuple[Query, Words | None]]
    ) -> list[list[Hit]]:
        """Return the answers, of lists where these serve and are enough."""
        if (lists := snapshot.lists) is None or lists.space != space:
            return self._answers(snapshot, space, asked)
        near = [(query, lists.of(query, mask, snapshot.n)) for query, mask in asked]
        found = self._answers(snapshot, space, near)
        short = [
            at
            for at, (best, (query, mask)) in enumerate(zip(found, near, strict=True))
            if len(best) < query.k and mask is not asked[at][1]
        ]
        again = self._answers(snapshot, space, [asked[at] for at in short]) if short else []
        for at, best in zip(short, again, strict=True):
            found[at] = best
        return found

    def _recall(self, exact: Snapshot, queries: Sequence[Query], lists: Lists) -> float:
        """Return which share of the exact answers a look at these lists finds."""
        asked = [(query, _mask(exact, query, _Seen(exact))) for query in queries]
        best = self._answers(exact, lists.space, asked)
        found = self._found(replace(exact, lists=lists), lists.space, asked)
        kept = [
            len({hit.title_id for hit in one} & {hit.title_id for hit in other})
            for one, other in zip(found, best, strict=True)
        ]
        return sum(kept) / max(sum(map(len, best)), 1)

    def _answers(
        self, snapshot: Snapshot, space: Space | None, asked: Sequence[tuple[Query, Words | None]]
    ) -> list[list[Hit]]:
        rows, n, version = snapshot.rows, snapshot.n, snapshot.version
        if self._kernel is None:
            return [
                numpy_scan.search(rows, query, mask, n=n, version=version) for query, mask in asked
            ]
        told = [
            Asked(query.vector, mask, _blend(snapshot, query.boosts), min(query.k, n))
            for query, mask in asked
        ]
        found = self._kernel.search(_pointers(snapshot, space), told, cores=self._cores)
        return [hits(answer.ids.tolist(), *answer.terms.tolist()) for answer in found]


class _Seen:
    """The rows of sets of titles; queries that are asked at once often leave out the same ones."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[frozenset[TitleId], Words] = {}

    def mask(self, ids: frozenset[TitleId]) -> Words:
        """Return a mask of those that are there."""
        words = self._known.get(ids)
        if words is None:
            snapshot = self._snapshot
            rows = snapshot.rows.seen(ids, snapshot.n, snapshot.version)
            words = self._known[ids] = filter_masks.only(rows, snapshot.n)
        return words


def _mask(snapshot: Snapshot, query: Query, seen: _Seen) -> Words | None:
    """Return the rows that meet a query's filter, or none for all."""
    rows, wanted = snapshot.rows, query.filter
    tests = rows.columns.tests(wanted)
    if query.vector is not None:
        tests = chain(tests, [rows.having(query.space)])
    mask = rows.masks.of(tests, snapshot.n)
    if wanted.include is not None:
        included = seen.mask(wanted.include)
        mask = included if mask is None else mask & included
    if wanted.exclude:
        left = ~seen.mask(wanted.exclude)
        mask = left if mask is None else mask & left
    return mask


def _blend(snapshot: Snapshot, boosts: Boosts) -> Blend:
    signals, weights = [], []
    for region, weight in sorted(boosts.regional.items()):
        signal = snapshot.rows.columns.regional(region)
        if signal is not None:
            signals.append(signal)
            weights.append(weight)
    return Blend(boosts.popularity, boosts.freshness, tuple(signals), np.array(weights, np.float64))


def _pointers(snapshot: Snapshot, space: Space | None) -> RowsPointers:
    rows = snapshot.rows
    known, kept = rows.columns, None if space is None else rows.spaces[space]
    pointers = RowsPointers()
    if kept is not None:
        pointers.codes = address(kept.codes.codes)
        pointers.scales = address(kept.codes.scales)
        pointers.losses = address(kept.codes.losses)
        pointers.vectors = address(kept.floats)
        pointers.d, pointers.half = kept.shape
        pointers.stride = kept.codes.stride
    pointers.died, pointers.ids = address(rows.died), address(known.ids)
    pointers.popularity, pointers.freshness = address(known.popularity), address(known.freshness)
    pointers.n, pointers.version = snapshot.n, snapshot.version
    return pointers


def _built(entries: Iterable[Entry]) -> Snapshot:
    snapshot = Snapshot(Rows(Arrays(FIRST_ROOM)))
    for page in _pages(entries):
        snapshot = _added(snapshot, list({entry.title_id: entry for entry in page}.values()))
    if snapshot.alive < snapshot.n:
        return _copied(snapshot)
    snapshot.rows.settle(snapshot.n)
    return snapshot


def _pages(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    left = iter(entries)
    while page := list(islice(left, PAGE)):
        yield page


def _added(snapshot: Snapshot, entries: Sequence[Entry]) -> Snapshot:
    """Return a snapshot with the entries as new rows and their older rows ended."""
    snapshot.rows.check(entries)
    wide = snapshot.rows.too_narrow_for(entries)
    if wide or snapshot.n + len(entries) > snapshot.rows.capacity:
        snapshot = _copied(snapshot, len(entries), wide)
    version = snapshot.version + 1
    new = snapshot.rows.put(snapshot.n, entries, version)
    n = snapshot.n + len(entries)
    return _tidied(replace(snapshot, n=n, version=version, alive=snapshot.alive + new))


def _tidied(snapshot: Snapshot) -> Snapshot:
    dead = snapshot.n - snapshot.alive
    return _copied(snapshot) if dead > max(DEAD_SHARE * snapshot.n, FEWEST_DEAD) else snapshot


def _copied(snapshot: Snapshot, more: int = 0, wide: Collection[Space] = ()) -> Snapshot:
    """Return the living rows by themselves, with room for more, some spaces in single precision."""
    kept = np.flatnonzero(snapshot.rows.died[: snapshot.n] == 0)
    rows = snapshot.rows.copied(kept, room_for(len(kept) + more), wide)
    return Snapshot(rows, len(kept), alive=len(kept))
