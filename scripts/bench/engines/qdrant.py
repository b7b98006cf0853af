"""The engine `qdrant`: the local mode of its client, its engine in process, and a server."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index.query import Hit, IndexUnavailable, Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, EngineUnavailable
from scripts.bench.synthetic_titles import BenchmarkTitles
from vocabulary.kinds import Space

ALIAS = "rasika-bench"

OpenClient = Callable[[ExitStack], Any]
"""Returns a Qdrant client, which is closed with the stack."""


class Qdrant(BenchmarkEngine):
    """`QdrantIndex` in its own collection, which is dropped afterwards."""

    def __init__(
        self, kind: str, open_client: OpenClient, *, graph: bool, in_process: bool = True
    ) -> None:
        self.exact = not graph
        self.in_process = in_process
        self.name = f"Qdrant {kind}, {'HNSW' if graph else 'exact'}"
        self.description = (
            "HNSW m 16, int8 codes, rescored; short answers are repeated exactly"
            if graph
            else "exact, payload indexes, the best rescored in float64"
        )
        self._open_client = open_client
        self._open = ExitStack()

    def build(self, titles: BenchmarkTitles) -> None:
        """Write the titles, and build a graph unless the engine is exact."""
        if find_spec("qdrant_client") is None:
            raise EngineUnavailable("pip install 'rasika[bench]'")
        collections_module = import_module("index.qdrant.collections")
        engine = import_module("index.qdrant.engine")
        client = self._open_client(self._open)
        try:
            cluster = collections_module.ClusterLayout()
            collections = collections_module.AliasedCollections(
                client=client, cluster=cluster, alias=ALIAS
            )
            self._index = engine.QdrantIndex(collections)
            self._open.callback(collections.drop_abandoned, "")
            self._index.replace(titles.entries(), None if self.exact else _build_graph)
        except IndexUnavailable as error:
            raise EngineUnavailable(str(error)) from error

    def search(self, query: Query) -> list[Hit]:
        """Return the best."""
        hits: list[Hit] = self._index.search(query)
        return hits

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each, in one request."""
        hits: list[list[Hit]] = self._index.search_many(queries)
        return hits

    def close(self) -> None:
        """Drop the collection and close the client."""
        self._open.close()


def local_client(stack: ExitStack) -> Any:
    """Return the client's local mode, a scan in Python."""
    client = import_module("qdrant_client").QdrantClient(":memory:")
    stack.enter_context(warnings.catch_warnings())
    # It warns that it scans and has no indexes: that is what is measured.
    warnings.filterwarnings("ignore", "Payload indexes have no effect|Local mode")
    stack.callback(client.close)
    return client


def edge_client(stack: ExitStack) -> Any:
    """Return Qdrant's own engine in this process.

    Raises `EngineUnavailable`.
    """
    if find_spec("qdrant_edge") is None:
        raise EngineUnavailable("pip install 'rasika[bench]'")
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="rasika-bench-")))
    client = import_module("scripts.bench.engines.qdrant_edge").EdgeClient(folder)
    stack.callback(client.close)
    return client


def server_client(url: str, key: str | None) -> OpenClient:
    """Return a function that connects to a server."""

    def open_client(stack: ExitStack) -> Any:
        client = import_module("qdrant_client").QdrantClient(
            url, api_key=key, timeout=600, check_compatibility=False
        )
        stack.callback(client.close)
        return client

    return open_client


def _build_graph(index: Any) -> None:
    index.build_graph(Space.CONTENT)
