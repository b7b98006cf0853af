"""Searching the vectors that PostgreSQL holds for the engine `pgvector` (see `db.pgvector_store`).

A search is an inner product: a title's vector is followed by its signals, a query's by their
weights, so ordering by the product is ordering by the blended score, filter applied. Halves err a
little; every title that may be among the best is returned, for the caller to score exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from db.pgvector_store import Layout, Shape
from vocabulary.kinds import Space

HEADER = 4  # bytes before the floats in pgvector's binary form

Value = float | str | Sequence[int] | Sequence[str]
Given = Mapping[str, Value]
"""What a filter asks, by the names of `CONDITIONS`."""

CONDITIONS = {
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

# Tables are those of the copy that is searched, the served one or the next; what they consist of is
# read first of all, see `db.pgvector_store.swap`.
# Plans are made for the values at hand: a language may be that of half the titles or of three.
# Compiling a plan takes longer than most searches. Whoever has waited half a minute has gone.
# Scores of a million titles fit the memory.
# A graph goes on looking until enough titles meet the filter.
ENTER = """
    SELECT (SELECT jsonb_agg(s) FROM {schema}.space s) AS spaces,
        (SELECT jsonb_object_agg(region, slot) FROM {schema}.region) AS regions,
        set_config('search_path', '{schema},' || current_setting('search_path'), true),
        set_config('plan_cache_mode', 'force_custom_plan', true),
        set_config('jit', 'off', true),
        set_config('statement_timeout', '30s', true),
        set_config('work_mem', '64MB', true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true)
    """
BREADTH = text("SELECT set_config('hnsw.ef_search', CAST(:breadth AS text), true)")
# Titles that a graph looks at before it answers, per title wanted, and at least and at most:
# pgvector takes no more, and goes on from there.
BREADTH_SHARE, BREADTH_RANGE = 2, (200, 1000)
HAS = text("SELECT EXISTS (SELECT FROM entry WHERE title_id = :title_id)")
COUNT = text("SELECT count(*) FROM entry")
PLANNED_COUNT = text("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = to_regclass('entry')")
VECTORS = text(
    """
    SELECT title_id, vector_send(vector) AS packed FROM exact
    WHERE title_id = ANY(:ids) AND space = :space
    """
)

# Materialised, so that the scores are computed once and no graph is used: a scan is exact. The
# candidates become an array, for their number is a guess that would otherwise choose the join.
SCANNED = """
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
NEAREST = """
WITH best AS MATERIALIZED (
    SELECT title_id FROM entry WHERE {conditions}
    ORDER BY CAST({column} AS halfvec({width})) <#> {operand} LIMIT :k
)
"""
FIRST = """
WITH best AS (
    SELECT title_id FROM entry WHERE {conditions} ORDER BY title_id LIMIT :k
)
"""
FOUND = """
SELECT e.title_id, e.popularity, e.freshness, e.regional, vector_send(x.vector) AS packed
FROM entry e
LEFT JOIN exact x ON x.title_id = e.title_id AND x.space = :space
WHERE e.title_id = ANY(ARRAY(SELECT title_id FROM best))
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """What to rank by: a product with a column, or nothing."""

    space: Space | None  # none: signals alone
    operand: NDArray[np.float32]
    k: int


@dataclass(frozen=True, slots=True)
class Found:
    """A title that may be among the best."""

    title_id: int
    popularity: float
    freshness: float
    regional: Mapping[str, float]
    vector: NDArray[np.float32] | None  # of the space that was asked for


def enter(connection: Connection, schema: str) -> Layout:
    """Set what the transaction searches, and how; return what there is."""
    row = connection.execute(text(ENTER.format(schema=schema))).one()
    shapes = {
        Space(each["space"]): Shape(
            each["dimension"], each["width"], each["graph"], each.get("languages", ())
        )
        for each in row.spaces or ()
    }
    return Layout(shapes, row.regions or {})


def count(connection: Connection) -> int:
    """Return the number of titles."""
    return int(connection.execute(COUNT).scalar_one())


def has(connection: Connection, title_id: int) -> bool:
    """Tell whether a title is there."""
    return bool(connection.execute(HAS, {"title_id": title_id}).scalar_one())


def share(connection: Connection, given: Given, space: Space) -> float:
    """Return about which share of the titles meets the filter, 0..1, as the planner guesses."""
    planned = connection.execute(PLANNED_COUNT).scalar_one()
    query = f"SELECT FROM entry WHERE {_conditions(given, space)}"  # ours
    plan = connection.execute(text(f"EXPLAIN (FORMAT JSON) {query}"), dict(given)).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"]) / max(float(planned), 1.0)


def scanned(connection: Connection, given: Given, ask: Ask, *, margin: float) -> list[Found]:
    """Return every title whose product is at most `margin` below the `k`-th best."""
    column, operand = _product(ask)
    best = SCANNED.format(column=column, operand=operand, conditions=_conditions(given, ask.space))
    return _found(connection, best, given, ask, margin=margin)


def nearest(connection: Connection, given: Given, ask: Ask, shape: Shape) -> list[Found]:
    """Return about the `k` best by the space's graph; fewer where it found no more."""
    column, operand = _product(ask)
    best = NEAREST.format(
        column=column, operand=operand, width=shape.width, conditions=_conditions(given, ask.space)
    )
    least, most = BREADTH_RANGE
    breadth = min(max(BREADTH_SHARE * ask.k, least), most)
    connection.execute(BREADTH, {"breadth": breadth})
    return _found(connection, best, given, ask)


