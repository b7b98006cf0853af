"""The engine `pgvector`: PostgreSQL itself searches, so every process shares one copy.

Exact unless a space has been linked to a graph: the filtered rows are scored as halves, boosts
included, and every title that may be among the best is scored again here, as the definition says.
A graph serves wide filters alone, for among few matches it is slower than a scan, and finds less.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import islice

import numpy as np
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db import pgvector_search, pgvector_store
from db.pgvector_search import FilterValue, FilterValues, PgvectorCandidate, PgvectorQuery
from db.pgvector_store import NEXT_SCHEMA, SERVED_SCHEMA, IndexLayout, PgvectorRow, SpaceLayout
from index import inner_product
from index.inner_product import FLOAT32_ERROR, HALF_ERROR, Candidates
from index.query import (
    DimensionMismatch,
    Entry,
    Filter,
    Hit,
    IndexUnavailable,
    Matrix,
    Query,
    TitleId,
    Vector,
    VectorMissing,
)
from vocabulary.kinds import Space

BATCH = 2000  # titles written in one transaction

# Of the titles; below it a scan of the matches is both faster and exact (measured at 100,000 and
# 1,000,000 titles: a filter of a tenth takes half, of a hundredth a quarter of the graph's time).
WIDE_SHARE = 0.15


class PgvectorIndex:
    """Implements `VectorIndex` in PostgreSQL; the tables are made where they are missing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._schema = SERVED_SCHEMA
        with engine.begin() as connection:
            pgvector_store.create_tables(connection)

    def __len__(self) -> int:
        with self._entered() as (connection, _):
            return pgvector_search.count(connection)

    def __contains__(self, title_id: TitleId) -> bool:
        with self._entered() as (connection, _):
            return pgvector_search.contains(connection, title_id)

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each, over one connection."""
        with self._entered() as (connection, layout):
            return [_search(connection, layout, query) for query in queries]

    def vectors(self, ids: Sequence[TitleId], space: Space) -> Matrix:
        """Return (len(ids), d) rows in the order asked."""
        with self._entered() as (connection, _):
            found = pgvector_search.read_vectors(connection, ids, space)
        for title_id in ids:
            if title_id not in found:
                raise VectorMissing(title_id, space)
        return np.stack([found[title_id] for title_id in ids]) if ids else _nothing()

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add or replace titles; all processes see them at once."""
        with self._engine.begin() as connection:
            pgvector_store.lock_for_writing(connection)
            _write(connection, entries, SERVED_SCHEMA)

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Forget titles."""
        with self._engine.begin() as connection:
            pgvector_store.lock_for_writing(connection)
            pgvector_store.remove(connection, ids)

    def replace(
        self, entries: Iterable[Entry], approve: Callable[["PgvectorIndex"], None] | None = None
    ) -> None:
        """Build a whole new content beside the old one and swap it in, when it is approved."""
        with self._engine.begin() as connection:
            pgvector_store.drop_next(connection)
            pgvector_store.create_tables(connection, NEXT_SCHEMA)
        remaining = iter(entries)
        while batch := list(islice(remaining, BATCH)):
            with self._engine.begin() as connection:
                _write(connection, batch, NEXT_SCHEMA)
        with self._engine.begin() as connection:
            pgvector_store.analyze_tables(connection, NEXT_SCHEMA)
        if approve is not None:
            approve(self._beside())
        with self._engine.begin() as connection:
            pgvector_store.swap_in_next(connection)

    def link(self, space: Space) -> None:
        """Link a space to a graph, which makes wide searches faster and approximate."""
        with self._committing() as connection:
            shape = pgvector_store.read_layout(connection, self._schema).spaces.get(space)
            if shape is not None and not shape.graph:
                pgvector_store.build_graph(connection, space, shape.width, self._schema)

    def unlink(self, space: Space) -> None:
        """Search a space exactly again."""
        with self._committing() as connection:
            pgvector_store.drop_graph(connection, space, self._schema)

    def reached(self) -> None:
        """Leave this to PostgreSQL, which holds both the content and how far it has followed."""

    def note(self, mark: str) -> None:
        """Leave this to PostgreSQL."""

    def _beside(self) -> "PgvectorIndex":
        beside = copy(self)
        beside._schema = NEXT_SCHEMA
        return beside

    @contextmanager
    def _entered(self) -> Iterator[tuple[Connection, IndexLayout]]:
        try:
            with self._engine.connect() as connection:
                yield connection, pgvector_search.begin_search(connection, self._schema)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise IndexUnavailable(reason) from error

    def _committing(self) -> Connection:
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def given(wanted: Filter) -> FilterValues:
    """Return a filter by the names of the conditions that SQL knows; what asks nothing is left out.

    >>> given(Filter(languages=frozenset({"te"}), adult=True, year_from=1990))
    {'languages': ['te'], 'year_from': 1990}
    """
    asked: dict[str, FilterValue] = {}
    for name in ("kinds", "languages", "genres_any", "genres_all", "genres_none", "providers"):
        labels: frozenset[str] = getattr(wanted, name)
        if labels:
            asked[name] = sorted(map(str, labels))
    for name in (
        *("year_from", "year_to", "runtime_from", "runtime_to"),
        *("max_age", "min_votes", "min_rating"),
    ):
        bound: float | None = getattr(wanted, name)
        if bound is not None:
            asked[name] = bound
    if wanted.unrated and "max_age" in asked:
        asked["max_age_if_rated"] = asked.pop("max_age")
    if not wanted.adult:
        asked["adult"] = False
    if wanted.include is not None:
        asked["include"] = sorted(wanted.include)
    if wanted.exclude:
        asked["exclude"] = sorted(wanted.exclude)
    return asked


def _search(connection: Connection, layout: IndexLayout, query: Query) -> list[Hit]:
    if query.k <= 0:
        return []
    shape = layout.spaces.get(query.space)
    if query.vector is None:
        found = _by_signals(connection, layout, query)
    elif shape is None:
        return []
    elif len(query.vector) != shape.dimension:
        raise DimensionMismatch(query.space, shape.dimension, len(query.vector))
    else:
        found = _by_vector(connection, layout, query, query.vector)
    return _candidates(found, vectors=query.vector is not None).best(query)


def _by_signals(
    connection: Connection, layout: IndexLayout, query: Query
) -> list[PgvectorCandidate]:
    asked, row = given(query.filter), inner_product.weights(query.boosts, layout.regions)
    if not row.any():
        return pgvector_search.first_titles(connection, asked, query.k)
    margin = 2 * FLOAT32_ERROR * inner_product.size(row)
    return pgvector_search.scan(connection, asked, PgvectorQuery(None, row, query.k), margin=margin)


def _by_vector(
    connection: Connection, layout: IndexLayout, query: Query, vector: Vector
) -> list[PgvectorCandidate]:
    asked, shape = given(query.filter), layout.spaces[query.space]
    row = inner_product.weights(query.boosts, layout.regions)
    ask = PgvectorQuery(query.space, inner_product.operand(vector, row), query.k)
    if shape.graph and _is_wide(connection, asked, query, shape):
        pool = PgvectorQuery(ask.space, ask.operand, query.k * 3 // 2 + 32)
        found = pgvector_search.search_graph(connection, asked, pool, shape)
        if len(found) == pool.k:
            return found
    margin = 2 * HALF_ERROR * inner_product.size(row, vector)
    return pgvector_search.scan(connection, asked, ask, margin=margin)


def _is_wide(connection: Connection, asked: FilterValues, query: Query, shape: SpaceLayout) -> bool:
    """Tell whether many titles meet a filter, of all or of a language that has its own graph."""
    share = pgvector_search.estimate_share(connection, asked, query.space)
    languages = query.filter.languages
    if share >= WIDE_SHARE or len(languages) != 1 or not languages <= set(shape.languages):
        return share >= WIDE_SHARE
    of_all = pgvector_search.estimate_share(
        connection, {"languages": sorted(languages)}, query.space
    )
    return share >= WIDE_SHARE * of_all


def _candidates(found: Sequence[PgvectorCandidate], *, vectors: bool) -> Candidates:
    placed = [each.vector for each in found if each.vector is not None]
    return Candidates(
        ids=np.array([each.title_id for each in found], np.int64),
        popularity=np.array([each.popularity for each in found], np.float64),
        freshness=np.array([each.freshness for each in found], np.float64),
        per_region=[each.regional for each in found],
        vectors=(np.stack(placed) if placed else _nothing()) if vectors else None,
    )


def _write(connection: Connection, entries: Sequence[Entry], schema: str) -> None:
    latest = list({entry.title_id: entry for entry in entries}.values())
    layout = pgvector_store.read_layout(connection, schema)
    dimensions = {space: shape.dimension for space, shape in layout.spaces.items()}
    for entry in latest:
        for space, vector in entry.vectors.items():
            expected = dimensions.setdefault(space, len(vector))
            if len(vector) != expected:
                raise DimensionMismatch(space, expected, len(vector))
    regions = [region for entry in latest for region in sorted(entry.regional)]
    slots = inner_product.slots_for(layout.regions, regions)
    for region, slot in slots.items():
        pgvector_store.add_region(connection, region, slot=slot, schema=schema)
    for space in dimensions.keys() - layout.spaces.keys():
        shape = SpaceLayout(dimensions[space], dimensions[space] + inner_product.WIDTH, graph=False)
        pgvector_store.add_space(connection, space, shape, schema=schema)
    known = {**layout.regions, **slots}
    pgvector_store.remove(connection, [entry.title_id for entry in latest], schema)
    pgvector_store.add(connection, [_stored(entry, known) for entry in latest], schema)


def _stored(entry: Entry, slots: Mapping[str, int]) -> PgvectorRow:
    known = entry.attributes
    row = inner_product.signals(entry.popularity, entry.freshness, entry.regional, slots)
    return PgvectorRow(
        title_id=entry.title_id,
        kind=known.kind,
        languages=sorted(known.languages),
        genres=sorted(known.genres),
        providers=sorted(known.providers),
        year=known.year,
        adult=known.adult,
        minimum_age=known.minimum_age,
        votes=known.votes,
        rating=known.rating,
        runtime=known.runtime_minutes,
        popularity=entry.popularity,
        freshness=entry.freshness,
        regional=entry.regional,
        signals=row,
        blended={space: inner_product.blended(each, row) for space, each in entry.vectors.items()},
        exact=entry.vectors,
    )


def _nothing() -> Matrix:
    return np.empty((0, 0), np.float32)
