"""Collections: what they consist of, how they are made, and the alias that one is reached by."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from index import inner_product
from index.qdrant.points import INTEGER_FIELDS, KEYWORD_FIELDS, SIGNALS_VECTOR
from index.query import DimensionMismatch, IndexEntry, IndexUnavailable
from vocabulary.kinds import Space

GRAPH_BUILD_TIMEOUT_S = 7200.0  # how long a graph may take
GRAPH_SETTLE_S = 5.0  # without anything being built, after which nothing more is expected
POLL_INTERVAL_S = 0.5

GRAPH_LINKS_PER_NODE = 16  # of a node of a graph
GRAPH_BUILD_EF = 128  # candidates while it is built


@dataclass(frozen=True, slots=True)
class ClusterLayout:
    """How a collection is spread over the nodes of a cluster."""

    shards: int = 1
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class CollectionState:
    """A collection and what it consists of."""

    name: str
    dimensions: Mapping[Space, int]
    region_slots: Mapping[str, int]  # to their slots
    graph_spaces: frozenset[Space]  # to graphs
    saved_position: str  # how far it has followed the change log, as was noted
    read_at: float  # seconds, time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasedCollections:
    """Those of one alias, on a server."""

    client: QdrantClient
    cluster: ClusterLayout
    alias: str
    settle_s: float = GRAPH_SETTLE_S

    def read_state(self) -> CollectionState | None:
        """Return what the alias points at, as its metadata tells."""
        aliases = self.client.get_aliases().aliases
        names = {each.alias_name: each.collection_name for each in aliases}
        name = names.get(self.alias, self.alias)
        if not self.client.collection_exists(name):
            return None
        told = self.client.get_collection(name).config.metadata or {}
        return CollectionState(
            name,
            {Space(space): size for space, size in told.get("dimensions", {}).items()},
            told.get("regions", {}),
            frozenset(map(Space, told.get("linked", ()))),
            told.get("reached", ""),
            time.monotonic(),
        )

    def create_served(self) -> CollectionState:
        """Return an empty collection that the alias points at."""
        content = self.create()
        self.move_alias(content.name)
        return content

    def create(self) -> CollectionState:
        """Make an empty collection; no graph, until one is asked for."""
        name = f"{self.alias}-{uuid4().hex[:12]}"
        self.client.create_collection(
            name,
            vectors_config={SIGNALS_VECTOR: _vector_without_graph(inner_product.SIGNAL_WIDTH)},
            hnsw_config=models.HnswConfigDiff(m=0),
            shard_number=self.cluster.shards,
            replication_factor=self.cluster.replicas,
            write_consistency_factor=self.cluster.replicas // 2 + 1,
            metadata={"dimensions": {}, "regions": {}, "linked": []},
        )
        fields = {
            **dict.fromkeys(KEYWORD_FIELDS, models.PayloadSchemaType.KEYWORD),
            **dict.fromkeys(INTEGER_FIELDS, models.PayloadSchemaType.INTEGER),
            "rating": models.PayloadSchemaType.FLOAT,
        }
        for field, kind in fields.items():
            self.client.create_payload_index(name, field, kind)
        return CollectionState(name, {}, {}, frozenset(), "", time.monotonic())

    def drop_abandoned(self, served_name: str) -> None:
        """Delete what was being built when a process ended; one builds at a time."""
        made_here = re.compile(re.escape(self.alias) + "-[0-9a-f]{12}")
        for each in self.client.get_collections().collections:
            if made_here.fullmatch(each.name) and each.name != served_name:
                self.drop(each.name)

    def move_alias(self, name: str) -> None:
        """Move the alias in one step."""
        there = {each.alias_name for each in self.client.get_aliases().aliases}
        steps: list[Any] = []
        if self.alias in there:
            delete = models.DeleteAlias(alias_name=self.alias)
            steps.append(models.DeleteAliasOperation(delete_alias=delete))
        create = models.CreateAlias(collection_name=name, alias_name=self.alias)
        steps.append(models.CreateAliasOperation(create_alias=create))
        self.client.update_collection_aliases(steps)

    def add_missing_fields(
        self, state: CollectionState, entries: Sequence[IndexEntry]
    ) -> CollectionState:
        """Return the content with room for the spaces and regions of the entries."""
        dimensions = dict(state.dimensions)
        for entry in entries:
            for space, vector in entry.vectors.items():
                expected = dimensions.setdefault(space, len(vector))
                if len(vector) != expected:
                    raise DimensionMismatch(space, expected, len(vector))
        regions = [region for entry in entries for region in sorted(entry.regional)]
        slots = inner_product.assign_region_slots(state.region_slots, regions)
        new = dimensions.keys() - state.dimensions.keys()
        for space in sorted(new):
            size = dimensions[space] + inner_product.SIGNAL_WIDTH
            vector = models.DenseVectorConfig(size=size, distance=models.Distance.DOT)
            config = models.DenseVectorNameConfig(dense=vector)
            self._add_space(state.name, space, config)
        if new or slots:
            state = replace(
                state, dimensions=dimensions, region_slots={**state.region_slots, **slots}
            )
            self.write_metadata(state)
        return state

    def _add_space(self, name: str, space: Space, config: Any) -> None:
        """Make room for a space, unless a process that ended before it said so has."""
        try:
            self.client.create_vector_name(name, space.value, config)
        except (UnexpectedResponse, ValueError):
            if space.value not in (self.client.get_collection(name).config.params.vectors or {}):
                raise

    def build_graph(self, state: CollectionState, space: Space) -> CollectionState:
        """Have a graph built over a space, and return the content with it."""
        graph = models.HnswConfigDiff(m=GRAPH_LINKS_PER_NODE, ef_construct=GRAPH_BUILD_EF)
        codes = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        change = models.VectorParamsDiff(
            hnsw_config=graph, quantization_config=models.ScalarQuantization(scalar=codes)
        )
        self.client.update_collection(state.name, vectors_config={space.value: change})
        self._await_optimisers(state.name)
        linked = replace(state, graph_spaces=state.graph_spaces | {space})
        self.write_metadata(linked)
        return linked

    def drop(self, name: str) -> None:
        """Delete a collection."""
        self.client.delete_collection(name)

    def save_position(self, name: str, position: str) -> None:
        """Write down how far a collection has followed."""
        self.client.update_collection(name, metadata={"reached": position})

    def write_metadata(self, state: CollectionState) -> None:
        """Write down what a collection consists of."""
        told = {
            "dimensions": {space.value: size for space, size in state.dimensions.items()},
            "regions": dict(state.region_slots),
            "linked": sorted(state.graph_spaces),
        }
        self.client.update_collection(state.name, metadata=told)

    def _await_optimisers(self, name: str) -> None:
        """Wait until nothing is being built; it begins a moment after it was asked for."""
        deadline = time.monotonic() + GRAPH_BUILD_TIMEOUT_S
        settled_at = time.monotonic() + self.settle_s
        while time.monotonic() < settled_at:
            time.sleep(min(POLL_INTERVAL_S, self.settle_s))
            if self.client.get_collection(name).status != models.CollectionStatus.GREEN:
                settled_at = time.monotonic() + self.settle_s
            if time.monotonic() > deadline:
                raise IndexUnavailable(f"{name} is not indexed after {GRAPH_BUILD_TIMEOUT_S:.0f} s")


def _vector_without_graph(size: int) -> Any:
    return models.VectorParams(size=size, distance=models.Distance.DOT)
