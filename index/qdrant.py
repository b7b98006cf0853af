"""The engine `qdrant`: a server or a cluster searches, for what outgrows one machine.

A collection has a named vector for each space, the blend in it (see `index.product`), and one of
the signals alone. It is reached through an alias: a new content is a new collection, and the alias
moves to it when it is whole. What a collection consists of stands in its metadata.

Exact unless a space has been linked to a graph. A graph is asked for more than `k`, its eight-bit
codes are scored again by the server, and what it finds too few of is asked for exactly.

Needs the extra `qdrant`.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
import stamina
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from db.kinds import Space
from index import product
from index.product import FLOAT32_ERROR, Candidates
from index.qdrant_filter import conditions
from index.query import (
    DimensionMismatch,
    Entry,
    Hit,
    IndexUnavailable,
    Matrix,
    Query,
    TitleId,
    VectorMissing,
)

ALIAS = "rasika"
SIGNALS = "signals"  # the vector of those whom boosts alone rank
BATCH = 250  # titles written in one request: about 2 MB of JSON
ATTEMPTS = 6  # of a write
PATIENCE_S = 60.0  # with a server that is away, or asks to be left alone
READ_AGAIN_S = 5.0  # other processes add regions and swap the alias
LINKED_WITHIN_S = 7200.0  # how long a graph may take
SETTLE_S = 5.0  # without anything being built, after which nothing more is expected
POLL_S = 0.5
SPARE = 32  # asked for beyond `k`: by then scores have mostly left ties and rounding behind

LINKS = 16  # of a node of a graph
LINK_BREADTH = 128  # candidates while it is built
BREADTH = 128  # candidates while it is searched, beyond those wanted
OVERSAMPLING = 2.0  # codes whose vectors are looked up, per title wanted

KEYWORDS = ("kind", "languages", "genres", "providers")
INTEGERS = ("year", "adult", "minimum_age", "votes", "runtime")
KEPT = "signals"
"""What exact scores are made of, as text, for Qdrant reads numbers with an error in the last bit
(serde_json without `float_roundtrip`); the other fields are for filters."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cluster:
    """How a collection is spread over the nodes of a cluster."""

    shards: int = 1
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class Content:
    """A collection and what it consists of."""

    name: str
    dimensions: Mapping[Space, int]
    regions: Mapping[str, int]  # to their slots
    linked: frozenset[Space]  # to graphs
    read_at: float  # seconds, time.monotonic


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


