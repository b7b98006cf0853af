"""The in-memory engine: exact, filtered before scoring, blended before the cut.

A filter is a mask of rows. One pass over the remaining rows bounds their scores from 8-bit codes,
boosts included; every row that may be among the best `k` is scored again by the definition. The
kernels (`index.scan_kernel`) run without the interpreter lock, on a second core if one is free;
where they could not be built NumPy does the same (`index.numpy_scan`).

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
from zipfile import BadZipFile

import numpy as np

from index import filter_masks, mapped_arrays, numpy_scan, scan_kernel
from index.ivf import InvertedLists, build_inverted_lists, choose_probes, sample_queries
from index.mapped_arrays import DamagedIndexFiles, MappedArrays
from index.query import Boosts, Hit, IndexEntry, Query, VectorMissing, hits_from_columns
from index.row_store import NO_ROW, RowStore, VectorFormat, capacity_for, check_dimensions
from index.scan_kernel import BoostTerms, KernelQuery, ScanKernel, ScanRows, address_of
from vocabulary.arrays import BitMask, Matrix
from vocabulary.ids import TitleId
from vocabulary.kinds import Space

MAX_DEAD_SHARE = 0.25  # of rows; beyond it the living ones are copied
MIN_DEAD_ROWS = 64
TITLES_PER_PAGE = 4096  # titles that are written at once when an index is built
MAX_QUERIES_PER_PASS = 64  # queries that share a pass
INITIAL_CAPACITY_ROWS = 64
MANIFEST_FILE = "index.json"
INVERTED_LISTS_FILE = "lists.npz"
READ_ERRORS = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile)
FASTEST_KERNEL = scan_kernel.fastest_kernel()


@dataclass(frozen=True, slots=True)
class RowSnapshot:
    """What one search sees."""

    rows: RowStore
    row_count: int = 0
    version: int = 0
    alive_count: int = 0  # of the n
    inverted_lists: InvertedLists | None = None  # none: every search looks at every row


class MemoryIndex:
    """Implements `VectorIndex`; a query may use `cores` of the machine, by default all."""

    def __init__(
        self,
        entries: Iterable[IndexEntry] = (),
        *,
        cores: int | None = None,
        kernel: ScanKernel | None = FASTEST_KERNEL,
    ) -> None:
        self._cores = cores or os.cpu_count() or 1
        self._kernel = kernel
        self._write_lock = threading.Lock()
        self._snapshot = _build_snapshot(entries)

    def __len__(self) -> int:
        return self._snapshot.alive_count

    def __contains__(self, title_id: TitleId) -> bool:
        snapshot = self._snapshot
        return len(snapshot.rows.visible_rows([title_id], snapshot.row_count, snapshot.version)) > 0

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each; queries in one space share a pass.

        Raises `DimensionMismatch`, and `ValueError` for vectors with NaN or infinity.
        """
        snapshot = self._snapshot
        found: list[list[Hit]] = [[] for _ in queries]
        by_space: dict[Space | None, list[int]] = defaultdict(list)
        for at, query in enumerate(queries):
            if query.vector is not None and query.space in snapshot.rows.spaces:
                d = snapshot.rows.spaces[query.space].format.dimensions
                check_dimensions(query.space, d, query.vector)
                if not np.isfinite(query.vector).all():  # the kernel could not order the scores
                    raise ValueError("a query vector has numbers that are not finite")
            elif query.vector is not None:
                continue  # no title has a vector there
            if query.k > 0 and snapshot.row_count:
                by_space[None if query.vector is None else query.space].append(at)
        seen = _IdMaskCache(snapshot)
        for space, places in by_space.items():
            for start in range(0, len(places), MAX_QUERIES_PER_PASS):
                some = places[start : start + MAX_QUERIES_PER_PASS]
                asked = [(queries[at], _filter_mask(snapshot, queries[at], seen)) for at in some]
                for at, best in zip(some, self._answer_group(snapshot, space, asked), strict=True):
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
        rows = snapshot.rows.find_rows(ids, snapshot.row_count, snapshot.version)
        missing = np.flatnonzero((rows == NO_ROW) | ~kept.has_vector[rows])
        if len(missing):
            raise VectorMissing(ids[missing[0]], space)
        return kept.floats[rows].astype(np.float32)

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Add or replace titles; searches under way are not disturbed."""
        latest = list({entry.title_id: entry for entry in entries}.values())
        if latest:
            with self._write_lock:
                self._snapshot = _add_entries(self._snapshot, latest)

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Forget titles."""
        with self._write_lock:
            before = self._snapshot
            version = before.version + 1
            ended = before.rows.end_titles(set(ids), before.row_count, version)
            alive = before.alive_count - ended
            self._snapshot = _compact_if_sparse(replace(before, version=version, alive_count=alive))

    def replace(self, entries: Iterable[IndexEntry]) -> None:
        """Swap in a whole new content, built beside the old one."""
        built = _build_snapshot(entries)
        with self._write_lock:
            self._snapshot = built

    def use_inverted_lists(self, space: Space, min_recall: float) -> float | None:
        """Let wide searches in a space look at lists of it only, if they find enough.

        Returns the share of the exact answers that they then find, `least` or more; or none where
        that would take most of the lists, and searches stay exact. Answers are never short. Titles
        that come later are looked at by every search; once many have, searches are exact again.
        """
        with self._write_lock:
            before = _compact(self._snapshot) if self._snapshot.version else self._snapshot
            if space not in before.rows.spaces:
                return None
            lists, order = build_inverted_lists(space, before.rows.spaces[space], before.row_count)
            rows = before.rows.copy_rows(order, capacity_for(before.row_count))
            exact = RowSnapshot(rows, before.row_count, alive_count=before.row_count)
            chosen = choose_probes(
                lists,
                min_recall,
                partial(
                    self._measure_recall,
                    exact,
                    sample_queries(space, rows.spaces[space], before.row_count),
                ),
            )
            self._snapshot = replace(exact, inverted_lists=chosen)
        return chosen.recall if chosen else None

    @property
    def inverted_lists(self) -> InvertedLists | None:
        """Return the lists that serve, none where searches are exact."""
        return self._snapshot.inverted_lists

    def save(self, folder: Path) -> None:
        """Write the index into an empty folder, for `load`; on disk when this returns."""
        snapshot = self._snapshot
        if snapshot.alive_count < snapshot.row_count:
            snapshot = _compact(snapshot)
        rows, n = snapshot.rows, snapshot.row_count
        mapped_arrays.write_arrays(folder, rows.arrays.by_name(), n, capacity_for(n))
        manifest = {"n": n, "labels": rows.columns.labels(), "shapes": rows.formats()}
        if (lists := snapshot.inverted_lists) is not None:
            np.savez(folder / INVERTED_LISTS_FILE, middles=lists.centroids, bounds=lists.row_bounds)
            manifest["lists"] = [lists.space, lists.probes, lists.recall]
        (folder / MANIFEST_FILE).write_text(json.dumps(manifest, ensure_ascii=False))
        mapped_arrays.flush_to_disk(folder)

    def load(self, folder: Path) -> None:
        """Swap in a folder's index, its files mapped: processes that load it share the pages.

        Raises `DamagedIndexFiles` for a folder that `save` did not finish or that was altered; the
        index is unchanged then.
        """
        try:
            snapshot = _read_snapshot(folder)
        except READ_ERRORS as error:
            raise DamagedIndexFiles(f"{folder}: {type(error).__name__}: {error}") from error
        with self._write_lock:
            self._snapshot = snapshot

    def _answer_group(
        self,
        snapshot: RowSnapshot,
        space: Space | None,
        masked_queries: Sequence[tuple[Query, BitMask | None]],
    ) -> list[list[Hit]]:
        """Return the answers, of lists where these serve and are enough."""
        if (lists := snapshot.inverted_lists) is None or lists.space != space:
            return self._scan(snapshot, space, masked_queries)
        near = [
            (query, lists.restrict_mask(query, mask, snapshot.row_count))
            for query, mask in masked_queries
        ]
        found = self._scan(snapshot, space, near)
        short = [
            at
            for at, (best, (query, mask)) in enumerate(zip(found, near, strict=True))
            if len(best) < query.k and mask is not masked_queries[at][1]
        ]
        again = self._scan(snapshot, space, [masked_queries[at] for at in short]) if short else []
        for at, best in zip(short, again, strict=True):
            found[at] = best
        return found

    def _measure_recall(
        self, exact: RowSnapshot, queries: Sequence[Query], inverted_lists: InvertedLists
    ) -> float:
        """Return which share of the exact answers a look at these lists finds."""
        asked = [(query, _filter_mask(exact, query, _IdMaskCache(exact))) for query in queries]
        best = self._scan(exact, inverted_lists.space, asked)
        found = self._answer_group(
            replace(exact, inverted_lists=inverted_lists), inverted_lists.space, asked
        )
        kept = [
            len({hit.title_id for hit in one} & {hit.title_id for hit in other})
            for one, other in zip(found, best, strict=True)
        ]
        return sum(kept) / max(sum(map(len, best)), 1)

    def _scan(
        self,
        snapshot: RowSnapshot,
        space: Space | None,
        masked_queries: Sequence[tuple[Query, BitMask | None]],
    ) -> list[list[Hit]]:
        rows, n, version = snapshot.rows, snapshot.row_count, snapshot.version
        if self._kernel is None:
            return [
                numpy_scan.search(rows, query, mask, n=n, version=version)
                for query, mask in masked_queries
            ]
        told = [
            KernelQuery(query.vector, mask, _boost_terms(snapshot, query.boosts), min(query.k, n))
            for query, mask in masked_queries
        ]
        found = self._kernel.search(_scan_rows(snapshot, space), told, cores=self._cores)
        return [hits_from_columns(answer.ids.tolist(), *answer.terms.tolist()) for answer in found]


