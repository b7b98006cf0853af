"""The engine `pgvector` on the embedded PostgreSQL."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text

from db.engine import connect
from db.pgvector_index import PgvectorIndex
from embedded.home_folder import EmbeddedServicesError
from embedded.lease import acquire
from index.query import Hit, Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, EngineUnavailable
from scripts.bench.synthetic_titles import BenchmarkTitles
from vocabulary.kinds import Space

HOME_FOLDER = "bench-index"


class Pgvector(BenchmarkEngine):
    """`PgvectorIndex` in its own database, which is dropped afterwards."""

    in_process = False

    def __init__(self, home: Path, *, graph: bool) -> None:
        self.exact = not graph
        self.name = f"pgvector, {'HNSW' if graph else 'exact'}"
        self.description = (
            "halfvec HNSW m 16, iterative; a scan for filters below 15 % of the titles"
            if graph
            else "halfvec scan, the best rescored in float64"
        )
        self._home = home / HOME_FOLDER
        self._database = "graph" if graph else "scan"
        self._open = ExitStack()

    def build(self, titles: BenchmarkTitles) -> None:
        """Copy the titles into PostgreSQL."""
        try:
            lease = self._open.enter_context(acquire(self._home, valkey=False))
        except EmbeddedServicesError as error:
            raise EngineUnavailable(str(error)) from error
        url = lease.database_url
        self._run(url, f"DROP DATABASE IF EXISTS {self._database} WITH (FORCE)")
        self._run(url, f"CREATE DATABASE {self._database}")
        engine = connect(url.replace("/rasika?", f"/{self._database}?"))
        self._open.callback(self._run, url, f"DROP DATABASE {self._database} WITH (FORCE)")
        self._open.callback(engine.dispose)
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION vector"))
        self._index = PgvectorIndex(engine)
        self._index.replace(titles.entries(), None if self.exact else _build_graph)

    def search(self, query: Query) -> list[Hit]:
        """Return the best."""
        return self._index.search(query)

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each, over one connection."""
        return self._index.search_many(queries)

    def close(self) -> None:
        """Drop the database and release the server."""
        self._open.close()

    def _run(self, url: str, statement: str) -> None:
        engine = connect(url, pool_size=1)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
        engine.dispose()


def _build_graph(index: PgvectorIndex) -> None:
    index.build_graph(Space.CONTENT)
