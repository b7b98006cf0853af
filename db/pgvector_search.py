"""SQL that searches the tables of the engine `pgvector` (see `db.pgvector_store`).

A search is an inner product: a title's vector is followed by its signals, a query's by their
weights, so ordering by the product is ordering by the blended score. Half precision has a small
error, so every title that may be among the best is returned for the caller to score exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from db.pgvector_store import IndexLayout, SpaceLayout
from db.vectors import VECTOR_HEADER_BYTES
from vocabulary.kinds import Space

FilterValue = float | str | Sequence[int] | Sequence[str]
FilterValues = Mapping[str, FilterValue]
"""Values of conditions, by their names in `FILTER_CONDITIONS`."""

FILTER_CONDITIONS = {
    "kinds": "kind = ANY(CAST(:kinds AS text[]))",
    "languages": "languages && CAST(:languages AS text[])",
    "genres_any": "genres && CAST(:genres_any AS text[])",
    "genres_all": "genres @> CAST(:genres_all AS text[])",
    "genres_none": "NOT genres && CAST(:genres_none AS text[])",
    "providers": "providers && CAST(:providers AS text[])",
    "year_from": "year >= :year_from",
    "year_to": "year <= :year_to",
    "adult": "adult = :adult",
    "max_age": "minimum_age <= :max_age",
    "max_age_if_rated": "(minimum_age IS NULL OR minimum_age <= :max_age_if_rated)",
    "min_votes": "votes >= :min_votes",
    "min_rating": "rating >= :min_rating",
    "runtime_from": "runtime >= :runtime_from",
    "runtime_to": "runtime <= :runtime_to",
    "include": "title_id = ANY(CAST(:include AS integer[]))",
    "exclude": "title_id <> ALL(CAST(:exclude AS integer[]))",
}

# The search path selects the copy; its layout is read first, see `db.pgvector_store.swap_in_next`.
# Custom plans: a language may have half of the titles or three of them.
# No JIT: compiling a plan takes longer than most searches. After half a minute the client has gone.
# `work_mem` fits the scores of a million titles.
# A graph scan continues until enough titles match the filter.
BEGIN_SEARCH = """
    SELECT (SELECT jsonb_agg(s) FROM {schema}.space s) AS spaces,
        (SELECT jsonb_object_agg(region, slot) FROM {schema}.region) AS regions,
        set_config('search_path', '{schema},' || current_setting('search_path'), true),
        set_config('plan_cache_mode', 'force_custom_plan', true),
        set_config('jit', 'off', true),
        set_config('statement_timeout', '30s', true),
        set_config('work_mem', '64MB', true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true)
    """
SET_EF_SEARCH = text("SELECT set_config('hnsw.ef_search', CAST(:ef AS text), true)")
# Candidates of a graph scan per requested title, and their limits: pgvector accepts no more, and
# continues the scan from there.
EF_PER_TITLE, EF_RANGE = 2, (200, 1000)
SELECT_EXISTS = text("SELECT EXISTS (SELECT FROM entry WHERE title_id = :title_id)")
COUNT_ENTRIES = text("SELECT count(*) FROM entry")
SELECT_ESTIMATED_COUNT = text(
    "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = to_regclass('entry')"
)
SELECT_VECTORS = text(
    """
    SELECT title_id, vector_send(vector) AS packed FROM exact
    WHERE title_id = ANY(:ids) AND space = :space
    """
)

# Materialised, so that scores are computed once and no graph is used: a scan is exact.
# The candidates become an array: otherwise the planner would choose the join by a guess.
SCAN_QUERY = """
WITH scored AS MATERIALIZED (
    SELECT title_id, -({column} <#> {operand}) AS score
    FROM entry WHERE {conditions}
), cut AS (
    SELECT score FROM scored ORDER BY score DESC OFFSET :k - 1 LIMIT 1
), best AS (
    SELECT title_id FROM scored
    WHERE score >= coalesce((SELECT score FROM cut), '-Infinity') - :margin
)
"""
GRAPH_QUERY = """
WITH best AS MATERIALIZED (
    SELECT title_id FROM entry WHERE {conditions}
    ORDER BY CAST({column} AS halfvec({width})) <#> {operand} LIMIT :k
)
"""
FIRST_IDS_QUERY = """
WITH best AS (
    SELECT title_id FROM entry WHERE {conditions} ORDER BY title_id LIMIT :k
)
"""
SELECT_CANDIDATES = """
SELECT e.title_id, e.popularity, e.freshness, e.regional, vector_send(x.vector) AS packed
FROM entry e
LEFT JOIN exact x ON x.title_id = e.title_id AND x.space = :space
WHERE e.title_id = ANY(ARRAY(SELECT title_id FROM best))
"""


@dataclass(frozen=True, slots=True)
class PgvectorQuery:
    """What to rank by: the inner product of a column and an operand."""

    space: Space | None  # none: signals only
    operand: NDArray[np.float32]
    k: int


@dataclass(frozen=True, slots=True)
class PgvectorCandidate:
    """A title that may be among the best."""

    title_id: int
    popularity: float
    freshness: float
    regional: Mapping[str, float]
    vector: NDArray[np.float32] | None  # of the query's space


def begin_search(connection: Connection, schema: str) -> IndexLayout:
    """Configure the transaction for a search and return the layout."""
    row = connection.execute(text(BEGIN_SEARCH.format(schema=schema))).one()
    spaces = {
        Space(each["space"]): SpaceLayout(
            each["dimension"], each["width"], each["graph"], each.get("languages", ())
        )
        for each in row.spaces or ()
    }
    return IndexLayout(spaces, row.regions or {})


def count(connection: Connection) -> int:
    """Return the number of titles."""
    return int(connection.execute(COUNT_ENTRIES).scalar_one())


def contains(connection: Connection, title_id: int) -> bool:
    """Return whether a title exists."""
    return bool(connection.execute(SELECT_EXISTS, {"title_id": title_id}).scalar_one())


def estimate_share(connection: Connection, filter_values: FilterValues, space: Space) -> float:
    """Return the planner's estimate of the share of titles that match the filter, 0..1."""
    total = connection.execute(SELECT_ESTIMATED_COUNT).scalar_one()
    query = f"SELECT FROM entry WHERE {_where_clause(filter_values, space)}"  # ours
    plan = connection.execute(
        text(f"EXPLAIN (FORMAT JSON) {query}"), dict(filter_values)
    ).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"]) / max(float(total), 1.0)


def scan(
    connection: Connection, filter_values: FilterValues, query: PgvectorQuery, *, margin: float
) -> list[PgvectorCandidate]:
    """Return every title whose product is at most `margin` below the `k`-th best."""
    column, operand = _operand_sql(query)
    best = SCAN_QUERY.format(
        column=column, operand=operand, conditions=_where_clause(filter_values, query.space)
    )
    return _fetch_candidates(connection, best, filter_values, query, margin=margin)


def search_graph(
    connection: Connection,
    filter_values: FilterValues,
    query: PgvectorQuery,
    space_layout: SpaceLayout,
) -> list[PgvectorCandidate]:
    """Return approximately the `k` best by the space's graph, or fewer."""
    column, operand = _operand_sql(query)
    best = GRAPH_QUERY.format(
        column=column,
        operand=operand,
        width=space_layout.width,
        conditions=_where_clause(filter_values, query.space),
    )
    least, most = EF_RANGE
    ef = min(max(EF_PER_TITLE * query.k, least), most)
    connection.execute(SET_EF_SEARCH, {"ef": ef})
    return _fetch_candidates(connection, best, filter_values, query)


def first_titles(
    connection: Connection, filter_values: FilterValues, k: int
) -> list[PgvectorCandidate]:
    """Return the `k` titles with the smallest ids."""
    ask = PgvectorQuery(None, np.empty(0, np.float32), k)
    return _fetch_candidates(
        connection,
        FIRST_IDS_QUERY.format(conditions=_where_clause(filter_values, None)),
        filter_values,
        ask,
    )


def explain(
    connection: Connection,
    filter_values: FilterValues,
    query: PgvectorQuery,
    space_layout: SpaceLayout | None,
) -> str:
    """Return the plan of `search_graph` with a layout, or of `scan` without one."""
    column, operand = _operand_sql(query)
    statement = (SCAN_QUERY if space_layout is None else GRAPH_QUERY) + SELECT_CANDIDATES
    statement = statement.format(
        column=column,
        operand=operand,
        width=space_layout.width if space_layout else 0,
        conditions=_where_clause(filter_values, query.space),
    )
    values = {**_parameters(filter_values, query), "margin": 0.0}
    rows = connection.execute(text(f"EXPLAIN (COSTS OFF) {statement}"), values)
    return "\n".join(row[0] for row in rows)


def read_vectors(
    connection: Connection, ids: Sequence[int], space: Space
) -> dict[int, NDArray[np.float32]]:
    """Return the vectors of those titles that have one."""
    rows = connection.execute(SELECT_VECTORS, {"ids": list(ids), "space": space.value})
    return {row.title_id: _unpack_vector(row.packed) for row in rows}


def _operand_sql(query: PgvectorQuery) -> tuple[str, str]:
    if query.space is None:
        return "signals", "CAST(:operand AS vector)"
    return query.space.value, "CAST(:operand AS halfvec)"


def _where_clause(filter_values: FilterValues, space: Space | None) -> str:
    conditions = [FILTER_CONDITIONS[name] for name in filter_values]
    if space is not None:
        conditions.append(f"{space.value} IS NOT NULL")
    return " AND ".join(conditions) or "true"


def _parameters(filter_values: FilterValues, query: PgvectorQuery) -> dict[str, object]:
    operand = "[" + ",".join(map(str, query.operand.tolist())) + "]"
    space = query.space.value if query.space else ""
    return {**filter_values, "operand": operand, "k": query.k, "space": space}


def _fetch_candidates(
    connection: Connection,
    best: str,
    filter_values: FilterValues,
    query: PgvectorQuery,
    **more: float,
) -> list[PgvectorCandidate]:
    rows = connection.execute(
        text(best + SELECT_CANDIDATES), {**_parameters(filter_values, query), **more}
    )
    return [_to_candidate(row) for row in rows]


def _to_candidate(row: Row[tuple[int, float, float, dict[str, float], bytes]]) -> PgvectorCandidate:
    vector = None if row.packed is None else _unpack_vector(row.packed)
    return PgvectorCandidate(row.title_id, row.popularity, row.freshness, row.regional, vector)


def _unpack_vector(sent: bytes) -> NDArray[np.float32]:
    """Return a vector from pgvector's binary form (src/vector.c, vector_send)."""
    return np.frombuffer(sent, ">f4", offset=VECTOR_HEADER_BYTES).astype(np.float32)