class _IdMaskCache:
    """The rows of sets of titles; queries that are asked at once often leave out the same ones."""

    def __init__(self, snapshot: RowSnapshot) -> None:
        self._snapshot = snapshot
        self._masks: dict[frozenset[TitleId], BitMask] = {}

    def mask_for(self, ids: frozenset[TitleId]) -> BitMask:
        """Return a mask of those that are there."""
        words = self._masks.get(ids)
        if words is None:
            snapshot = self._snapshot
            rows = snapshot.rows.visible_rows(ids, snapshot.row_count, snapshot.version)
            words = self._masks[ids] = filter_masks.mask_of_rows(rows, snapshot.row_count)
        return words


def _filter_mask(snapshot: RowSnapshot, query: Query, id_masks: _IdMaskCache) -> BitMask | None:
    """Return the rows that meet a query's filter, or none for all."""
    rows, wanted = snapshot.rows, query.filter
    tests = rows.columns.predicates(wanted)
    if query.vector is not None:
        tests = chain(tests, [rows.has_vector_predicate(query.space)])
    mask = rows.masks.mask_for_all(tests, snapshot.row_count)
    if wanted.include is not None:
        included = id_masks.mask_for(wanted.include)
        mask = included if mask is None else mask & included
    if wanted.exclude:
        left = ~id_masks.mask_for(wanted.exclude)
        mask = left if mask is None else mask & left
    return mask


