"""faiss with the boosts inside the product: popularity and region are two more dimensions."""

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

PADDED_SIGNAL_DIMENSIONS = 8  # two are used; kernels read eight at once

HNSW_LINKS, HNSW_BUILD_EF, HNSW_SEARCH_EF = 16, 128, 800


@dataclass(frozen=True, slots=True)
class FaissVariant:
    """How a faiss index is built and searched."""

    make: Callable[[Any, int], Any]
    parameters: Callable[[Any, Any], Any]
    rescored: bool = False
    exact: bool = True


class Faiss(BenchmarkEngine):
    """A faiss index, filtered by a bitmap of the matching rows."""

    has_batch_search = True

    def __init__(self, kind: str) -> None:
        description, variant = VARIANTS[kind]
        self.name, self.description = f"faiss {kind}", f"{description}; one thread"
        self.exact = variant.exact
        self._variant = variant
        self._filter_cache = FilterCache()

    def build(self, titles: BenchmarkTitles) -> None:
        """Add all rows with their signals."""
        if find_spec("faiss") is None:
            raise EngineUnavailable("pip install 'rasika[bench]'")
        self._faiss = import_module("faiss")
        self._titles = titles
        width = titles.matrix.shape[1] + PADDED_SIGNAL_DIMENSIONS
        self._index = self._variant.make(self._faiss, width)
        if not self._index.is_trained:
            self._index.train(_rows_with_signals(titles, slice(0, 4 * ROWS_PER_BLOCK)))
        for start in range(0, len(titles), ROWS_PER_BLOCK):
            self._index.add(_rows_with_signals(titles, slice(start, start + ROWS_PER_BLOCK)))

    def search(self, query: Query) -> Rows:
        """Return the rows of the best."""
        return self._search(_query_with_signals(query)[np.newaxis], [query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Rows]:
        """Return `search` of each, in one call; all have the same filter."""
        return self._search(np.stack([_query_with_signals(query) for query in queries]), queries)

    def title_ids(self, result: Rows) -> Sequence[TitleId]:
        """Return the titles of rows."""
        ids: list[TitleId] = self._titles.ids[result].tolist()
        return ids

    def _search(self, operands: NDArray[np.float32], queries: Sequence[Query]) -> list[Rows]:
        k = queries[0].k
        pool = min(k * 3 // 2 + 32 if self._variant.rescored else k, len(self._titles))
        _, rows = self._index.search(operands, pool, params=self._parameters(queries[0]))
        results = [row[row >= 0] for row in rows]  # -1 stands for no row
        return list(map(self._rescore, results, queries)) if self._variant.rescored else results

    def _rescore(self, rows: Rows, query: Query) -> Rows:
        """Return the best of the rows by float32."""
        bias = self._titles.boosts(query.boosts)[rows].astype(np.float32)
        return rows[top_places(self._titles.matrix[rows] @ vector_of(query), bias, query.k)]

    def _parameters(self, query: Query) -> Any:
        return self._filter_cache.get_or_compute(
            query.filter, query.boosts, lambda: self._build_parameters(query)
        )[0]

    def _build_parameters(self, query: Query) -> tuple[Any, ...]:
        """Return the parameters, and the arrays they point at, which have to live as long."""
        mask = self._titles.mask(query.filter)
        if mask.all():
            return (self._variant.parameters(self._faiss, None),)
        packed = np.packbits(mask, bitorder="little")
        selector = self._faiss.IDSelectorBitmap(packed)
        return self._variant.parameters(self._faiss, selector), selector, packed


def _rows_with_signals(titles: BenchmarkTitles, some: slice) -> NDArray[np.float32]:
    rows = np.zeros(
        (len(titles.ids[some]), titles.matrix.shape[1] + PADDED_SIGNAL_DIMENSIONS), np.float32
    )
    rows[:, :-PADDED_SIGNAL_DIMENSIONS] = titles.matrix[some]
    rows[:, -PADDED_SIGNAL_DIMENSIONS] = titles.popularity[some] / SIGNAL_SCALE
    rows[:, 1 - PADDED_SIGNAL_DIMENSIONS] = titles.regional[some] / SIGNAL_SCALE
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
        "eight bits under IDSelectorBitmap, the best 1.5 k + 32 rescored in float32",
        FaissVariant(_quantized_index, _plain_parameters, rescored=True, exact=False),
    ),
    "HNSW": (
        f"m {HNSW_LINKS}, ef {HNSW_SEARCH_EF}, IDSelectorBitmap",
        FaissVariant(_hnsw_index, _hnsw_parameters, exact=False),
    ),
}