class QdrantIndex:
    """Implements `VectorIndex` in Qdrant; a collection is made where there is none."""

    def __init__(
        self,
        client: QdrantClient,
        *,
        cluster: Cluster | None = None,
        alias: str = ALIAS,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._client = client
        self._cluster = cluster or Cluster()
        self._alias = alias
        self._settle_s = settle_s
        self._content = self._found() or self._started()

    def __len__(self) -> int:
        return int(self._reading(lambda content: self._client.count(content.name).count))

    def __contains__(self, title_id: TitleId) -> bool:
        return bool(
            self._reading(
                lambda content: self._client.retrieve(content.name, [title_id], with_payload=False)
            )
        )

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each; those that rank by anything go in one request."""
        return self._reading(lambda content: self._answers(content, queries))

    def vectors(self, ids: Sequence[TitleId], space: Space) -> Matrix:
        """Return (len(ids), d) rows in the order asked."""

        def read(content: Content) -> dict[TitleId, Any]:
            if space not in content.dimensions:
                return {}
            points = self._client.retrieve(
                content.name, list(ids), with_payload=False, with_vectors=[space.value]
            )
            length = content.dimensions[space]
            return {
                int(point.id): point.vector[space.value][:length]
                for point in points
                if point.vector and space.value in point.vector
            }

        found = self._reading(read)
        for title_id in ids:
            if title_id not in found:
                raise VectorMissing(title_id, space)
        rows = [found[title_id] for title_id in ids]
        return np.array(rows, np.float32) if rows else np.empty((0, 0), np.float32)

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add or replace titles; when it returns, every search sees them.

        A title is written whole under its id, so telling it again changes nothing.
        """
        latest = list({entry.title_id: entry for entry in entries}.values())
        with _reached():
            content = self._fitted(self._refreshed(), latest)
            for batch in _batches(latest):
                points = [_point(entry, content.regions) for entry in batch]
                _written(partial(self._client.upsert, content.name, points))

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Forget titles."""
        with _reached():
            name = self._refreshed().name
            for batch in _batches(ids):
                gone = models.PointIdsList(points=list(batch))
                _written(partial(self._client.delete, name, gone))

    def replace(
        self, entries: Iterable[Entry], approve: Callable[["QdrantIndex"], None] | None = None
    ) -> None:
        """Build a whole new content beside the old one and swap it in, when it is approved."""
        with _reached():
            self._drop_abandoned()
            beside = copy(self)
            beside._content = self._created()
            beside._alias = beside._content.name
            try:
                for batch in _batches(entries):
                    beside.upsert(batch)
                if approve is not None:
                    approve(beside)
            except BaseException:
                self._client.delete_collection(beside._alias)
                raise
            old = self._refreshed().name
            self._point_at(beside._alias)
            self._content = beside._content
            self._client.delete_collection(old)

    def link(self, space: Space) -> None:
        """Link a space to a graph, which makes searches faster and approximate."""
        graph = models.HnswConfigDiff(m=LINKS, ef_construct=LINK_BREADTH)
        codes = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
        change = models.VectorParamsDiff(
            hnsw_config=graph, quantization_config=models.ScalarQuantization(scalar=codes)
        )
        with _reached():
            content = self._refreshed()
            if space in content.dimensions and space not in content.linked:
                self._client.update_collection(content.name, vectors_config={space.value: change})
                self._await_optimisers(content.name)
                self._describe(replace(content, linked=content.linked | {space}))

    def unlink(self, space: Space) -> None:
        """Search a space exactly again."""
        with _reached():
            content = self._refreshed()
            self._describe(replace(content, linked=content.linked - {space}))

    def _answers(self, content: Content, queries: Sequence[Query]) -> list[list[Hit]]:
        answers: list[list[Hit]] = [[] for _ in queries]
        pending: dict[int, Ask] = {}
        for at, query in enumerate(queries):
            if query.k <= 0 or (query.filter.include is not None and not query.filter.include):
                continue
            ask = _ask(content, query)
            if ask is not None:
                pending[at] = ask
            elif query.vector is None:
                answers[at] = self._first(content, query)
        while pending:
            requests = [ask.request() for ask in pending.values()]
            responses = self._client.query_batch_points(content.name, requests)
            wider: dict[int, Ask] = {}
            for (at, ask), response in zip(pending.items(), responses, strict=True):
                instead = ask.wider(response.points)
                if instead is None:
                    answers[at] = _candidates(content, ask.query, response.points).best(ask.query)
                else:
                    wider[at] = instead
            pending = wider
        return answers

    def _first(self, content: Content, query: Query) -> list[Hit]:
        """Return the titles of the smallest ids: nothing ranks them."""
        points, _ = self._client.scroll(
            content.name, conditions(query.filter), limit=query.k, with_payload=[KEPT]
        )
        return _candidates(content, query, points).best(query)

    def _reading(self, read: Callable[[Content], T]) -> T:
        """Read from the collection last known, or, where it was swapped away, from the next."""
        with _reached():
            if time.monotonic() - self._content.read_at > READ_AGAIN_S:
                self._refreshed()
            try:
                return read(self._content)
            except (UnexpectedResponse, ValueError) as error:
                if not _means_gone(error):
                    raise
            return read(self._refreshed())

    def _refreshed(self) -> Content:
        self._content = self._found() or self._started()
        return self._content

    def _found(self) -> Content | None:
        """Return what the alias points at, as its metadata tells."""
        aliases = self._client.get_aliases().aliases
        names = {each.alias_name: each.collection_name for each in aliases}
        name = names.get(self._alias, self._alias)
        if not self._client.collection_exists(name):
            return None
        told = self._client.get_collection(name).config.metadata or {}
        return Content(
            name,
            {Space(space): size for space, size in told.get("dimensions", {}).items()},
            told.get("regions", {}),
            frozenset(map(Space, told.get("linked", ()))),
            time.monotonic(),
        )

    def _started(self) -> Content:
        content = self._created()
        self._point_at(content.name)
        return content

    def _created(self) -> Content:
        """Make an empty collection; no graph, until one is asked for."""
        name = f"{self._alias}-{uuid4().hex[:12]}"
        self._client.create_collection(
            name,
            vectors_config={SIGNALS: _unlinked(product.WIDTH)},
            hnsw_config=models.HnswConfigDiff(m=0),
            shard_number=self._cluster.shards,
            replication_factor=self._cluster.replicas,
            write_consistency_factor=self._cluster.replicas // 2 + 1,
            metadata={"dimensions": {}, "regions": {}, "linked": []},
        )
        fields = {
            **dict.fromkeys(KEYWORDS, models.PayloadSchemaType.KEYWORD),
            **dict.fromkeys(INTEGERS, models.PayloadSchemaType.INTEGER),
            "rating": models.PayloadSchemaType.FLOAT,
        }
        for field, kind in fields.items():
            self._client.create_payload_index(name, field, kind)
        return Content(name, {}, {}, frozenset(), time.monotonic())

    def _drop_abandoned(self) -> None:
        """Delete what was being built when a process ended; one builds at a time."""
        served = self._refreshed().name
        made_here = re.compile(re.escape(self._alias) + "-[0-9a-f]{12}")
        for each in self._client.get_collections().collections:
            if made_here.fullmatch(each.name) and each.name != served:
                self._client.delete_collection(each.name)

    def _point_at(self, name: str) -> None:
        """Move the alias in one step."""
        there = {each.alias_name for each in self._client.get_aliases().aliases}
        steps: list[Any] = []
        if self._alias in there:
            delete = models.DeleteAlias(alias_name=self._alias)
            steps.append(models.DeleteAliasOperation(delete_alias=delete))
        create = models.CreateAlias(collection_name=name, alias_name=self._alias)
        steps.append(models.CreateAliasOperation(create_alias=create))
        self._client.update_collection_aliases(steps)

    def _fitted(self, content: Content, entries: Sequence[Entry]) -> Content:
        """Return the content with room for the spaces and regions of the entries."""
        dimensions = dict(content.dimensions)
        for entry in entries:
            for space, vector in entry.vectors.items():
                expected = dimensions.setdefault(space, len(vector))
                if len(vector) != expected:
                    raise DimensionMismatch(space, expected, len(vector))
        regions = [region for entry in entries for region in sorted(entry.regional)]
        slots = product.slots_for(content.regions, regions)
        new = dimensions.keys() - content.dimensions.keys()
        for space in sorted(new):
            size = dimensions[space] + product.WIDTH
            vector = models.DenseVectorConfig(size=size, distance=models.Distance.DOT)
            config = models.DenseVectorNameConfig(dense=vector)
            self._client.create_vector_name(content.name, space.value, config)
        if new or slots:
            content = replace(content, dimensions=dimensions, regions={**content.regions, **slots})
            self._describe(content)
        return content

    def _describe(self, content: Content) -> None:
        told = {
            "dimensions": {space.value: size for space, size in content.dimensions.items()},
            "regions": dict(content.regions),
            "linked": sorted(content.linked),
        }
        self._client.update_collection(content.name, metadata=told)
        self._content = content

    def _await_optimisers(self, name: str) -> None:
        """Wait until nothing is being built; it begins a moment after it was asked for."""
        deadline = time.monotonic() + LINKED_WITHIN_S
        settled_at = time.monotonic() + self._settle_s
        while time.monotonic() < settled_at:
            time.sleep(min(POLL_S, self._settle_s))
            if self._client.get_collection(name).status != models.CollectionStatus.GREEN:
                settled_at = time.monotonic() + self._settle_s
            if time.monotonic() > deadline:
                raise IndexUnavailable(f"{name} is not indexed after {LINKED_WITHIN_S:.0f} s")


def connect(url: str, *, api_key: str | None, timeout_s: int, cluster: Cluster) -> QdrantIndex:
    """Return the index of a server.

    Raises `IndexUnavailable`.
    """
    # The first request tells whether it can be reached; the client's own check would only warn.
    client = QdrantClient(url, api_key=api_key, timeout=timeout_s, check_compatibility=False)
    with _reached():
        return QdrantIndex(client, cluster=cluster)


def _ask(content: Content, query: Query) -> Ask | None:
    """Return what to ask the server, or none where it knows no vectors of the space or no rank."""
    row = product.weights(query.boosts, content.regions)
    margin = 2 * FLOAT32_ERROR * product.size(row)
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
    operand = product.operand(query.vector, row).tolist()
    return Ask(query, query.space.value, operand, margin, limit, exact)


def _parameters(ask: Ask) -> Any:
    if ask.exact:
        ignored = models.QuantizationSearchParams(ignore=True)
        return models.SearchParams(exact=True, quantization=ignored)
    again = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING)
    return models.SearchParams(hnsw_ef=ask.limit + BREADTH, quantization=again)


def _candidates(content: Content, query: Query, points: Sequence[Any]) -> Candidates:
    vectors = None
    if query.vector is not None:
        length = content.dimensions[query.space]
        rows = [point.vector[query.space.value][:length] for point in points]
        vectors = np.array(rows, np.float32).reshape(len(points), length)
    kept = [json.loads(point.payload[KEPT]) for point in points]
    return Candidates(
        ids=np.array([point.id for point in points], np.int64),
        popularity=np.array([popularity for popularity, _, _ in kept], np.float64),
        freshness=np.array([freshness for _, freshness, _ in kept], np.float64),
        per_region=[regional for _, _, regional in kept],
        vectors=vectors,
    )


def _point(entry: Entry, slots: Mapping[str, int]) -> Any:
    known = entry.attributes
    row = product.signals(entry.popularity, entry.freshness, entry.regional, slots)
    payload = {
        "kind": known.kind.value,
        "languages": sorted(known.languages),
        "genres": sorted(known.genres),
        "providers": sorted(known.providers),
        "year": known.year,
        "adult": int(known.adult),
        "minimum_age": known.minimum_age,
        "votes": known.votes,
        "rating": known.rating,
        "runtime": known.runtime_minutes,
        KEPT: json.dumps([entry.popularity, entry.freshness, dict(entry.regional)]),
    }
    vectors = {
        SIGNALS: row.tolist(),
        **{
            space.value: product.blended(vector, row).tolist()
            for space, vector in entry.vectors.items()
        },
    }
    told = {name: value for name, value in payload.items() if value is not None}
    return models.PointStruct(id=entry.title_id, vector=vectors, payload=told)


def _unlinked(size: int) -> Any:
    return models.VectorParams(size=size, distance=models.Distance.DOT)


def _batches(items: Iterable[T]) -> Iterable[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _written(write: Callable[[], object]) -> None:
    """Write, again where the server did not confirm: it has the same effect once more."""
    attempts = stamina.retry_context(
        on=_passes, attempts=ATTEMPTS, timeout=PATIENCE_S, wait_max=10.0
    )
    for attempt in attempts:
        with attempt:
            write()


@contextmanager
def _reached() -> Iterator[None]:
    """Tell in our own words that the server cannot be reached, or refuses."""
    try:
        yield
    except (UnexpectedResponse, ResponseHandlingException) as error:
        raise IndexUnavailable(_told(error)) from error


def _passes(error: Exception) -> bool:
    """Tell whether a failure may be over soon: no answer, too much to do, a node away."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in (429, 500, 502, 503, 504)
    return isinstance(error, ResponseHandlingException)


def _told(error: Exception) -> str:
    """Return an error in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _means_gone(error: Exception) -> bool:
    if isinstance(error, UnexpectedResponse):
        return bool(error.status_code == 404)
    return str(error).endswith("not found")  # the client's local mode
