"""Where PostgreSQL itself searches vectors: the tables of the engine `pgvector`, and their writing.

They are a copy, as an index in memory is, and live in a schema of their own: a new copy is built
in a second schema beside the first, and its tables move over when it is whole.

`entry` holds what a search reads, in half precision, a row a title; `exact` the vectors as they
came, read for the few titles that may be among the best.
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
"""The schema that is searched, and the one where the next is built."""

# A row stays on its page whole up to nearly the page: vectors moved out of line are slow to scan.
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
"""How columns are copied; of vectors the bytes that pgvector's own receiving functions read."""

GRAPH_LINKS_PER_NODE = 16  # of a node; pgvector's default
GRAPH_BUILD_EF = 128  # candidates while it is built; twice the default, for recall

# Titles from which a language gets a graph of its own. Asked for a language, the graph of all walks
# past the others' titles, and among fewer a scan is as fast, and exact (measured, docs/engines.md).
MIN_LANGUAGE_GRAPH_TITLES = 10_000
SELECT_COMMON_LANGUAGES = """
    SELECT language FROM {schema}.entry, unnest(languages) AS language
    WHERE {space} IS NOT NULL AND language ~ '^[a-z]{2,3}$'
    GROUP BY language HAVING count(*) >= :least AND count(*) < :all ORDER BY language
    """

FloatVector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpaceLayout:
    """How long the vectors of a space are, and whether they are linked to their neighbours."""

    dimension: int
    width: int  # with the signals
    graph: bool
    languages: Sequence[str] = ()  # those with graphs of their own


@dataclass(frozen=True, slots=True)
class IndexLayout:
    """What is searched."""

    spaces: Mapping[Space, SpaceLayout]
    regions: Mapping[str, int]  # to their slots


@dataclass(frozen=True, slots=True, kw_only=True)
class PgvectorRow:
    """A title as these tables hold it."""

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
    blended: Mapping[Space, FloatVector]  # a vector followed by signals: what is scanned
    exact: Mapping[Space, FloatVector]  # (d,)


def create_tables(connection: Connection, schema: str = SERVED_SCHEMA) -> None:
    """Create the tables where they are missing."""
    if schema != SERVED_SCHEMA or not connection.execute(SELECT_TABLES_EXIST).scalar_one():
        lock_for_writing(connection)
        for statement in CREATE_STATEMENTS:
            connection.execute(_in_schema(schema, statement))


def read_layout(connection: Connection, schema: str = SERVED_SCHEMA) -> IndexLayout:
    """Return what there is to search."""
    spaces = connection.execute(_in_schema(schema, "SELECT * FROM {schema}.space"))
    regions = connection.execute(_in_schema(schema, "SELECT * FROM {schema}.region"))
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
        connection.execute(_in_schema(schema, statement), {"ids": list(ids)})


def add(connection: Connection, rows: Sequence[PgvectorRow], schema: str = SERVED_SCHEMA) -> None:
    """Copy titles in that are not there."""
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
    """Note how long the vectors of a space are."""
    statement = "INSERT INTO {schema}.space VALUES (:space, :dimension, :width)"
    values = {
        "space": space.value,
        "dimension": space_layout.dimension,
        "width": space_layout.width,
    }
    connection.execute(_in_schema(schema, statement), values)


def add_region(
    connection: Connection, region: str, *, slot: int, schema: str = SERVED_SCHEMA
) -> None:
    """Note where the signals of a region stand."""
    statement = "INSERT INTO {schema}.region VALUES (:region, :slot)"
    connection.execute(_in_schema(schema, statement), {"region": region, "slot": slot})


def drop_next(connection: Connection) -> None:
    """Give up what was built beside."""
    connection.execute(text(f"DROP SCHEMA IF EXISTS {NEXT_SCHEMA} CASCADE"))


def swap_in_next(connection: Connection) -> None:
    """Put what was built beside in the place of what is searched, at the commit."""
    lock_for_writing(connection)
    # In the order in which searches lock them, and `space` first of all: a search reads the lengths
    # and the slots before anything else, and what follows fits them as long as it holds that lock.
    served = ", ".join(f"{SERVED_SCHEMA}.{table}" for table in TABLE_NAMES)
    connection.execute(text(f"LOCK TABLE {served}"))
    # The schema stays: somebody may just have looked up where it is.
    connection.execute(text(f"DROP TABLE {served}"))
    for table in TABLE_NAMES:
        connection.execute(text(f"ALTER TABLE {NEXT_SCHEMA}.{table} SET SCHEMA {SERVED_SCHEMA}"))
    drop_next(connection)


def analyze_tables(connection: Connection, schema: str = SERVED_SCHEMA) -> None:
    """Have the planner learn what is common, for it chooses by how many rows will match."""
    connection.execute(text(f"ANALYZE {schema}.entry, {schema}.exact"))


def build_graph(
    connection: Connection, space: Space, width: int, schema: str = SERVED_SCHEMA
) -> None:
    """Link the vectors of a space to their neighbours; on a connection that commits by itself.

    Common languages are linked apart as well. Concurrently, for an ordinary build is one long
    transaction that writes, and until it ends nobody who follows the change log (`db.changes`) sees
    what others have committed meanwhile.
    """
    languages = _common_languages(connection, space, schema)
    for language in (None, *languages):
        name = _graph_name(space, language)
        among = f" WHERE languages && CAST('{{{language}}}' AS text[])" if language else ""
        connection.execute(
            text(
                f"CREATE INDEX CONCURRENTLY {name} ON {schema}.entry USING hnsw "
                f"(CAST({space.value} AS halfvec({width})) halfvec_ip_ops) "
                f"WITH (m = {GRAPH_LINKS_PER_NODE}, ef_construction = {GRAPH_BUILD_EF}){among}"
            )
        )
    _record_graph(connection, space, has_graph=True, languages=languages, schema=schema)


def drop_graph(connection: Connection, space: Space, schema: str = SERVED_SCHEMA) -> None:
    """Search a space by scans alone."""
    shape = read_layout(connection, schema).spaces.get(space)
    _record_graph(connection, space, has_graph=False, languages=(), schema=schema)
    for language in (None, *(shape.languages if shape else ())):
        name = _graph_name(space, language)
        connection.execute(text(f"DROP INDEX IF EXISTS {schema}.{name}"))


def pack_vector(vector: FloatVector, number_type: LiteralString) -> bytes:
    """Return a vector as pgvector receives it: two words of header, big-endian numbers."""
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


def _common_languages(connection: Connection, space: Space, schema: str) -> list[str]:
    titles = connection.execute(
        _in_schema(schema, "SELECT count(*) FROM {schema}.entry")
    ).scalar_one()
    statement = _in_schema(schema, SELECT_COMMON_LANGUAGES.replace("{space}", space.value))
    return list(
        connection.execute(statement, {"least": MIN_LANGUAGE_GRAPH_TITLES, "all": titles}).scalars()
    )


def _graph_name(space: Space, language: str | None) -> str:
    return f"entry_{space.value}_graph" + (f"_{language}" if language else "")


def _record_graph(
    connection: Connection, space: Space, *, has_graph: bool, languages: Sequence[str], schema: str
) -> None:
    statement = """
        UPDATE {schema}.space SET graph = :there, languages = :languages WHERE space = :space
        """
    values = {"there": has_graph, "languages": list(languages), "space": space.value}
    connection.execute(_in_schema(schema, statement), values)


def _in_schema(schema: str, statement: str) -> TextClause:
    return text(statement.replace("{schema}", schema))
