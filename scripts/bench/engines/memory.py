"""Rasika's own engine in memory."""

from collections.abc import Sequence

from index import scan_kernel
from index.memory import MemoryIndex
from index.query import Hit, IndexEntry, Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine
from scripts.bench.engines.numpy_scans import thread_label
from scripts.bench.synthetic_titles import BenchmarkTitles


class Memory(BenchmarkEngine):
    """`MemoryIndex`, with so many cores for a query."""

    together = True

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.name = f"memory, {thread_label(cores)}"
        self.about = f"the engine `memory`, {scan_kernel.kernel_description()}"
        self.index = MemoryIndex(cores=cores)

    def build(self, stock: BenchmarkTitles) -> None:
        """Build it of entries that nobody holds."""
        self.index = MemoryIndex(stock.entries(), cores=self.cores)

    def search(self, query: Query) -> list[Hit]:
        """Return the best."""
        return self.index.search(query)

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each, in one pass."""
        return self.index.search_many(queries)

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Change titles."""
        self.index.upsert(entries)
