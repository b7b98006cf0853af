"""Index searches that arrive during a batch join the next one and share its pass over the index.

With 100,000 titles, most of the time of a search is reading the codes from memory; with eight
queries in a pass, each takes a third of that time.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from anyio import CapacityLimiter, to_thread
from fastapi import Response

from config import cpu
from index.query import Hit, Query, VectorIndex

MAX_SEARCHES_PER_BATCH = 12  # the first of them waits for all
CORES_PER_BATCH = 2  # one for the event loop; two batches at once would share the memory bandwidth


@dataclass(frozen=True, slots=True)
class _PendingSearch:
    query: Query
    to_response: Callable[[list[Hit]], Response]
    future: asyncio.Future[Response]


class SearchBatcher:
    """Runs a batch per two cores, each with its share of the pending searches."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index
        self._max_batches = max(1, cpu.available_cores() // CORES_PER_BATCH)
        self._running_batches = 0
        self._threads = CapacityLimiter(self._max_batches)  # none that waits for PostgreSQL
        self._pending: deque[_PendingSearch] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def search(self, query: Query, to_response: Callable[[list[Hit]], Response]) -> Response:
        """Return the response for the hits of a query; `to_response` runs on a thread."""
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._pending.append(_PendingSearch(query, to_response, future))
        if self._running_batches < self._max_batches:
            self._running_batches += 1
            task = asyncio.create_task(self._run_batches())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _run_batches(self) -> None:
        try:
            while self._pending:
                size = min(ceil(len(self._pending) / self._max_batches), MAX_SEARCHES_PER_BATCH)
                batch = [self._pending.popleft() for _ in range(size)]
                await to_thread.run_sync(
                    self._answer_batch, batch, asyncio.get_running_loop(), limiter=self._threads
                )
        finally:
            self._running_batches -= 1

    def _answer_batch(
        self, batch: Sequence[_PendingSearch], loop: asyncio.AbstractEventLoop
    ) -> None:
        try:
            results = self._index.search_many([each.query for each in batch])
        except Exception as error:  # for every caller of the batch
            for each in batch:
                loop.call_soon_threadsafe(_set_error, each.future, error)
            return
        for each, hits in zip(batch, results, strict=True):
            try:
                response = each.to_response(hits)
            except Exception as error:  # for this caller only
                loop.call_soon_threadsafe(_set_error, each.future, error)
            else:
                loop.call_soon_threadsafe(_set_response, each.future, response)


def _set_response(future: asyncio.Future[Response], response: Response) -> None:
    if not future.done():  # a caller that disconnected has cancelled it
        future.set_result(response)


def _set_error(future: asyncio.Future[Response], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
