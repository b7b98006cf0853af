"""The engine `pgvector`: PostgreSQL itself searches, so that all processes share one copy.

Exact unless a space has a graph: filtered rows are scored in half precision, boosts included, and
every title that may be among the best is scored again here in full. A graph serves only wide
filters: with few matches it is slower than a scan and finds less.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import islice

import numpy as np
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db import pgvector_graphs, pgvector_search, pgvector_store
from db.engine import first_line
from db.pgvector_search import FilterValue, FilterValues, PgvectorCandidate, PgvectorQuery
from db.pgvector_store import NEXT_SCHEMA, SERVED_SCHEMA, IndexLayout, PgvectorRow, SpaceLayout
from index import inner_product
from index.inner_product import FLOAT16_ERROR, FLOAT32_ERROR, CandidateColumns
from index.query import (
    DimensionMismatch,
    Filter,
    Hit,
    IndexEntry,
    IndexUnavailable,
    Query,
    VectorMissing,
)
from vocabulary.arrays import Matrix, Vector
from vocabulary.ids import TitleId
from vocabulary.kinds import Space

TITLES_PER_TRANSACTION = 2000

# Share of matching titles; below it a scan is both faster and exact (measured at 100,000 and
# 1,000,000 titles: a filter of a tenth takes half, of a hundredth a quarter of the graph's time).
MIN_WIDE_SHARE = 0.15


class PgvectorIndex:
    """Implements `VectorIndex` in PostgreSQL; missing tables are created."""

    def __init__(self, engine: Engine, writing_engine: Engine | None = None) -> None:
        self._engine = engine  # for searches
        self._writing_engine = writing_engine or engine  # rebuilds may take hours
        self._schema = SERVED_SCHEMA
        with self._writing_engine.begin() as connection:
            pgvector_store.create_tables(connection)

    def __len__(self) -> int:
        with self._begin_search() as (connection, _):
            return pgvector_search.count(connection)

    def __contains__(self, title_id: TitleId) -> bool:
        with self._begin_search() as (connection, _):
            return pgvector_search.contains(connection, title_id)

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return the results of several searches over one connection."""
        with self._begin_search() as (connection, layout):
            return [_search(connection, layout, query) for query in queries]

    def vectors(self, ids: Sequence[TitleId], space: Space) -> Matrix:
        """Return (len(ids), d) rows in the order of the ids."""
        with self._begin_search() as (connection, _):
            candidates = pgvector_search.read_vectors(connection, ids, space)
        for title_id in ids:
            if title_id not in candidates:
                raise VectorMissing(title_id, space)
        return np.stack([candidates[title_id] for title_id in ids]) if ids else _empty_matrix()

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Add or replace titles; all processes see them immediately."""
        with self._writing_engine.begin() as connection:
            pgvector_store.lock_for_writing(connection)
            _write_entries(connection, entries, SERVED_SCHEMA)

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Delete titles."""
        with self._writing_engine.begin() as connection:
            pgvector_store.lock_for_writing(connection)
            pgvector_store.remove(connection, ids)

    def replace(
        self,
        entries: Iterable[IndexEntry],
        approve: Callable[["PgvectorIndex"], None] | None = None,
    ) -> None:
        """Build a new copy beside the old one and swap it in once `approve` returns."""
        with self._writing_engine.begin() as connection:
            pgvector_store.drop_next(connection)
            pgvector_store.create_tables(connection, NEXT_SCHEMA)
        remaining = iter(entries)
        while batch := list(islice(remaining, TITLES_PER_TRANSACTION)):
            with self._writing_engine.begin() as connection:
                _write_entries(connection, batch, NEXT_SCHEMA)
        with self._writing_engine.begin() as connection:
            pgvector_store.analyze_tables(connection, NEXT_SCHEMA)
        if approve is not None:
            approve(self._next_index())
        with self._writing_engine.begin() as connection:
            pgvector_store.swap_in_next(connection)

    def build_graph(self, space: Space) -> None:
        """Build the graphs of a space: wide searches become faster and approximate."""
        with self._autocommit_connection() as connection:
            shape = pgvector_store.read_layout(connection, self._schema).spaces.get(space)
            if shape is not None and not shape.graph:
                pgvector_graphs.build_graph(connection, space, shape.width, self._schema)

    def drop_graph(self, space: Space) -> None:
        """Delete the graphs of a space: its searches become exact."""
        with self._autocommit_connection() as connection:
            pgvector_graphs.drop_graph(connection, space, self._schema)

    def saved_position(self) -> None:
        """Return none: PostgreSQL stores both the content and its position."""

    def save_position(self, position: str) -> None:
        """Do nothing, for the same reason."""

    def _next_index(self) -> "PgvectorIndex":
        beside = copy(self)
        beside._schema = NEXT_SCHEMA
        beside._engine = self._writing_engine  # its results are compared over all titles
        return beside

    @contextmanager
    def _begin_search(self) -> Iterator[tuple[Connection, IndexLayout]]:
        try:
            with self._engine.connect() as connection:
                yield connection, pgvector_search.begin_search(connection, self._schema)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            reason = first_line(error)
            raise IndexUnavailable(reason) from error

    def _autocommit_connection(self) -> Connection:
        return self._writing_engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def to_filter_values(title_filter: Filter) -> FilterValues:
    """Return the values of a filter's SQL conditions by name, without those that are unset.

    >>> to_filter_values(Filter(languages=frozenset({"te"}), adult=True, year_from=1990))
    {'languages': ['te'], 'year_from': 1990}
    """
    values: dict[str, FilterValue] = {}
    for name in ("kinds", "languages", "genres_any", "genres_all", "genres_none", "providers"):
        labels: frozenset[str] = getattr(title_filter, name)
        if labels:
            values[name] = sorted(map(str, labels))
    for name in (
        *("year_from", "year_to", "runtime_from", "runtime_to"),
        *("max_age", "min_votes", "min_rating"),
    ):
        bound: float | None = getattr(title_filter, name)
        if bound is not None:
            values[name] = bound
    if title_filter.unrated and "max_age" in values:
        values["max_age_if_rated"] = values.pop("max_age")
    if not title_filter.adult:
        values["adult"] = False
    if title_filter.include is not None:
        values["include"] = sorted(title_filter.include)
    if title_filter.exclude:
        values["exclude"] = sorted(title_filter.exclude)
    return values


