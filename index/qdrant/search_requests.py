"""What a server is asked for a query, and when its answer is enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from qdrant_client import models

from index import inner_product
from index.inner_product import FLOAT32_ERROR
from index.qdrant.collections import CollectionState
from index.qdrant.filters import to_qdrant_filter
from index.qdrant.points import EXACT_SIGNALS_FIELD, SIGNALS_VECTOR
from index.query import DimensionMismatch, Query

SPARE_CANDIDATES = (
    32  # asked for beyond `k`: by then scores have mostly left ties and rounding behind
)
EXTRA_GRAPH_CANDIDATES = 128  # candidates of a graph beyond those wanted
OVERSAMPLING_FACTOR = 2.0  # codes whose vectors are looked up, per title wanted


@dataclass(frozen=True, slots=True)
class ProductRequest:
    """A request for the titles of the greatest product, and when its answer is enough."""

    query: Query
    vector_name: str
    operand: Sequence[float]
    margin: float  # below the k-th score, where a better one may hide
    limit: int
    exact: bool

    def to_client_request(self) -> Any:
        """Return it as the client wants it."""
        return models.QueryRequest(
            query=list(self.operand),
            using=self.vector_name,
            filter=to_qdrant_filter(self.query.filter),
            params=_search_parameters(self),
            limit=self.limit,
            with_payload=[EXACT_SIGNALS_FIELD],
            with_vector=[self.vector_name] if self.query.vector is not None else False,
        )

    def widen(self, points: Sequence[Any]) -> "ProductRequest | None":
        """Return what to ask instead, if some of the best may be missing from an answer."""
        short = len(points) < self.limit
        if not self.exact:
            return (
                replace(self, exact=True, limit=self.query.k + SPARE_CANDIDATES) if short else None
            )
        if short or points[-1].score < points[self.query.k - 1].score - self.margin:
            return None
        return replace(self, limit=4 * self.limit)


def build_request(state: CollectionState, query: Query) -> ProductRequest | None:
    """Return what to ask the server, or none where it knows no vectors of the space or no rank."""
    row = inner_product.weight_row(query.boosts, state.region_slots)
    margin = 2 * FLOAT32_ERROR * inner_product.max_product(row, query.vector)
    if query.vector is None:
        if not row.any():
            return None
        return ProductRequest(
            query, SIGNALS_VECTOR, row.tolist(), margin, query.k + SPARE_CANDIDATES, exact=True
        )
    expected = state.dimensions.get(query.space)
    if expected is None:
        return None
    if len(query.vector) != expected:
        raise DimensionMismatch(query.space, expected, len(query.vector))
    exact = query.space not in state.graph_spaces
    limit = query.k + SPARE_CANDIDATES if exact else query.k * 3 // 2 + SPARE_CANDIDATES
    operand = inner_product.query_operand(query.vector, row).tolist()
    return ProductRequest(query, query.space.value, operand, margin, limit, exact)


def _search_parameters(request: ProductRequest) -> Any:
    if request.exact:
        ignored = models.QuantizationSearchParams(ignore=True)
        return models.SearchParams(exact=True, quantization=ignored)
    again = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING_FACTOR)
    return models.SearchParams(hnsw_ef=request.limit + EXTRA_GRAPH_CANDIDATES, quantization=again)
