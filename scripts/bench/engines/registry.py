"""Which engines are measured."""

from collections.abc import Iterator, Sequence

from config.cpu import available_cores
from config.settings import Settings
from scripts.bench.engines import qdrant
from scripts.bench.engines.benchmark_engine import BenchmarkEngine
from scripts.bench.engines.faiss import VARIANTS, Faiss
from scripts.bench.engines.memory import Memory
from scripts.bench.engines.numpy_scans import NumpyGather, NumpyScan
from scripts.bench.engines.pgvector import Pgvector
from scripts.bench.engines.qdrant import Qdrant

FAMILIES = ("memory", "faiss", "pgvector", "qdrant")
MAX_TITLES_FOR_ALL = 200_000  # beyond, the other engines and graphs take long to build
LARGE_CATALOGUE_FAMILIES = ("memory", "faiss")


def default_families(titles: int) -> Sequence[str]:
    """Return the families to measure at a size by default."""
    return FAMILIES if titles <= MAX_TITLES_FOR_ALL else LARGE_CATALOGUE_FAMILIES


def benchmark_engines(
    settings: Settings, titles: int, families: Sequence[str]
) -> Iterator[BenchmarkEngine]:
    """Yield the engines of some families; NumPy, the baseline, comes first."""
    yield from (NumpyScan(each) for each in sorted({1, available_cores()}))
    yield NumpyGather()
    if "memory" in families:
        yield from (Memory(each) for each in sorted({1, available_cores()}))
    if "faiss" in families:
        yield from (
            Faiss(kind) for kind in VARIANTS if kind != "HNSW" or titles <= MAX_TITLES_FOR_ALL
        )
    if "pgvector" in families:
        yield from (Pgvector(settings.home, graph=graph) for graph in (False, True))
    if "qdrant" in families:
        yield from _qdrant(settings)


def _qdrant(settings: Settings) -> Iterator[BenchmarkEngine]:
    yield Qdrant("local", qdrant.local_client, graph=False)
    yield from (Qdrant("edge", qdrant.edge_client, graph=graph) for graph in (False, True))
    if settings.qdrant_url is not None:
        key = settings.qdrant_api_key
        open_client = qdrant.server_client(
            settings.qdrant_url, key.get_secret_value() if key else None
        )
        for graph in (False, True):
            yield Qdrant("server", open_client, graph=graph, in_process=False)