def _boost_terms(snapshot: RowSnapshot, boosts: Boosts) -> BoostTerms:
    signals, weights = [], []
    for region, weight in sorted(boosts.regional.items()):
        signal = snapshot.rows.columns.regional_signal(region)
        if signal is not None:
            signals.append(signal)
            weights.append(weight)
    return BoostTerms(
        boosts.popularity, boosts.freshness, tuple(signals), np.array(weights, np.float64)
    )


def _scan_rows(snapshot: RowSnapshot, space: Space | None) -> ScanRows:
    rows = snapshot.rows
    known, kept = rows.columns, None if space is None else rows.spaces[space]
    pointers = ScanRows()
    if kept is not None:
        pointers.codes = address_of(kept.quantized.codes)
        pointers.scales = address_of(kept.quantized.scales)
        pointers.error_norms = address_of(kept.quantized.error_norms)
        pointers.vectors = address_of(kept.floats)
        pointers.d, pointers.half = kept.format
        pointers.stride = kept.quantized.stride
    pointers.end_versions, pointers.ids = address_of(rows.end_versions), address_of(known.ids)
    pointers.popularity, pointers.freshness = (
        address_of(known.popularity),
        address_of(known.freshness),
    )
    pointers.n, pointers.version = snapshot.row_count, snapshot.version
    return pointers