def _search(connection: Connection, layout: IndexLayout, query: Query) -> list[Hit]:
    if query.k <= 0:
        return []
    shape = layout.spaces.get(query.space)
    if query.vector is None:
        candidates = _candidates_by_signals(connection, layout, query)
    elif shape is None:
        return []
    elif len(query.vector) != shape.dimension:
        raise DimensionMismatch(query.space, shape.dimension, len(query.vector))
    else:
        candidates = _candidates_by_vector(connection, layout, query, query.vector)
    return _to_candidate_columns(candidates, vectors=query.vector is not None).top_hits(query)


def _candidates_by_signals(
    connection: Connection, layout: IndexLayout, query: Query
) -> list[PgvectorCandidate]:
    values, row = (
        to_filter_values(query.filter),
        inner_product.weight_row(query.boosts, layout.regions),
    )
    if not row.any():
        return pgvector_search.first_titles(connection, values, query.k)
    margin = 2 * FLOAT32_ERROR * inner_product.max_product(row)
    return pgvector_search.scan(
        connection, values, PgvectorQuery(None, row, query.k), margin=margin
    )


def _candidates_by_vector(
    connection: Connection, layout: IndexLayout, query: Query, vector: Vector
) -> list[PgvectorCandidate]:
    values, shape = to_filter_values(query.filter), layout.spaces[query.space]
    row = inner_product.weight_row(query.boosts, layout.regions)
    pgvector_query = PgvectorQuery(query.space, inner_product.query_operand(vector, row), query.k)
    if shape.graph and _is_wide(connection, values, query, shape):
        pool = PgvectorQuery(pgvector_query.space, pgvector_query.operand, query.k * 3 // 2 + 32)
        candidates = pgvector_search.search_graph(connection, values, pool, shape)
        if len(candidates) == pool.k:
            return candidates
    margin = 2 * FLOAT16_ERROR * inner_product.max_product(row, vector)
    return pgvector_search.scan(connection, values, pgvector_query, margin=margin)


def _is_wide(
    connection: Connection, filter_values: FilterValues, query: Query, space_layout: SpaceLayout
) -> bool:
    """Return whether many titles match, of all titles or of a language with its own graph."""
    share = pgvector_search.estimate_share(connection, filter_values, query.space)
    languages = query.filter.languages
    if (
        share >= MIN_WIDE_SHARE
        or len(languages) != 1
        or not languages <= set(space_layout.languages)
    ):
        return share >= MIN_WIDE_SHARE
    language_share = pgvector_search.estimate_share(
        connection, {"languages": sorted(languages)}, query.space
    )
    return share >= MIN_WIDE_SHARE * language_share


def _to_candidate_columns(
    candidates: Sequence[PgvectorCandidate], *, vectors: bool
) -> CandidateColumns:
    vectors_present = [each.vector for each in candidates if each.vector is not None]
    return CandidateColumns(
        ids=np.array([each.title_id for each in candidates], np.int64),
        popularity=np.array([each.popularity for each in candidates], np.float64),
        freshness=np.array([each.freshness for each in candidates], np.float64),
        regional_by_title=[each.regional for each in candidates],
        vectors=(np.stack(vectors_present) if vectors_present else _empty_matrix())
        if vectors
        else None,
    )


def _write_entries(connection: Connection, entries: Sequence[IndexEntry], schema: str) -> None:
    latest = list({entry.title_id: entry for entry in entries}.values())
    layout = pgvector_store.read_layout(connection, schema)
    dimensions = {space: shape.dimension for space, shape in layout.spaces.items()}
    for entry in latest:
        for space, vector in entry.vectors.items():
            expected = dimensions.setdefault(space, len(vector))
            if len(vector) != expected:
                raise DimensionMismatch(space, expected, len(vector))
    regions = [region for entry in latest for region in sorted(entry.regional)]
    slots = inner_product.assign_region_slots(layout.regions, regions)
    for region, slot in slots.items():
        pgvector_store.add_region(connection, region, slot=slot, schema=schema)
    for space in dimensions.keys() - layout.spaces.keys():
        shape = SpaceLayout(
            dimensions[space], dimensions[space] + inner_product.SIGNAL_WIDTH, graph=False
        )
        pgvector_store.add_space(connection, space, shape, schema=schema)
    known = {**layout.regions, **slots}
    pgvector_store.remove(connection, [entry.title_id for entry in latest], schema)
    pgvector_store.add(connection, [_to_row(entry, known) for entry in latest], schema)


def _to_row(entry: IndexEntry, region_slots: Mapping[str, int]) -> PgvectorRow:
    known = entry.attributes
    row = inner_product.signal_row(entry.popularity, entry.freshness, entry.regional, region_slots)
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
        blended={
            space: inner_product.blended_vector(each, row) for space, each in entry.vectors.items()
        },
        exact=entry.vectors,
    )


def _empty_matrix() -> Matrix:
    return np.empty((0, 0), np.float32)
