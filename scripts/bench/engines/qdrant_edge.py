"""Qdrant's own engine in this process, behind the client's methods that Rasika calls.

The client's local mode scans in Python; here filters, payload indexes, products and graphs are
those of the server. Needs `qdrant-edge-py`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import qdrant_edge as edge
from qdrant_client import models


class EdgeClient:
    """Collections as shards in a folder, aliases as a dictionary."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[str, Any] = {}
        self._metadata: dict[str, dict[str, Any]] = {}
        self._aliases: dict[str, str] = {}

    def create_collection(self, name: str, *, vectors_config: Any, metadata: Any, **_: Any) -> None:
        vectors = {
            each: edge.EdgeVectorParams(size=params.size, distance=edge.Distance.Dot)
            for each, params in vectors_config.items()
        }
        (self._folder / name).mkdir()
        codes = edge.ScalarQuantizationConfig(edge.ScalarType.Int8, always_ram=True)
        config = edge.EdgeConfig(vectors=vectors, quantization_config=codes)
        self._shards[name] = edge.EdgeShard.create(str(self._folder / name), config)
        self._metadata[name] = metadata

    def delete_collection(self, name: str) -> None:
        self._metadata.pop(name)
        self._shards.pop(name).close()

    def collection_exists(self, name: str) -> bool:
        return name in self._shards

    def get_collections(self) -> Any:
        return SimpleNamespace(collections=[SimpleNamespace(name=name) for name in self._shards])

    def get_collection(self, name: str) -> Any:
        config = SimpleNamespace(metadata=self._metadata[name])
        return SimpleNamespace(config=config, status=models.CollectionStatus.GREEN)

    def update_collection(
        self, name: str, *, metadata: Any = None, vectors_config: Any = None
    ) -> None:
        self._metadata[name].update(metadata or {})
        if vectors_config:
            self._shards[name].optimize()

    def create_vector_name(self, name: str, vector: str, config: Any) -> None:
        self._update(name, "create_dense_vector", vector, config.dense.size, edge.Distance.Dot)

    def create_payload_index(self, name: str, field: str, kind: Any) -> None:
        self._update(
            name, "create_field_index", field, getattr(edge.PayloadSchemaType, kind.title())
        )

    def get_aliases(self) -> Any:
        aliases = [
            SimpleNamespace(alias_name=alias, collection_name=name)
            for alias, name in self._aliases.items()
        ]
        return SimpleNamespace(aliases=aliases)

    def update_collection_aliases(self, steps: Iterable[Any]) -> None:
        for step in steps:
            if isinstance(step, models.DeleteAliasOperation):
                self._aliases.pop(step.delete_alias.alias_name)
            else:
                self._aliases[step.create_alias.alias_name] = step.create_alias.collection_name

    def upsert(self, name: str, points: Iterable[Any]) -> None:
        each = [edge.Point(point.id, point.vector, point.payload) for point in points]
        self._update(name, "upsert_points", each)

    def delete(self, name: str, selector: Any) -> None:
        self._update(name, "delete_points", list(selector.points))

    def count(self, name: str) -> Any:
        return SimpleNamespace(count=self._shard(name).count(edge.CountRequest(exact=True)))

    def retrieve(
        self, name: str, ids: Sequence[int], *, with_payload: Any = None, with_vectors: Any = False
    ) -> Any:
        return self._shard(name).retrieve(list(ids), bool(with_payload), with_vectors)

    def scroll(self, name: str, scroll_filter: Any, *, limit: int, with_payload: Any) -> Any:
        request = edge.ScrollRequest(
            limit=limit, filter=_edge_filter(scroll_filter), with_payload=True, with_vector=False
        )
        return self._shard(name).scroll(request)

    def query_batch_points(self, name: str, requests: Iterable[Any]) -> Any:
        return [
            SimpleNamespace(points=self._shard(name).query(_request(each))) for each in requests
        ]

    def close(self) -> None:
        for shard in self._shards.values():
            shard.close()

    def _shard(self, name: str) -> Any:
        if name not in self._shards:
            raise ValueError(f"Collection {name} not found")
        return self._shards[name]

    def _update(self, name: str, operation: str, *arguments: Any) -> None:
        self._shard(name).update(getattr(edge.UpdateOperation, operation)(*arguments))


def _request(query_request: Any) -> Any:
    codes = query_request.params.quantization
    return edge.QueryRequest(
        limit=query_request.limit,
        query=edge.Query.Nearest(query_request.query, query_request.using),
        with_vector=query_request.with_vector,
        with_payload=True,
        filter=_edge_filter(query_request.filter),
        params=edge.SearchParams(
            exact=query_request.params.exact,
            hnsw_ef=query_request.params.hnsw_ef,
            quantization=edge.QuantizationSearchParams(
                ignore=codes.ignore, rescore=codes.rescore, oversampling=codes.oversampling
            ),
        ),
    )


def _edge_filter(qdrant_filter: Any) -> Any:
    return edge.Filter(
        must=[_edge_condition(each) for each in qdrant_filter.must or ()] or None,
        should=[_edge_condition(each) for each in qdrant_filter.should or ()] or None,
        must_not=[_edge_condition(each) for each in qdrant_filter.must_not or ()] or None,
    )


def _edge_condition(condition: Any) -> Any:
    if isinstance(condition, models.Filter):
        return _edge_filter(condition)
    if isinstance(condition, models.HasIdCondition):
        return edge.HasIdCondition(set(condition.has_id))
    if isinstance(condition, models.IsEmptyCondition):
        return edge.IsEmptyCondition(condition.is_empty.key)
    if condition.range is not None:
        return edge.FieldCondition(
            condition.key, range=edge.RangeFloat(gte=condition.range.gte, lte=condition.range.lte)
        )
    if isinstance(condition.match, models.MatchAny):
        return edge.FieldCondition(
            condition.key, match=edge.MatchAny([str(each) for each in condition.match.any])
        )
    return edge.FieldCondition(condition.key, match=edge.MatchValue(condition.match.value))
