"""Rasika's in-memory engine."""

from collections.abc import Sequence

from index import scan_kernel
from index.memory import MemoryIndex
from index.query import Hit, IndexEntry, Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine
from scripts.bench.engines.numpy_scans import thread_label
from scripts.bench.synthetic_titles import BenchmarkTitles


class Memory(BenchmarkEngine):
    """`MemoryIndex` with a number of cores per query."""

    has_batch_search = True

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.name = f"memory, {thread_label(cores)}"
        self.description = f"the engine `memory`, {scan_kernel.kernel_description()}"
        self.index = MemoryIndex(cores=cores)

    def build(self, titles: BenchmarkTitles) -> None:
        """Build the index from entries that are not kept."""
        self.index = MemoryIndex(titles.entries(), cores=self.cores)

    def search(self, query: Query) -> list[Hit]:
        """Return the best."""
        return self.index.search(query)

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each, in one pass."""
        return self.index.search_many(queries)

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Change titles."""
        self.index.upsert(entries)
