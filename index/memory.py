"""The in-memory engine: exact, filtered before scoring, blended before the cut.

A search takes three steps. The filter leaves a mask of rows. A first pass scores them, in eight
bits where the machine has kernels for that (`index.codes`) and in float32 where not, boosts added.
Every row that could still be among the best `k`, given the error that the pass may have made, is
scored again, in float32 and last in float64; so the answer is that of the definition, ties
included.

Snapshots are immutable and swapped whole: a search works on the one it started with. New rows are
appended to buffers that snapshots share; a replaced or removed row is masked out in the next
snapshot, and the buffers are packed when a quarter of the rows is dead.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from db.kinds import Space
from index import blend
from index.codes import Codes, Floats, available
from index.columns import Columns, Mask
from index.fields import Field, Fields
from index.query import (
    Boosts,
    DimensionMismatch,
    Entry,
    Hit,
    Matrix,
    Query,
    TitleId,
    Vector,
    VectorMissing,
)

# Half-width of the float32 pass around the true score: a dot product of unit vectors errs by at
# most d * 2^-24 (4.6e-5 at d = 768; Higham, Accuracy and Stability of Numerical Algorithms, 3.1),
# boosts by a few 1e-7.
FLOAT32_ERROR = 1e-4

# Below this share of matching rows, copying them together is cheaper than scoring all (measured at
# 100,000 x 384: gathering costs about four times as much per row as streaming).
GATHER_SHARE = 0.2

# From so many queries on, one pass for all over the codes beats a pass for each.
FEWEST_AT_ONCE = 3

DEAD_SHARE = 0.25  # of rows; beyond it the buffers are packed
BLOCK = 64  # rows whose maximum stands for them when the cut is estimated


FirstPass = tuple[Floats, float]
"""Similarities of some rows, or of all, and how far off they may be."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one search sees; nothing in it changes below row `n`."""

    columns: Columns
    matrices: Mapping[Space, Matrix]  # (capacity, d)
    present: Mapping[Space, Mask]  # (capacity,): the row has a vector in the space
    codes: Mapping[Space, Codes]
    alive: Mask  # (n,)
    rows: Mapping[TitleId, int]
    n: int
    all_alive: bool = True
    complete: Mapping[Space, bool] = field(default_factory=dict)  # no row lacks a vector
    fields: Fields = field(default_factory=Fields)


class MemoryIndex:
    """Implements `VectorIndex` over NumPy arrays."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._write = threading.Lock()
        self._snapshot = _build(list(entries))

    def __len__(self) -> int:
        return len(self._snapshot.rows)

    def __contains__(self, title_id: TitleId) -> bool:
        return title_id in self._snapshot.rows

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        snapshot = self._snapshot
        return _search(snapshot, query, None, _Rows(snapshot))

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each; queries over all rows of a space share their first pass."""
        snapshot = self._snapshot
        passes = _shared_passes(snapshot, queries)
        rows = _Rows(snapshot)
        return [_search(snapshot, query, passes.get(at), rows) for at, query in enumerate(queries)]

    def vectors(self, ids: Sequence[TitleId], space: Space) -> Matrix:
        """Return (len(ids), d) rows in the order asked."""
        snapshot = self._snapshot
        rows = []
        for title_id in ids:
            row = snapshot.rows.get(title_id)
            if row is None or space not in snapshot.present or not snapshot.present[space][row]:
                raise VectorMissing(title_id, space)
            rows.append(row)
        if not rows:
            return np.empty((0, 0), np.float32)
        return snapshot.matrices[space][rows]

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add or replace titles; searches under way are not disturbed."""
        latest = list({entry.title_id: entry for entry in entries}.values())
        if not latest:
            return
        with self._write:
            self._snapshot = _append(self._snapshot, latest)

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Forget titles."""
        with self._write:
            self._snapshot = _remove(self._snapshot, ids)

    def replace(self, entries: Iterable[Entry]) -> None:
        """Swap in a whole new content, built beside the old one."""
        built = _build(list(entries))
        with self._write:
            self._snapshot = built


