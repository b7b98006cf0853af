"""Who takes part."""

from collections.abc import Iterator, Sequence

from config.cpu import cores
from config.settings import Settings
from scripts.bench.engines import qdrant
from scripts.bench.engines.benchmark_engine import Contestant
from scripts.bench.engines.faiss import KINDS, Faiss
from scripts.bench.engines.memory import Memory
from scripts.bench.engines.numpy_scans import NumpyGather, NumpyScan
from scripts.bench.engines.pgvector import Pgvector
from scripts.bench.engines.qdrant import Qdrant

FAMILIES = ("memory", "faiss", "pgvector", "qdrant")
MANY, OF_MANY = 200_000, ("memory", "faiss")
"""From so many titles on building the others takes long, as does a graph."""


def usual(titles: int) -> Sequence[str]:
    """Return the families that are measured where nobody says which."""
    return FAMILIES if titles <= MANY else OF_MANY


def contestants(settings: Settings, titles: int, families: Sequence[str]) -> Iterator[Contestant]:
    """Yield those of some families; NumPy comes first, for all are measured against it."""
    yield from (NumpyScan(each) for each in sorted({1, cores()}))
    yield NumpyGather()
    if "memory" in families:
        yield from (Memory(each) for each in sorted({1, cores()}))
    if "faiss" in families:
        yield from (Faiss(kind) for kind in KINDS if kind != "HNSW" or titles <= MANY)
    if "pgvector" in families:
        yield from (Pgvector(settings.home, graph=graph) for graph in (False, True))
    if "qdrant" in families:
        yield from _qdrant(settings)


def _qdrant(settings: Settings) -> Iterator[Contestant]:
    yield Qdrant("local", qdrant.local, graph=False)
    yield from (Qdrant("edge", qdrant.edge, graph=graph) for graph in (False, True))
    if settings.qdrant_url is not None:
        key = settings.qdrant_api_key
        opened = qdrant.server(settings.qdrant_url, key.get_secret_value() if key else None)
        for graph in (False, True):
            yield Qdrant("server", opened, graph=graph, memory=False)
