"""faiss, with the blend in the product: popularity and the region are two numbers more a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.inner_product import SIGNAL_SCALE
from index.query import Query
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, EngineUnavailable, FilterCache
from scripts.bench.engines.numpy_scans import top_places, vector_of
from scripts.bench.synthetic_titles import REGION, ROWS_PER_BLOCK, BenchmarkTitles, Rows
from vocabulary.ids import TitleId

PADDED_SIGNAL_DIMENSIONS = (
    8  # numbers behind a vector, two of them used: kernels take eight at once
)

HNSW_LINKS, HNSW_BUILD_EF, HNSW_SEARCH_EF = 16, 128, 800


@dataclass(frozen=True, slots=True)
class FaissVariant:
    """How an index of faiss is made and searched."""

    make: Callable[[Any, int], Any]
    parameters: Callable[[Any, Any], Any]
    rescored: bool = False
    exact: bool = True


class Faiss(BenchmarkEngine):
    """An index of faiss under a bitmap of what the filter leaves."""

    together = True

    def __init__(self, kind: str) -> None:
        about, shape = VARIANTS[kind]
        self.name, self.about = f"faiss {kind}", f"{about}; one thread"
        self.exact = shape.exact
        self._variant = shape
        self._filter_cache = FilterCache()

    def build(self, stock: BenchmarkTitles) -> None:
        """Add all rows with their signals."""
        if find_spec("faiss") is None:
            raise EngineUnavailable("pip install 'rasika[bench]'")
        self._faiss = import_module("faiss")
        self._stock = stock
        width = stock.matrix.shape[1] + PADDED_SIGNAL_DIMENSIONS
        self._index = self._variant.make(self._faiss, width)
        if not self._index.is_trained:
            self._index.train(_rows_with_signals(stock, slice(0, 4 * ROWS_PER_BLOCK)))
        for start in range(0, len(stock), ROWS_PER_BLOCK):
            self._index.add(_rows_with_signals(stock, slice(start, start + ROWS_PER_BLOCK)))

    def search(self, query: Query) -> Rows:
        """Return the rows of the best."""
        return self._search(_query_with_signals(query)[np.newaxis], [query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Rows]:
        """Return `search` of each, in one call; all have the filter of the first."""
        return self._search(np.stack([_query_with_signals(query) for query in queries]), queries)

    def ids(self, found: Rows) -> Sequence[TitleId]:
        """Return the titles of rows."""
        ids: list[TitleId] = self._stock.ids[found].tolist()
        return ids

    def _search(self, operands: NDArray[np.float32], queries: Sequence[Query]) -> list[Rows]:
        k = queries[0].k
        pool = min(k * 3 // 2 + 32 if self._variant.rescored else k, len(self._stock))
        _, rows = self._index.search(operands, pool, params=self._parameters(queries[0]))
        found = [row[row >= 0] for row in rows]  # -1 where there were too few
        return list(map(self._rescore, found, queries)) if self._variant.rescored else found

    def _rescore(self, rows: Rows, query: Query) -> Rows:
        """Return the best of the rows by float32."""
        bias = self._stock.boosts(query.boosts)[rows].astype(np.float32)
        return rows[top_places(self._stock.matrix[rows] @ vector_of(query), bias, query.k)]

    def _parameters(self, query: Query) -> Any:
        return self._filter_cache.get_or_compute(
            query.filter, query.boosts, lambda: self._build_parameters(query)
        )[0]

    def _build_parameters(self, query: Query) -> tuple[Any, ...]:
        """Return parameters, and what they point at, which has to live as long."""
        mask = self._stock.mask(query.filter)
        if mask.all():
            return (self._variant.parameters(self._faiss, None),)
        packed = np.packbits(mask, bitorder="little")
        selector = self._faiss.IDSelectorBitmap(packed)
        return self._variant.parameters(self._faiss, selector), selector, packed


def _rows_with_signals(stock: BenchmarkTitles, some: slice) -> NDArray[np.float32]:
    rows = np.zeros(
        (len(stock.ids[some]), stock.matrix.shape[1] + PADDED_SIGNAL_DIMENSIONS), np.float32
    )
    rows[:, :-PADDED_SIGNAL_DIMENSIONS] = stock.matrix[some]
    rows[:, -PADDED_SIGNAL_DIMENSIONS] = stock.popularity[some] / SIGNAL_SCALE
    rows[:, 1 - PADDED_SIGNAL_DIMENSIONS] = stock.regional[some] / SIGNAL_SCALE
    return rows


def _query_with_signals(query: Query) -> NDArray[np.float32]:
    signals = np.zeros(PADDED_SIGNAL_DIMENSIONS, np.float32)
    signals[0] = query.boosts.popularity * SIGNAL_SCALE
    signals[1] = query.boosts.regional.get(REGION, 0.0) * SIGNAL_SCALE
    return np.concatenate([vector_of(query), signals])


def _flat_index(faiss: Any, width: int) -> Any:
    return faiss.IndexFlatIP(width)


def _quantized_index(faiss: Any, width: int) -> Any:
    kind = faiss.ScalarQuantizer.QT_8bit
    return faiss.IndexScalarQuantizer(width, kind, faiss.METRIC_INNER_PRODUCT)


def _hnsw_index(faiss: Any, width: int) -> Any:
    graph = faiss.IndexHNSWFlat(width, HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = HNSW_BUILD_EF
    return graph


def _plain_parameters(faiss: Any, selector: Any) -> Any:
    return faiss.SearchParameters(sel=selector)


def _hnsw_parameters(faiss: Any, selector: Any) -> Any:
    return faiss.SearchParametersHNSW(sel=selector, efSearch=HNSW_SEARCH_EF)


VARIANTS = {
    "Flat": ("IndexFlatIP under IDSelectorBitmap", FaissVariant(_flat_index, _plain_parameters)),
    "SQ8": (
        "eight bits under IDSelectorBitmap, the best 1.5 k + 32 again by float32",
        FaissVariant(_quantized_index, _plain_parameters, rescored=True, exact=False),
    ),
    "HNSW": (
        f"m {HNSW_LINKS}, ef {HNSW_SEARCH_EF}, IDSelectorBitmap",
        FaissVariant(_hnsw_index, _hnsw_parameters, exact=False),
    ),
}