class _Rows:
    """The rows of sets of titles; queries that are asked at once often leave out the same ones."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[frozenset[TitleId], NDArray[np.int64]] = {}

    def of(self, ids: frozenset[TitleId]) -> NDArray[np.int64]:
        """Return the rows of those that are there, in order."""
        found = self._known.get(ids)
        if found is None:
            found = np.array(sorted(_rows_of(self._snapshot, ids)), np.int64)
            self._known[ids] = found
        return found


def _search(snapshot: Snapshot, query: Query, passed: FirstPass | None, of: _Rows) -> list[Hit]:
    if query.k <= 0 or not snapshot.n:
        return []
    if query.vector is not None:
        matrix = snapshot.matrices.get(query.space)
        if matrix is None:
            return []
        _check(query.space, matrix.shape[1], query.vector)
    rows, bias = _narrowed(snapshot, query, of)
    scores, error = passed or _first_pass(snapshot, query, rows)
    if bias is not None:
        scores += bias
    best = _contenders(scores, query.k, error)
    if query.vector is not None and error > FLOAT32_ERROR and len(best) > query.k:
        listed = best if rows is None else rows[best]
        again = snapshot.matrices[query.space][listed] @ query.vector
        if bias is not None:
            again += bias[best]
        best = best[_contenders(again, query.k, FLOAT32_ERROR)]
    return _exact(snapshot, query, best if rows is None else rows[best])


def _narrowed(snapshot: Snapshot, query: Query, of: _Rows) -> Field:
    """Return the field of a query, the ids that it asks for or does without included."""
    rows, bias = snapshot.fields.get(query, lambda: _field(snapshot, query))
    if query.filter.include is not None:
        included = of.of(query.filter.include)
        if rows is not None:
            kept = np.isin(included, rows, assume_unique=True)
            bias = None if bias is None else bias[np.searchsorted(rows, included[kept])]
            rows = included[kept]
        else:
            bias = None if bias is None else bias[included]
            rows = included
    if query.filter.exclude:
        excluded = of.of(query.filter.exclude)
        if rows is not None:
            kept = ~np.isin(rows, excluded)
            rows, bias = rows[kept], None if bias is None else bias[kept]
        else:
            bias = np.zeros(snapshot.n, np.float32) if bias is None else bias.copy()
            bias[excluded] = -np.inf
    return rows, bias


def _field(snapshot: Snapshot, query: Query) -> Field:
    """Return the rows that meet the filter, ids aside, and their boosts.

    Few rows are listed; among many, those that do not match have a boost of minus infinity.
    """
    mask = _matching(snapshot, query)
    bias = snapshot.fields.boosts(query.boosts, lambda: _boosts(snapshot, query.boosts))
    if mask is None:
        return None, bias
    if np.count_nonzero(mask) > GATHER_SHARE * snapshot.n:
        return None, np.where(mask, np.float32(0) if bias is None else bias, np.float32(-np.inf))
    rows = np.flatnonzero(mask)
    return rows, None if bias is None else bias[rows]


def _boosts(snapshot: Snapshot, boosts: Boosts) -> Floats | None:
    added = blend.boost(snapshot.columns, boosts, snapshot.n)
    return None if added is None else added.astype(np.float32)


def _matching(snapshot: Snapshot, query: Query) -> Mask | None:
    """Return which rows match, ids aside, or none when all do."""
    n = snapshot.n
    mask = snapshot.columns.mask(query.filter, n)
    if not snapshot.all_alive:
        mask = snapshot.alive.copy() if mask is None else mask & snapshot.alive
    if query.vector is not None and not snapshot.complete.get(query.space, False):
        present = snapshot.present.get(query.space)
        has = np.zeros(n, np.bool_) if present is None else present[:n]
        mask = has.copy() if mask is None else mask & has
    return mask


def _rows_of(snapshot: Snapshot, ids: Iterable[TitleId]) -> list[int]:
    return [snapshot.rows[title_id] for title_id in ids if title_id in snapshot.rows]


def _first_pass(snapshot: Snapshot, query: Query, rows: blend.Rows | None) -> FirstPass:
    if query.vector is None:
        return np.zeros(snapshot.n if rows is None else len(rows), np.float32), FLOAT32_ERROR
    codes = snapshot.codes.get(query.space)
    if codes is not None:
        return codes.products(query.vector, snapshot.n, rows)
    matrix = snapshot.matrices[query.space]
    return (matrix[: snapshot.n] if rows is None else matrix[rows]) @ query.vector, FLOAT32_ERROR


def _shared_passes(snapshot: Snapshot, queries: Sequence[Query]) -> dict[int, FirstPass]:
    """Return the first passes of those queries, by position, that are better off together."""
    passes: dict[int, FirstPass] = {}
    for space, matrix in snapshot.matrices.items():
        asked = {
            at: query.vector
            for at, query in enumerate(queries)
            if query.space == space and query.vector is not None and _wide(snapshot, query)
        }
        if len(asked) < FEWEST_AT_ONCE:
            continue
        for vector in asked.values():
            _check(space, matrix.shape[1], vector)
        stacked = np.stack(list(asked.values()))
        codes = snapshot.codes.get(space)
        shared: Iterable[FirstPass] = (
            codes.products_of(stacked, snapshot.n)
            if codes is not None
            else ((row, FLOAT32_ERROR) for row in stacked @ matrix[: snapshot.n].T)
        )
        passes.update(zip(asked, shared, strict=True))
    return passes


def _wide(snapshot: Snapshot, query: Query) -> bool:
    """Tell whether the rows of a query are all, its filter a matter of boosts."""
    if query.k <= 0 or query.filter.include is not None:
        return False
    return snapshot.fields.get(query, lambda: _field(snapshot, query))[0] is None


def _check(space: Space, expected: int, vector: Vector) -> None:
    if vector.shape != (expected,):
        raise DimensionMismatch(space, expected, int(np.prod(vector.shape)))


def _contenders(scores: Floats, k: int, error: float) -> blend.Rows:
    """Return every position whose true score, `error` off at most, may be among the best `k`."""
    cut = _cut(scores, k)
    if cut is None:
        return np.flatnonzero(scores > -np.inf)
    return np.flatnonzero(scores >= cut - 2 * error)


def _cut(scores: Floats, k: int) -> float | None:
    """Return the k-th best score, or none when no more than k are there."""
    if len(scores) <= k:
        return None
    blocks = len(scores) // BLOCK
    if blocks > k:
        # k blocks reach the k-th best block maximum, so at least k scores do.
        # Blocks of every so-manieth row, for then NumPy takes the maxima in whole vectors.
        maxima = scores[: blocks * BLOCK].reshape(BLOCK, blocks).max(axis=0)
        floor = np.partition(maxima, blocks - k)[blocks - k]
        scores = scores[scores >= floor]
    cut = float(np.partition(scores, len(scores) - k)[len(scores) - k])
    return None if cut == -np.inf else cut


def _exact(snapshot: Snapshot, query: Query, rows: blend.Rows) -> list[Hit]:
    if query.vector is None:
        similarities = np.zeros(len(rows))
    else:
        similarities = blend.similarity(snapshot.matrices[query.space][rows], query.vector)
    return blend.best(snapshot.columns, query.boosts, rows, similarities, k=query.k)


def _build(entries: Sequence[Entry]) -> Snapshot:
    latest = list({entry.title_id: entry for entry in entries}.values())
    return _append(_empty(max(len(latest) * 5 // 4, BLOCK)), latest)


def _empty(capacity: int) -> Snapshot:
    return Snapshot(
        columns=Columns(capacity),
        matrices={},
        present={},
        codes={},
        alive=np.ones(0, np.bool_),
        rows={},
        n=0,
    )


def _append(snapshot: Snapshot, entries: Sequence[Entry]) -> Snapshot:
    """Return a snapshot with the entries as new rows and their older rows dead."""
    if snapshot.n + len(entries) > snapshot.columns.capacity:
        snapshot = _packed(snapshot, 2 * (len(snapshot.rows) + len(entries)))
    _check_all(snapshot, entries)
    rows, n = dict(snapshot.rows), snapshot.n
    alive = np.concatenate([snapshot.alive, np.ones(len(entries), np.bool_)])
    for row, entry in enumerate(entries, start=n):
        snapshot.columns.put(row, entry)
        if entry.title_id in rows:
            alive[rows[entry.title_id]] = False
        rows[entry.title_id] = row
    return _settled(
        replace(
            _with_vectors(snapshot, entries),
            alive=alive,
            rows=rows,
            n=n + len(entries),
        )
    )


def _with_vectors(snapshot: Snapshot, entries: Sequence[Entry]) -> Snapshot:
    """Return the snapshot with the entries' vectors written past its last row."""
    capacity = snapshot.columns.capacity
    matrices, present = dict(snapshot.matrices), dict(snapshot.present)
    codes = dict(snapshot.codes)
    for space in {space for entry in entries for space in entry.vectors}:
        having = [row for row, entry in enumerate(entries) if space in entry.vectors]
        vectors = np.stack([entries[row].vectors[space] for row in having]).astype(np.float32)
        if space not in matrices:
            matrices[space] = np.zeros((capacity, vectors.shape[1]), np.float32)
            present[space] = np.zeros(capacity, np.bool_)
            if available():
                codes[space] = Codes(capacity, vectors.shape[1])
        rows = np.array(having) + snapshot.n
        matrices[space][rows] = vectors
        present[space][rows] = True
        if space in codes:
            codes[space].put(rows, vectors)
    return replace(snapshot, matrices=matrices, present=present, codes=codes)


