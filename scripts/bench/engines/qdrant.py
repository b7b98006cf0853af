"""Qdrant behind the engine `qdrant`: its client's local mode, its engine in process, a server."""

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
"""What returns a client of Qdrant; it is closed with the stack."""


class Qdrant(BenchmarkEngine):
    """`QdrantIndex` in a collection of its own, which is dropped afterwards."""

    def __init__(self, kind: str, opened: OpenClient, *, graph: bool, memory: bool = True) -> None:
        self.exact = not graph
        self.memory = memory
        self.name = f"Qdrant {kind}, {'HNSW' if graph else 'exact'}"
        self.about = (
            "HNSW m 16, int8 codes, rescored; asked again exactly where it is short"
            if graph
            else "exact, payload indexes, the best again by float64"
        )
        self._open_client = opened
        self._open = ExitStack()

    def build(self, stock: BenchmarkTitles) -> None:
        """Write the titles, and link them to a graph if there should be one."""
        if find_spec("qdrant_client") is None:
            raise EngineUnavailable("pip install 'rasika[bench]'")
        made = import_module("index.qdrant.collections")
        engine = import_module("index.qdrant.engine")
        client = self._open_client(self._open)
        try:
            collections = made.AliasedCollections(
                client=client, cluster=made.ClusterLayout(), alias=ALIAS
            )
            self._index = engine.QdrantIndex(collections)
            self._open.callback(collections.drop_abandoned, "")
            self._index.replace(stock.entries(), None if self.exact else _build_graph)
        except IndexUnavailable as error:
            raise EngineUnavailable(str(error)) from error

    def search(self, query: Query) -> list[Hit]:
        """Return the best."""
        found: list[Hit] = self._index.search(query)
        return found

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each, in one request."""
        found: list[list[Hit]] = self._index.search_many(queries)
        return found

    def close(self) -> None:
        """Drop the collection and let the client go."""
        self._open.close()


def local_client(stack: ExitStack) -> Any:
    """Return the client's local mode, a scan in Python."""
    client = import_module("qdrant_client").QdrantClient(":memory:")
    stack.enter_context(warnings.catch_warnings())
    # It says that it scans, and has no indexes: that is what is measured.
    warnings.filterwarnings("ignore", "Payload indexes have no effect|Local mode")
    stack.callback(client.close)
    return client


def edge_client(stack: ExitStack) -> Any:
    """Return Qdrant's own engine in this process.

    Raises `Unavailable`.
    """
    if find_spec("qdrant_edge") is None:
        raise EngineUnavailable("pip install 'rasika[bench]'")
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="rasika-bench-")))
    client = import_module("scripts.bench.engines.qdrant_edge").EdgeClient(folder)
    stack.callback(client.close)
    return client


def server_client(url: str, key: str | None) -> OpenClient:
    """Return what connects to a server."""

    def opened(stack: ExitStack) -> Any:
        client = import_module("qdrant_client").QdrantClient(
            url, api_key=key, timeout=600, check_compatibility=False
        )
        stack.callback(client.close)
        return client

    return opened


def _build_graph(beside: Any) -> None:
    beside.build_graph(Space.CONTENT)
