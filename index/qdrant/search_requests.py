"""What a server is asked for a query, and when its answer is enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from qdrant_client import models

from index import inner_product
from index.inner_product import FLOAT32_ERROR
from index.qdrant.collections import Content
from index.qdrant.filters import conditions
from index.qdrant.points import KEPT, SIGNALS
from index.query import DimensionMismatch, Query

SPARE = 32  # asked for beyond `k`: by then scores have mostly left ties and rounding behind
BREADTH = 128  # candidates of a graph beyond those wanted
OVERSAMPLING = 2.0  # codes whose vectors are looked up, per title wanted


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for the titles of the greatest product, and when its answer is enough."""

    query: Query
    using: str
    operand: Sequence[float]
    margin: float  # below the k-th score, where a better one may hide
    limit: int
    exact: bool

    def request(self) -> Any:
        """Return it as the client wants it."""
        return models.QueryRequest(
            query=list(self.operand),
            using=self.using,
            filter=conditions(self.query.filter),
            params=_parameters(self),
            limit=self.limit,
            with_payload=[KEPT],
            with_vector=[self.using] if self.query.vector is not None else False,
        )

    def wider(self, points: Sequence[Any]) -> "Ask | None":
        """Return what to ask instead, if some of the best may be missing from an answer."""
        short = len(points) < self.limit
        if not self.exact:
            return replace(self, exact=True, limit=self.query.k + SPARE) if short else None
        if short or points[-1].score < points[self.query.k - 1].score - self.margin:
            return None
        return replace(self, limit=4 * self.limit)


def ask(content: Content, query: Query) -> Ask | None:
    """Return what to ask the server, or none where it knows no vectors of the space or no rank."""
    row = inner_product.weights(query.boosts, content.regions)
    margin = 2 * FLOAT32_ERROR * inner_product.size(row, query.vector)
    if query.vector is None:
        if not row.any():
            return None
        return Ask(query, SIGNALS, row.tolist(), margin, query.k + SPARE, exact=True)
    expected = content.dimensions.get(query.space)
    if expected is None:
        return None
    if len(query.vector) != expected:
        raise DimensionMismatch(query.space, expected, len(query.vector))
    exact = query.space not in content.linked
    limit = query.k + SPARE if exact else query.k * 3 // 2 + SPARE
    operand = inner_product.operand(query.vector, row).tolist()
    return Ask(query, query.space.value, operand, margin, limit, exact)


def _parameters(asked: Ask) -> Any:
    if asked.exact:
        ignored = models.QuantizationSearchParams(ignore=True)
        return models.SearchParams(exact=True, quantization=ignored)
    again = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING)
    return models.SearchParams(hnsw_ef=asked.limit + BREADTH, quantization=again)
