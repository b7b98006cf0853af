"""Graphs (HNSW) of the engine `pgvector`: approximate search for wide filters."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from db.pgvector_store import SERVED_SCHEMA, in_schema, read_layout
from vocabulary.kinds import Space

GRAPH_LINKS_PER_NODE = 16  # pgvector's default
GRAPH_BUILD_EF = 128  # candidates while building; twice the default, for recall

# A language with more titles gets a graph of its own: with a language filter, the graph of all
# titles visits the other languages too. Below it a scan is as fast, and exact (docs/engines.md).
MIN_LANGUAGE_GRAPH_TITLES = 10_000
SELECT_COMMON_LANGUAGES = """
    SELECT language FROM {schema}.entry, unnest(languages) AS language
    WHERE {space} IS NOT NULL AND language ~ '^[a-z]{2,3}$'
    GROUP BY language HAVING count(*) >= :min_titles AND count(*) < :all ORDER BY language
    """


def build_graph(
    connection: Connection, space: Space, width: int, schema: str = SERVED_SCHEMA
) -> None:
    """Build the graphs of a space, on an autocommit connection.

    Common languages get graphs of their own. Concurrently: an ordinary build is one long writing
    transaction, and until it ends followers of the change log (`db.changes`) do not see what others
    commit.
    """
    languages = _common_languages(connection, space, schema)
    for language in (None, *languages):
        name = _graph_name(space, language)
        condition = f" WHERE languages && CAST('{{{language}}}' AS text[])" if language else ""
        connection.execute(
            text(
                f"CREATE INDEX CONCURRENTLY {name} ON {schema}.entry USING hnsw "
                f"(CAST({space.value} AS halfvec({width})) halfvec_ip_ops) "
                f"WITH (m = {GRAPH_LINKS_PER_NODE}, ef_construction = {GRAPH_BUILD_EF}){condition}"
            )
        )
    _record_graph(connection, space, has_graph=True, languages=languages, schema=schema)


def drop_graph(connection: Connection, space: Space, schema: str = SERVED_SCHEMA) -> None:
    """Delete the graphs of a space, so that scans serve it."""
    layout = read_layout(connection, schema).spaces.get(space)
    _record_graph(connection, space, has_graph=False, languages=(), schema=schema)
    for language in (None, *(layout.languages if layout else ())):
        name = _graph_name(space, language)
        connection.execute(text(f"DROP INDEX IF EXISTS {schema}.{name}"))


def _common_languages(connection: Connection, space: Space, schema: str) -> list[str]:
    titles = connection.execute(
        in_schema(schema, "SELECT count(*) FROM {schema}.entry")
    ).scalar_one()
    statement = in_schema(schema, SELECT_COMMON_LANGUAGES.replace("{space}", space.value))
    return list(
        connection.execute(
            statement, {"min_titles": MIN_LANGUAGE_GRAPH_TITLES, "all": titles}
        ).scalars()
    )


def _graph_name(space: Space, language: str | None) -> str:
    return f"entry_{space.value}_graph" + (f"_{language}" if language else "")


def _record_graph(
    connection: Connection, space: Space, *, has_graph: bool, languages: Sequence[str], schema: str
) -> None:
    statement = """
        UPDATE {schema}.space SET graph = :has_graph, languages = :languages WHERE space = :space
        """
    values = {"has_graph": has_graph, "languages": list(languages), "space": space.value}
    connection.execute(in_schema(schema, statement), values)
