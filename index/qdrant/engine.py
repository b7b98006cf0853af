"""The engine `qdrant`: a server or a cluster searches, for what outgrows one machine.

A collection has a named vector for each space, which contains the blend (see
`index.inner_product`), and one of the signals alone. It is reached through an alias: new content is
a new collection, and the alias moves to it when it is complete. Its metadata says what it holds.

Exact unless a space has been linked to a graph. A graph is asked for more than `k`, its eight-bit
codes are scored again by the server, and what it finds too few of is asked for exactly.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from index.qdrant.collections import AliasedCollections, ClusterLayout, CollectionState
from index.qdrant.errors import is_collection_missing, translate_errors, write_with_retries
from index.qdrant.filters import to_qdrant_filter
from index.qdrant.points import EXACT_SIGNALS_FIELD, to_candidate_columns, to_point
from index.qdrant.search_requests import ProductRequest, build_request
from index.query import Hit, IndexEntry, IndexUnavailable, Query, VectorMissing
from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId
from vocabulary.kinds import Space

COLLECTION_ALIAS = "rasika"
TITLES_PER_WRITE = 250  # titles written in one request: about 2 MB of JSON
STATE_REFRESH_INTERVAL_S = 5.0  # other processes add regions and swap the alias
MAX_SEARCH_TIMEOUT_S = 3  # whoever asks waits no longer
UNAVAILABLE_COOLDOWN_S = 1.0  # after no answer nobody else waits for one

T = TypeVar("T")


class QdrantIndex:
    """Implements `VectorIndex` in Qdrant; a collection is made where there is none."""

    def __init__(
        self, collections: AliasedCollections, search_collections: AliasedCollections | None = None
    ) -> None:
        """Write to collections, and search them by a client that may be less patient."""
        self._collections = collections
        self._search_collections = search_collections or collections
        self._search_client = self._search_collections.client
        self._state = collections.read_state() or collections.create_served()
        self._unavailable_until = 0.0  # seconds, time.monotonic

    def __len__(self) -> int:
        return int(
            self._read_or_fail_fast(lambda content: self._search_client.count(content.name).count)
        )

    def __contains__(self, title_id: TitleId) -> bool:
        return bool(
            self._read_or_fail_fast(
                lambda content: self._search_client.retrieve(
                    content.name, [title_id], with_payload=False
                )
            )
        )

    def search(self, query: Query) -> list[Hit]:
        """Return the best `query.k` titles that match."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        """Return `search` of each; those that rank by anything go in one request."""
        return self._read_or_fail_fast(lambda content: self._answer_queries(content, queries))

    def vectors(self, ids: Sequence[TitleId], space: Space) -> Matrix:
        """Return (len(ids), d) rows in the order asked."""

        def read(content: CollectionState) -> dict[TitleId, Any]:
            if space not in content.dimensions:
                return {}
            points = self._search_client.retrieve(
                content.name, list(ids), with_payload=False, with_vectors=[space.value]
            )
            length = content.dimensions[space]
            return {
                int(point.id): point.vector[space.value][:length]
                for point in points
                if point.vector and space.value in point.vector
            }

        found = self._read_or_fail_fast(read)
        for title_id in ids:
            if title_id not in found:
                raise VectorMissing(title_id, space)
        rows = [found[title_id] for title_id in ids]
        return np.array(rows, np.float32) if rows else np.empty((0, 0), np.float32)

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Add or replace titles; when it returns, every search sees them.

        A title is written whole under its id, so telling it again changes nothing.
        """
        latest = list({entry.title_id: entry for entry in entries}.values())
        with translate_errors():
            self._state = content = self._collections.add_missing_fields(
                self._refresh_state(), latest
            )
            for batch in _split_batches(latest):
                points = [to_point(entry, content.region_slots) for entry in batch]
                write_with_retries(partial(self._collections.client.upsert, content.name, points))

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Forget titles."""
        with translate_errors():
            name = self._refresh_state().name
            for batch in _split_batches(ids):
                gone = models.PointIdsList(points=list(batch))
                write_with_retries(partial(self._collections.client.delete, name, gone))

    def replace(
        self, entries: Iterable[IndexEntry], approve: Callable[["QdrantIndex"], None] | None = None
    ) -> None:
        """Build a whole new content beside the old one and swap it in, when it is approved."""
        with translate_errors():
            self._collections.drop_abandoned(self._refresh_state().name)
            beside = self._next_index()
            try:
                for batch in _split_batches(entries):
                    beside.upsert(batch)
                if approve is not None:
                    approve(beside)
            except BaseException:
                self._collections.drop(beside._state.name)
                raise
            old = self._refresh_state().name
            self._collections.move_alias(beside._state.name)
            self._state = beside._state
            self._collections.drop(old)

    def build_graph(self, space: Space) -> None:
        """Link a space to a graph, which makes searches faster and approximate."""
        with translate_errors():
            content = self._refresh_state()
            if space in content.dimensions and space not in content.graph_spaces:
                self._state = self._collections.build_graph(content, space)

    def drop_graph(self, space: Space) -> None:
        """Search a space exactly again."""
        with translate_errors():
            content = self._refresh_state()
            self._state = replace(content, graph_spaces=content.graph_spaces - {space})
            self._collections.write_metadata(self._state)

    def saved_position(self) -> str:
        """Return what was last noted; it is lost and restored with the collection."""
        with translate_errors():
            return self._refresh_state().saved_position

    def save_position(self, position: str) -> None:
        """Note how far the collection has followed."""
        with translate_errors():
            self._collections.save_position(self._refresh_state().name, position)

    def _next_index(self) -> "QdrantIndex":
        """Return an index over an empty collection that no alias points at."""
        name = self._collections.create().name
        return QdrantIndex(replace(self._collections, alias=name))

    def _answer_queries(self, state: CollectionState, queries: Sequence[Query]) -> list[list[Hit]]:
        answers: list[list[Hit]] = [[] for _ in queries]
        pending: dict[int, ProductRequest] = {}
        for at, query in enumerate(queries):
            if query.k <= 0 or (query.filter.include is not None and not query.filter.include):
                continue
            asked = build_request(state, query)
            if asked is not None:
                pending[at] = asked
            elif query.vector is None:
                answers[at] = self._first_by_id(state, query)
        while pending:
            requests = [asked.to_client_request() for asked in pending.values()]
            responses = self._search_client.query_batch_points(state.name, requests)
            wider: dict[int, ProductRequest] = {}
            for (at, asked), response in zip(pending.items(), responses, strict=True):
                instead = asked.widen(response.points)
                if instead is None:
                    answers[at] = _top_hits(state, asked.query, response.points)
                else:
                    wider[at] = instead
            pending = wider
        return answers

    def _first_by_id(self, state: CollectionState, query: Query) -> list[Hit]:
        """Return the titles of the smallest ids: nothing ranks them."""
        points, _ = self._search_client.scroll(
            state.name,
            to_qdrant_filter(query.filter),
            limit=query.k,
            with_payload=[EXACT_SIGNALS_FIELD],
        )
        return _top_hits(state, query, points)

    def _read_or_fail_fast(self, read: Callable[[CollectionState], T]) -> T:
        """Read from the collection last known, or, where it was swapped away, from the next."""
        if time.monotonic() < self._unavailable_until:
            raise IndexUnavailable("it did not a moment ago")
        with translate_errors():
            try:
                return self._read_current(read)
            except ResponseHandlingException:
                self._unavailable_until = time.monotonic() + UNAVAILABLE_COOLDOWN_S
                raise

    def _read_current(self, read: Callable[[CollectionState], T]) -> T:
        if time.monotonic() - self._state.read_at > STATE_REFRESH_INTERVAL_S:
            self._refresh_state(self._search_collections)
        try:
            return read(self._state)
        except (UnexpectedResponse, ValueError) as error:
            if not is_collection_missing(error):
                raise
        return read(self._refresh_state(self._search_collections))

    def _refresh_state(self, collections: AliasedCollections | None = None) -> CollectionState:
        collections = collections or self._collections
        self._state = collections.read_state() or collections.create_served()
        return self._state


def open_qdrant_index(
    url: str, *, api_key: str | None, timeout_s: int, cluster: ClusterLayout
) -> QdrantIndex:
    """Return the index of a server.

    Raises `IndexUnavailable`.
    """

    def collections(timeout_s: int) -> AliasedCollections:
        # The first request tells whether it can be reached; the client's own check would only warn.
        client = QdrantClient(url, api_key=api_key, timeout=timeout_s, check_compatibility=False)
        return AliasedCollections(client=client, cluster=cluster, alias=COLLECTION_ALIAS)

    with translate_errors():
        return QdrantIndex(
            collections(timeout_s), collections(min(timeout_s, MAX_SEARCH_TIMEOUT_S))
        )


def _top_hits(state: CollectionState, query: Query, points: Sequence[Any]) -> list[Hit]:
    space = None if query.vector is None else query.space
    length = state.dimensions.get(query.space, 0)
    return to_candidate_columns(points, space, length).top_hits(query)


def _split_batches(items: Iterable[T]) -> Iterable[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, TITLES_PER_WRITE)):
        yield batch