def first(connection: Connection, given: Given, k: int) -> list[Found]:
    """Return the `k` titles of the smallest ids."""
    ask = Ask(None, np.empty(0, np.float32), k)
    return _found(connection, FIRST.format(conditions=_conditions(given, None)), given, ask)


def explained(connection: Connection, given: Given, ask: Ask, shape: Shape | None) -> str:
    """Return the plan of `nearest` over a shape, or of `scanned` without one."""
    column, operand = _product(ask)
    statement = (SCANNED if shape is None else NEAREST) + FOUND
    statement = statement.format(
        column=column,
        operand=operand,
        width=shape.width if shape else 0,
        conditions=_conditions(given, ask.space),
    )
    values = {**_values(given, ask), "margin": 0.0}
    rows = connection.execute(text(f"EXPLAIN (COSTS OFF) {statement}"), values)
    return "\n".join(row[0] for row in rows)


def vectors(
    connection: Connection, ids: Sequence[int], space: Space
) -> dict[int, NDArray[np.float32]]:
    """Return the vectors of those titles that have one."""
    rows = connection.execute(VECTORS, {"ids": list(ids), "space": space.value})
    return {row.title_id: _unpacked(row.packed) for row in rows}


def _product(ask: Ask) -> tuple[str, str]:
    if ask.space is None:
        return "signals", "CAST(:operand AS vector)"
    return ask.space.value, "CAST(:operand AS halfvec)"


def _conditions(given: Given, space: Space | None) -> str:
    asked = [CONDITIONS[name] for name in given]
    if space is not None:
        asked.append(f"{space.value} IS NOT NULL")
    return " AND ".join(asked) or "true"


def _values(given: Given, ask: Ask) -> dict[str, object]:
    operand = "[" + ",".join(map(str, ask.operand.tolist())) + "]"
    space = ask.space.value if ask.space else ""
    return {**given, "operand": operand, "k": ask.k, "space": space}


def _found(connection: Connection, best: str, given: Given, ask: Ask, **more: float) -> list[Found]:
    rows = connection.execute(text(best + FOUND), {**_values(given, ask), **more})
    return [_each(row) for row in rows]


def _each(row: Row[tuple[int, float, float, dict[str, float], bytes]]) -> Found:
    vector = None if row.packed is None else _unpacked(row.packed)
    return Found(row.title_id, row.popularity, row.freshness, row.regional, vector)


def _unpacked(sent: bytes) -> NDArray[np.float32]:
    """Return a vector from pgvector's binary form (src/vector.c, vector_send)."""
    return np.frombuffer(sent, ">f4", offset=HEADER).astype(np.float32)
