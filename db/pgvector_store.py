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

from vocabulary.kinds import Kind, Space

SERVED = "vector_search"
BESIDE = "vector_search_next"
"""The schema that is searched, and the one where the next is built."""

# One writer at a time, so that replacing is deleting and adding; any constant will do.
WRITING_LOCK = 7_276_326

# A row stays on its page whole up to nearly the page: vectors moved out of line are slow to scan.
TABLES = (
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
NAMES = ("space", "region", "entry", "exact")
EXISTS = text("SELECT to_regclass('{schema}.region') IS NOT NULL".replace("{schema}", SERVED))

ENTRY_TYPES = {
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

GRAPH_LINKS = 16  # of a node; pgvector's default
GRAPH_BUILD = 128  # candidates while it is built; twice the default, for recall

# Titles from which a language gets a graph of its own. Asked for a language, the graph of all walks
# past the others' titles, and among fewer a scan is as fast, and exact (measured, docs/engines.md).
LANGUAGE_TITLES = 10_000
COMMON = """
    SELECT language FROM {schema}.entry, unnest(languages) AS language
    WHERE {space} IS NOT NULL AND language ~ '^[a-z]{2,3}$'
    GROUP BY language HAVING count(*) >= :least AND count(*) < :all ORDER BY language
    """

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """How long the vectors of a space are, and whether they are linked to their neighbours."""

    dimension: int
    width: int  # with the signals
    graph: bool
    languages: Sequence[str] = ()  # those with graphs of their own


@dataclass(frozen=True, slots=True)
class Layout:
    """What is searched."""

    spaces: Mapping[Space, Shape]
    regions: Mapping[str, int]  # to their slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
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
    signals: Floats
    blended: Mapping[Space, Floats]  # a vector followed by signals: what is scanned
    exact: Mapping[Space, Floats]  # (d,)


def prepare(connection: Connection, schema: str = SERVED) -> None:
    """Create the tables where they are missing."""
    if schema != SERVED or not connection.execute(EXISTS).scalar_one():
        lock(connection)
        for statement in TABLES:
            connection.execute(_in(schema, statement))


def layout(connection: Connection, schema: str = SERVED) -> Layout:
    """Return what there is to search."""
    spaces = connection.execute(_in(schema, "SELECT * FROM {schema}.space"))
    regions = connection.execute(_in(schema, "SELECT * FROM {schema}.region"))
    return Layout(
        {
            Space(row.space): Shape(row.dimension, row.width, row.graph, row.languages)
            for row in spaces
        },
        {row.region: row.slot for row in regions},
    )


def lock(connection: Connection) -> None:
    """Wait until nobody else writes, and keep others waiting until the end of the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITING_LOCK})


def remove(connection: Connection, ids: Iterable[int], schema: str = SERVED) -> None:
    """Delete titles; unknown ones are ignored."""
    for table in ("entry", "exact"):
        statement = f"DELETE FROM {{schema}}.{table} WHERE title_id = ANY(:ids)"  # noqa: S608  # ours
        connection.execute(_in(schema, statement), {"ids": list(ids)})


def add(connection: Connection, rows: Sequence[Stored], schema: str = SERVED) -> None:
    """Copy titles in that are not there."""
    cursor = connection.connection.cursor()
    columns = ", ".join(ENTRY_TYPES)
    with cursor.copy(f"COPY {schema}.entry ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(list(ENTRY_TYPES.values()))
        for row in rows:
            copy.write_row(_entry(row))
    with cursor.copy(f"COPY {schema}.exact FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "text", "bytea"])
        for row in rows:
            for space, vector in row.exact.items():
                copy.write_row((row.title_id, space.value, packed(vector, ">f4")))


def name_space(connection: Connection, space: Space, shape: Shape, *, schema: str) -> None:
    """Note how long the vectors of a space are."""
    statement = "INSERT INTO {schema}.space VALUES (:space, :dimension, :width)"
    values = {"space": space.value, "dimension": shape.dimension, "width": shape.width}
    connection.execute(_in(schema, statement), values)


def name_region(connection: Connection, region: str, *, slot: int, schema: str = SERVED) -> None:
    """Note where the signals of a region stand."""
    statement = "INSERT INTO {schema}.region VALUES (:region, :slot)"
    connection.execute(_in(schema, statement), {"region": region, "slot": slot})


def drop_beside(connection: Connection) -> None:
    """Give up what was built beside."""
    connection.execute(text(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE"))


def swap(connection: Connection) -> None:
    """Put what was built beside in the place of what is searched, at the commit."""
    lock(connection)
    # In the order in which searches lock them, and `space` first of all: a search reads the lengths
    # and the slots before anything else, and what follows fits them as long as it holds that lock.
    served = ", ".join(f"{SERVED}.{table}" for table in NAMES)
    connection.execute(text(f"LOCK TABLE {served}"))
    # The schema stays: somebody may just have looked up where it is.
    connection.execute(text(f"DROP TABLE {served}"))
    for table in NAMES:
        connection.execute(text(f"ALTER TABLE {BESIDE}.{table} SET SCHEMA {SERVED}"))
    drop_beside(connection)


def analyse(connection: Connection, schema: str = SERVED) -> None:
    """Have the planner learn what is common, for it chooses by how many rows will match."""
    connection.execute(text(f"ANALYZE {schema}.entry, {schema}.exact"))


def build_graph(connection: Connection, space: Space, width: int, schema: str = SERVED) -> None:
    """Link the vectors of a space to their neighbours; on a connection that commits by itself.

    Common languages are linked apart as well. Concurrently, for an ordinary build is one long
    transaction that writes, and until it ends nobody who follows the change log (`db.changes`) sees
    what others have committed meanwhile.
    """
    languages = _common(connection, space, schema)
    for language in (None, *languages):
        name = _graph_name(space, language)
        among = f" WHERE languages && CAST('{{{language}}}' AS text[])" if language else ""
        connection.execute(
            text(
                f"CREATE INDEX CONCURRENTLY {name} ON {schema}.entry USING hnsw "
                f"(CAST({space.value} AS halfvec({width})) halfvec_ip_ops) "
                f"WITH (m = {GRAPH_LINKS}, ef_construction = {GRAPH_BUILD}){among}"
            )
        )
    _say_graph(connection, space, there=True, languages=languages, schema=schema)


def drop_graph(connection: Connection, space: Space, schema: str = SERVED) -> None:
    """Search a space by scans alone."""
    shape = layout(connection, schema).spaces.get(space)
    _say_graph(connection, space, there=False, languages=(), schema=schema)
    for language in (None, *(shape.languages if shape else ())):
        name = _graph_name(space, language)
        connection.execute(text(f"DROP INDEX IF EXISTS {schema}.{name}"))


def packed(vector: Floats, kind: LiteralString) -> bytes:
    """Return a vector as pgvector receives it: two words of header, big-endian numbers."""
    header = np.array([len(vector), 0], ">u2").tobytes()
    return header + vector.astype(kind).tobytes()


def _entry(row: Stored) -> tuple[object, ...]:
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
        packed(row.signals, ">f4"),
        *(None if vector is None else packed(vector, ">f2") for vector in blended),
    )


def _common(connection: Connection, space: Space, schema: str) -> list[str]:
    titles = connection.execute(_in(schema, "SELECT count(*) FROM {schema}.entry")).scalar_one()
    statement = _in(schema, COMMON.replace("{space}", space.value))
    return list(connection.execute(statement, {"least": LANGUAGE_TITLES, "all": titles}).scalars())


def _graph_name(space: Space, language: str | None) -> str:
    return f"entry_{space.value}_graph" + (f"_{language}" if language else "")


def _say_graph(
    connection: Connection, space: Space, *, there: bool, languages: Sequence[str], schema: str
) -> None:
    statement = """
        UPDATE {schema}.space SET graph = :there, languages = :languages WHERE space = :space
        """
    values = {"there": there, "languages": list(languages), "space": space.value}
    connection.execute(_in(schema, statement), values)


def _in(schema: str, statement: str) -> TextClause:
    return text(statement.replace("{schema}", schema))
