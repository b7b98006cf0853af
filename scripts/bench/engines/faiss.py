"""faiss, with the blend in the product: popularity and the region are two numbers more a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.inner_product import SIGNAL_SCALE
from index.query import Query, TitleId
from scripts.bench.engines.benchmark_engine import Contestant, Kept, Unavailable
from scripts.bench.engines.numpy_scans import first, vector_of
from scripts.bench.synthetic_titles import BLOCK, REGION, Rows, Stock

SIGNALS = 8  # numbers behind a vector, two of them used: kernels take eight at once

LINKS, BUILD_BREADTH, BREADTH = 16, 128, 800


@dataclass(frozen=True, slots=True)
class Shape:
    """How an index of faiss is made and searched."""

    make: Callable[[Any, int], Any]
    parameters: Callable[[Any, Any], Any]
    rescored: bool = False
    exact: bool = True


class Faiss(Contestant):
    """An index of faiss under a bitmap of what the filter leaves."""

    together = True

    def __init__(self, kind: str) -> None:
        about, shape = KINDS[kind]
        self.name, self.about = f"faiss {kind}", f"{about}; one thread"
        self.exact = shape.exact
        self._shape = shape
        self._kept = Kept()

    def build(self, stock: Stock) -> None:
        """Add all rows with their signals."""
        if find_spec("faiss") is None:
            raise Unavailable("pip install 'rasika[bench]'")
        self._faiss = import_module("faiss")
        self._stock = stock
        width = stock.matrix.shape[1] + SIGNALS
        self._index = self._shape.make(self._faiss, width)
        if not self._index.is_trained:
            self._index.train(_rows(stock, slice(0, 4 * BLOCK)))
        for start in range(0, len(stock), BLOCK):
            self._index.add(_rows(stock, slice(start, start + BLOCK)))

    def search(self, query: Query) -> Rows:
        """Return the rows of the best."""
        return self._found(_operand(query)[np.newaxis], [query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Rows]:
        """Return `search` of each, in one call; all have the filter of the first."""
        return self._found(np.stack([_operand(query) for query in queries]), queries)

    def ids(self, found: Rows) -> Sequence[TitleId]:
        """Return the titles of rows."""
        ids: list[TitleId] = self._stock.ids[found].tolist()
        return ids

    def _found(self, operands: NDArray[np.float32], queries: Sequence[Query]) -> list[Rows]:
        k = queries[0].k
        pool = min(k * 3 // 2 + 32 if self._shape.rescored else k, len(self._stock))
        _, rows = self._index.search(operands, pool, params=self._parameters(queries[0]))
        found = [row[row >= 0] for row in rows]  # -1 where there were too few
        return list(map(self._again, found, queries)) if self._shape.rescored else found

    def _again(self, rows: Rows, query: Query) -> Rows:
        """Return the best of the rows by float32."""
        bias = self._stock.boosts(query.boosts)[rows].astype(np.float32)
        return rows[first(self._stock.matrix[rows] @ vector_of(query), bias, query.k)]

    def _parameters(self, query: Query) -> Any:
        return self._kept.get(query.filter, query.boosts, lambda: self._work_out(query))[0]

    def _work_out(self, query: Query) -> tuple[Any, ...]:
        """Return parameters, and what they point at, which has to live as long."""
        mask = self._stock.mask(query.filter)
        if mask.all():
            return (self._shape.parameters(self._faiss, None),)
        packed = np.packbits(mask, bitorder="little")
        selector = self._faiss.IDSelectorBitmap(packed)
        return self._shape.parameters(self._faiss, selector), selector, packed


def _rows(stock: Stock, some: slice) -> NDArray[np.float32]:
    rows = np.zeros((len(stock.ids[some]), stock.matrix.shape[1] + SIGNALS), np.float32)
    rows[:, :-SIGNALS] = stock.matrix[some]
    rows[:, -SIGNALS] = stock.popularity[some] / SIGNAL_SCALE
    rows[:, 1 - SIGNALS] = stock.regional[some] / SIGNAL_SCALE
    return rows


def _operand(query: Query) -> NDArray[np.float32]:
    signals = np.zeros(SIGNALS, np.float32)
    signals[0] = query.boosts.popularity * SIGNAL_SCALE
    signals[1] = query.boosts.regional.get(REGION, 0.0) * SIGNAL_SCALE
    return np.concatenate([vector_of(query), signals])


def _flat(faiss: Any, width: int) -> Any:
    return faiss.IndexFlatIP(width)


def _codes(faiss: Any, width: int) -> Any:
    kind = faiss.ScalarQuantizer.QT_8bit
    return faiss.IndexScalarQuantizer(width, kind, faiss.METRIC_INNER_PRODUCT)


def _graph(faiss: Any, width: int) -> Any:
    graph = faiss.IndexHNSWFlat(width, LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = BUILD_BREADTH
    return graph


def _plain(faiss: Any, selector: Any) -> Any:
    return faiss.SearchParameters(sel=selector)


def _broad(faiss: Any, selector: Any) -> Any:
    return faiss.SearchParametersHNSW(sel=selector, efSearch=BREADTH)


KINDS = {
    "Flat": ("IndexFlatIP under IDSelectorBitmap", Shape(_flat, _plain)),
    "SQ8": (
        "eight bits under IDSelectorBitmap, the best 1.5 k + 32 again by float32",
        Shape(_codes, _plain, rescored=True, exact=False),
    ),
    "HNSW": (f"m {LINKS}, ef {BREADTH}, IDSelectorBitmap", Shape(_graph, _broad, exact=False)),
}