def _read_snapshot(folder: Path) -> RowSnapshot:
    manifest = json.loads((folder / MANIFEST_FILE).read_text())
    n, capacity = manifest["n"], mapped_arrays.read_capacity(folder)
    if not 0 <= n <= capacity:
        raise DamagedIndexFiles(f"{n} rows with a capacity of {capacity}")
    formats = {Space(space): VectorFormat(*shape) for space, shape in manifest["shapes"].items()}
    rows = RowStore(MappedArrays(capacity, folder), manifest["labels"], formats)
    rows.sort_ids(n)
    lists = _read_inverted_lists(folder, *manifest["lists"]) if "lists" in manifest else None
    return RowSnapshot(rows, n, alive_count=n, inverted_lists=lists)


def _read_inverted_lists(folder: Path, space: str, probes: int, recall: float) -> InvertedLists:
    with np.load(folder / INVERTED_LISTS_FILE) as stored:
        return InvertedLists(Space(space), stored["middles"], stored["bounds"], probes, recall)


def _build_snapshot(entries: Iterable[IndexEntry]) -> RowSnapshot:
    snapshot = RowSnapshot(RowStore(MappedArrays(INITIAL_CAPACITY_ROWS)))
    for page in _split_pages(entries):
        snapshot = _add_entries(snapshot, list({entry.title_id: entry for entry in page}.values()))
    if snapshot.alive_count < snapshot.row_count:
        return _compact(snapshot)
    snapshot.rows.sort_ids(snapshot.row_count)
    return snapshot


def _split_pages(entries: Iterable[IndexEntry]) -> Iterator[list[IndexEntry]]:
    left = iter(entries)
    while page := list(islice(left, TITLES_PER_PAGE)):
        yield page


def _add_entries(snapshot: RowSnapshot, entries: Sequence[IndexEntry]) -> RowSnapshot:
    """Return a snapshot with the entries as new rows and their older rows ended."""
    snapshot.rows.validate(entries)
    wide = snapshot.rows.spaces_losing_precision(entries)
    if wide or snapshot.row_count + len(entries) > snapshot.rows.capacity:
        snapshot = _compact(snapshot, len(entries), wide)
    version = snapshot.version + 1
    new = snapshot.rows.write(snapshot.row_count, entries, version)
    n = snapshot.row_count + len(entries)
    return _compact_if_sparse(
        replace(snapshot, row_count=n, version=version, alive_count=snapshot.alive_count + new)
    )


def _compact_if_sparse(snapshot: RowSnapshot) -> RowSnapshot:
    dead = snapshot.row_count - snapshot.alive_count
    return (
        _compact(snapshot)
        if dead > max(MAX_DEAD_SHARE * snapshot.row_count, MIN_DEAD_ROWS)
        else snapshot
    )


def _compact(
    snapshot: RowSnapshot, extra_rows: int = 0, single_precision_spaces: Collection[Space] = ()
) -> RowSnapshot:
    """Return the living rows by themselves, with room for more, some spaces in single precision."""
    kept = np.flatnonzero(snapshot.rows.end_versions[: snapshot.row_count] == 0)
    rows = snapshot.rows.copy_rows(
        kept, capacity_for(len(kept) + extra_rows), single_precision_spaces
    )
    return RowSnapshot(rows, len(kept), alive_count=len(kept))