def _check_all(snapshot: Snapshot, entries: Sequence[Entry]) -> None:
    """Refuse a batch before any of it is written."""
    expected = {space: matrix.shape[1] for space, matrix in snapshot.matrices.items()}
    for entry in entries:
        for space, vector in entry.vectors.items():
            _check(space, expected.setdefault(space, len(vector)), vector)


def _remove(snapshot: Snapshot, ids: Sequence[TitleId]) -> Snapshot:
    gone = _rows_of(snapshot, set(ids))
    if not gone:
        return snapshot
    alive = snapshot.alive.copy()
    alive[gone] = False
    dropped = set(ids)
    rows = {title_id: row for title_id, row in snapshot.rows.items() if title_id not in dropped}
    return _settled(replace(snapshot, alive=alive, rows=rows))


def _settled(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with its shortcuts worked out, packed when too many rows are dead."""
    dead = snapshot.n - len(snapshot.rows)
    if dead > max(DEAD_SHARE * snapshot.n, BLOCK):
        snapshot = _packed(snapshot, 2 * max(len(snapshot.rows), BLOCK))
        dead = 0
    complete = {
        space: bool(present[: snapshot.n].all()) for space, present in snapshot.present.items()
    }
    return replace(snapshot, all_alive=dead == 0, complete=complete, fields=Fields())


def _packed(snapshot: Snapshot, capacity: int) -> Snapshot:
    """Return the living rows in new buffers."""
    kept = np.flatnonzero(snapshot.alive)
    matrices, present, codes = {}, {}, {}
    for space, matrix in snapshot.matrices.items():
        matrices[space] = np.zeros((capacity, matrix.shape[1]), np.float32)
        matrices[space][: len(kept)] = matrix[kept]
        present[space] = np.zeros(capacity, np.bool_)
        present[space][: len(kept)] = snapshot.present[space][kept]
        if space in snapshot.codes:
            codes[space] = Codes(capacity, matrix.shape[1])
            codes[space].put(np.arange(len(kept)), matrices[space][: len(kept)])
    columns = snapshot.columns.taken(kept, capacity)
    rows = {int(title_id): row for row, title_id in enumerate(columns.ids[: len(kept)].tolist())}
    return Snapshot(
        columns=columns,
        matrices=matrices,
        present=present,
        codes=codes,
        alive=np.ones(len(kept), np.bool_),
        rows=rows,
        n=len(kept),
    )
