"""The engine `qdrant`: a server or a cluster searches, for what outgrows one machine.

A collection has a named vector for each space, the blend in it (see `index.inner_product`), and one of
the signals alone. It is reached through an alias: a new content is a new collection, and the alias
moves to it when it is whole. What a collection consists of stands in its metadata.

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

from index.qdrant.collections import Cluster, Collections, Content
from index.qdrant.errors import means_gone, reached, written
from index.qdrant.filters import conditions
from index.qdrant.points import KEPT, candidates, point
from index.qdrant.search_requests import Ask, ask
from index.query import (
    Entry,
    Hit,
    IndexUnavailable,
    Matrix,
    Query,
    TitleId,
    VectorMissing,
)
from vocabulary.kinds import Space

ALIAS = "rasika"
BATCH = 250  # titles written in one request: about 2 MB of JSON
READ_AGAIN_S = 5.0  # other processes add regions and swap the alias
SEARCHED_WITHIN_S = 3  # whoever asks waits no longer
AWAY_S = 1.0  # after no answer nobody else waits for one

T = TypeVar("T")


class QdrantIndex:
    """Implements `VectorIndex` in Qdrant; a collection is made where there is none."""

    def __init__(self, collections: Collections, searched: Collections | None = None) -> None:
        """Write to collections, and search them by a client that may be less patient."""
        self._collections = collections
        self._searched = searched or collections
        self._client = self._searched.client
        self._content = collections.found() or collections.started()
        self._away_until = 0.0  # seconds, time.monotonic

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
        with reached():
            self._content = content = self._collections.fitted(self._refreshed(), latest)
            for batch in _batches(latest):
                points = [point(entry, content.regions) for entry in batch]
                written(partial(self._collections.client.upsert, content.name, points))

    def remove(self, ids: Sequence[TitleId]) -> None:
        """Forget titles."""
        with reached():
            name = self._refreshed().name
            for batch in _batches(ids):
                gone = models.PointIdsList(points=list(batch))
                written(partial(self._collections.client.delete, name, gone))

    def replace(
        self, entries: Iterable[Entry], approve: Callable[["QdrantIndex"], None] | None = None
    ) -> None:
        """Build a whole new content beside the old one and swap it in, when it is approved."""
        with reached():
            self._collections.drop_abandoned(self._refreshed().name)
            beside = self._beside()
            try:
                for batch in _batches(entries):
                    beside.upsert(batch)
                if approve is not None:
                    approve(beside)
            except BaseException:
                self._collections.drop(beside._content.name)
                raise
            old = self._refreshed().name
            self._collections.point_at(beside._content.name)
            self._content = beside._content
            self._collections.drop(old)

    def link(self, space: Space) -> None:
        """Link a space to a graph, which makes searches faster and approximate."""
        with reached():
            content = self._refreshed()
            if space in content.dimensions and space not in content.linked:
                self._content = self._collections.link(content, space)

    def unlink(self, space: Space) -> None:
        """Search a space exactly again."""
        with reached():
            content = self._refreshed()
            self._content = replace(content, linked=content.linked - {space})
            self._collections.describe(self._content)

    def reached(self) -> str:
        """Return what was last noted; it is lost and restored with the collection."""
        with reached():
            return self._refreshed().reached

    def note(self, mark: str) -> None:
        """Note how far the collection has followed."""
        with reached():
            self._collections.note(self._refreshed().name, mark)

    def _beside(self) -> "QdrantIndex":
        """Return an index over an empty collection that no alias points at."""
        name = self._collections.created().name
        return QdrantIndex(replace(self._collections, alias=name))

    def _answers(self, content: Content, queries: Sequence[Query]) -> list[list[Hit]]:
        answers: list[list[Hit]] = [[] for _ in queries]
        pending: dict[int, Ask] = {}
        for at, query in enumerate(queries):
            if query.k <= 0 or (query.filter.include is not None and not query.filter.include):
                continue
            asked = ask(content, query)
            if asked is not None:
                pending[at] = asked
            elif query.vector is None:
                answers[at] = self._first(content, query)
        while pending:
            requests = [asked.request() for asked in pending.values()]
            responses = self._client.query_batch_points(content.name, requests)
            wider: dict[int, Ask] = {}
            for (at, asked), response in zip(pending.items(), responses, strict=True):
                instead = asked.wider(response.points)
                if instead is None:
                    answers[at] = _best(content, asked.query, response.points)
                else:
                    wider[at] = instead
            pending = wider
        return answers

    def _first(self, content: Content, query: Query) -> list[Hit]:
        """Return the titles of the smallest ids: nothing ranks them."""
        points, _ = self._client.scroll(
            content.name, conditions(query.filter), limit=query.k, with_payload=[KEPT]
        )
        return _best(content, query, points)

    def _reading(self, read: Callable[[Content], T]) -> T:
        """Read from the collection last known, or, where it was swapped away, from the next."""
        if time.monotonic() < self._away_until:
            raise IndexUnavailable("it did not a moment ago")
        with reached():
            try:
                return self._read(read)
            except ResponseHandlingException:
                self._away_until = time.monotonic() + AWAY_S
                raise

    def _read(self, read: Callable[[Content], T]) -> T:
        if time.monotonic() - self._content.read_at > READ_AGAIN_S:
            self._refreshed(self._searched)
        try:
            return read(self._content)
        except (UnexpectedResponse, ValueError) as error:
            if not means_gone(error):
                raise
        return read(self._refreshed(self._searched))

    def _refreshed(self, by: Collections | None = None) -> Content:
        by = by or self._collections
        self._content = by.found() or by.started()
        return self._content


def connect(url: str, *, api_key: str | None, timeout_s: int, cluster: Cluster) -> QdrantIndex:
    """Return the index of a server.

    Raises `IndexUnavailable`.
    """

    def collections(timeout_s: int) -> Collections:
        # The first request tells whether it can be reached; the client's own check would only warn.
        client = QdrantClient(url, api_key=api_key, timeout=timeout_s, check_compatibility=False)
        return Collections(client=client, cluster=cluster, alias=ALIAS)

    with reached():
        return QdrantIndex(collections(timeout_s), collections(min(timeout_s, SEARCHED_WITHIN_S)))


def _best(content: Content, query: Query, points: Sequence[Any]) -> list[Hit]:
    space = None if query.vector is None else query.space
    length = content.dimensions.get(query.space, 0)
    return candidates(points, space, length).best(query)


def _batches(items: Iterable[T]) -> Iterable[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, BATCH)):
        yield batch
