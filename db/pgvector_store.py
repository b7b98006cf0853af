"""The tables of the engine `pgvector` and how they are written.

Like an index in memory they are a copy of the catalogue. They have a schema of their own: a new
copy is built in a second schema, and its tables move over when it is complete.

`entry` has what a search reads, in half precision, one row per title; `exact` has the original
vectors, which are read for the few titles that may be condition the best.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, TextClause, text

from db.advisory_locks import AdvisoryLock, lock_until_commit
from vocabulary.kinds import Kind, Space

SERVED_SCHEMA = "vector_search"
NEXT_SCHEMA = "vector_search_next"
"""The schema that is searched, and the one in which the next copy is built."""

# Rows of nearly a page stay in line: vectors moved out of line (TOAST) are slow to scan.
CREATE_STATEMENTS = (
    "CREATE SCHEMA IF NOT EXISTS {schema}",
    """
    CREATE TABLE IF NOT EXISTS {schema}.entry (
        title_id integer PRIMARY KEY,
        kind text NOT NULL,
        languages text[] NOT NULL,
        genres text[] NOT NULL,
        providers text[] NOT NULL,
        year integer,
        adult boolean NOT NULL,
        minimum_age integer,
        votes bigint NOT NULL,
        rating double precision,
        runtime integer,
        popularity double precision NOT NULL,
        freshness double precision NOT NULL,
        regional jsonb NOT NULL,
        signals vector NOT NULL,
        content halfvec,
        collab halfvec,
        sequence halfvec
    ) WITH (toast_tuple_target = 8160)
    """,
    """
    CREATE INDEX IF NOT EXISTS entry_languages ON {schema}.entry
        USING gin (languages) WITH (fastupdate = off)
    """,
    """
    CREATE INDEX IF NOT EXISTS entry_genres ON {schema}.entry
        USING gin (genres) WITH (fastupdate = off)
    """,
    """
    CREATE INDEX IF NOT EXISTS entry_providers ON {schema}.entry
        USING gin (providers) WITH (fastupdate = off)
    """,
    "CREATE INDEX IF NOT EXISTS entry_year ON {schema}.entry (year)",
    """
    CREATE TABLE IF NOT EXISTS {schema}.exact (
        title_id integer,
        space text,
        vector vector NOT NULL,
        PRIMARY KEY (title_id, space)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS {schema}.space (
        space text PRIMARY KEY,
        dimension integer NOT NULL,
        width integer NOT NULL,
        graph boolean NOT NULL DEFAULT false,
        languages text[] NOT NULL DEFAULT '{{}}'
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS {schema}.region (
        region text PRIMARY KEY,
        slot integer NOT NULL UNIQUE
    )
    """,
)
TABLE_NAMES = ("space", "region", "entry", "exact")
SELECT_TABLES_EXIST = text(
    "SELECT to_regclass('{schema}.region') IS NOT NULL".replace("{schema}", SERVED_SCHEMA)
)

ENTRY_COLUMN_TYPES = {
    "title_id": "int4",
    "kind": "text",
    "languages": "text[]",
    "genres": "text[]",
    "providers": "text[]",
    "year": "int4",
    "adult": "bool",
    "minimum_age": "int4",
    "votes": "int8",
    "rating": "float8",
    "runtime": "int4",
    "popularity": "float8",
    "freshness": "float8",
    "regional": "jsonb",
    "signals": "bytea",
    "content": "bytea",
    "collab": "bytea",
    "sequence": "bytea",
}
"""Types of the copied columns; vectors are bytes that pgvector's receive functions read."""

FloatVector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpaceLayout:
    """The lengths of a space's vectors, and its graphs."""

    dimension: int
    width: int  # dimension plus signals
    graph: bool
    languages: Sequence[str] = ()  # those with their own graph


@dataclass(frozen=True, slots=True)
class IndexLayout:
    """The spaces and regions of a copy."""

    spaces: Mapping[Space, SpaceLayout]
    regions: Mapping[str, int]  # region to slot


@dataclass(frozen=True, slots=True, kw_only=True)
class PgvectorRow:
    """A title as the tables store it."""

    title_id: int
    kind: Kind
    languages: Sequence[str]
    genres: Sequence[str]
    providers: Sequence[str]
    year: int | None
    adult: bool
    minimum_age: int | None
    votes: int
    rating: float | None
    runtime: int | None
    popularity: float
    freshness: float
    regional: Mapping[str, float]
    signals: FloatVector
    blended: Mapping[Space, FloatVector]  # vector followed by signals; scanned
    exact: Mapping[Space, FloatVector]  # (d,)


def create_tables(connection: Connection, schema: str = SERVED_SCHEMA) -> None:
    """Create missing tables."""
    if schema != SERVED_SCHEMA or not connection.execute(SELECT_TABLES_EXIST).scalar_one():
        lock_for_writing(connection)
        for statement in CREATE_STATEMENTS:
            connection.execute(in_schema(schema, statement))


def read_layout(connection: Connection, schema: str = SERVED_SCHEMA) -> IndexLayout:
    """Return the spaces and regions of a schema."""
    spaces = connection.execute(in_schema(schema, "SELECT * FROM {schema}.space"))
    regions = connection.execute(in_schema(schema, "SELECT * FROM {schema}.region"))
    return IndexLayout(
        {
            Space(row.space): SpaceLayout(row.dimension, row.width, row.graph, row.languages)
            for row in spaces
        },
        {row.region: row.slot for row in regions},
    )


def lock_for_writing(connection: Connection) -> None:
    """Wait until no other transaction writes the tables, and hold others back until the commit."""
    lock_until_commit(connection, AdvisoryLock.PGVECTOR_WRITER)


def remove(connection: Connection, ids: Iterable[int], schema: str = SERVED_SCHEMA) -> None:
    """Delete titles; unknown ones are ignored."""
    for table in ("entry", "exact"):
        statement = f"DELETE FROM {{schema}}.{table} WHERE title_id = ANY(:ids)"  # noqa: S608  # ours
        connection.execute(in_schema(schema, statement), {"ids": list(ids)})


def add(connection: Connection, rows: Sequence[PgvectorRow], schema: str = SERVED_SCHEMA) -> None:
    """Copy in titles that do not exist yet."""
    cursor = connection.connection.cursor()
    columns = ", ".join(ENTRY_COLUMN_TYPES)
    with cursor.copy(f"COPY {schema}.entry ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(list(ENTRY_COLUMN_TYPES.values()))
        for row in rows:
            copy.write_row(_to_entry(row))
    with cursor.copy(f"COPY {schema}.exact FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "text", "bytea"])
        for row in rows:
            for space, vector in row.exact.items():
                copy.write_row((row.title_id, space.value, pack_vector(vector, ">f4")))


def add_space(
    connection: Connection, space: Space, space_layout: SpaceLayout, *, schema: str
) -> None:
    """Store the lengths of a space's vectors."""
    statement = "INSERT INTO {schema}.space VALUES (:space, :dimension, :width)"
    values = {
        "space": space.value,
        "dimension": space_layout.dimension,
        "width": space_layout.width,
    }
    connection.execute(in_schema(schema, statement), values)


def add_region(
    connection: Connection, region: str, *, slot: int, schema: str = SERVED_SCHEMA
) -> None:
    """Store the slot of a region's signals."""
    statement = "INSERT INTO {schema}.region VALUES (:region, :slot)"
    connection.execute(in_schema(schema, statement), {"region": region, "slot": slot})


def drop_next(connection: Connection) -> None:
    """Delete the next copy."""
    connection.execute(text(f"DROP SCHEMA IF EXISTS {NEXT_SCHEMA} CASCADE"))


def swap_in_next(connection: Connection) -> None:
    """Replace the searched tables with the next copy, at the commit."""
    lock_for_writing(connection)
    # In the order in which searches lock them, `space` first: a search reads lengths and slots
    # before anything else, and the other tables match them for as long as it holds that lock.
    served = ", ".join(f"{SERVED_SCHEMA}.{table}" for table in TABLE_NAMES)
    connection.execute(text(f"LOCK TABLE {served}"))
    # The schema stays: a concurrent search may have resolved its name already.
    connection.execute(text(f"DROP TABLE {served}"))
    for table in TABLE_NAMES:
        connection.execute(text(f"ALTER TABLE {NEXT_SCHEMA}.{table} SET SCHEMA {SERVED_SCHEMA}"))
    drop_next(connection)


def analyze_tables(connection: Connection, schema: str = SERVED_SCHEMA) -> None:
    """Collect statistics: the planner chooses by the estimated number of matching rows."""
    connection.execute(text(f"ANALYZE {schema}.entry, {schema}.exact"))


def pack_vector(vector: FloatVector, number_type: LiteralString) -> bytes:
    """Return a vector in pgvector's binary form: two words of header, big-endian numbers."""
    header = np.array([len(vector), 0], ">u2").tobytes()
    return header + vector.astype(number_type).tobytes()


def _to_entry(row: PgvectorRow) -> tuple[object, ...]:
    blended = (row.blended.get(space) for space in Space)
    return (
        row.title_id,
        row.kind.value,
        list(row.languages),
        list(row.genres),
        list(row.providers),
        row.year,
        row.adult,
        row.minimum_age,
        row.votes,
        row.rating,
        row.runtime,
        row.popularity,
        row.freshness,
        Jsonb(dict(row.regional)),
        pack_vector(row.signals, ">f4"),
        *(None if vector is None else pack_vector(vector, ">f2") for vector in blended),
    )


def in_schema(schema: str, statement: str) -> TextClause:
    """Return a statement with the schema filled in."""
    return text(statement.replace("{schema}", schema))
