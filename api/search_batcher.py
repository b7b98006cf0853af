"""Searches that are asked at the same time share a pass over the index.

At 100,000 titles most of a search is reading the codes from memory; eight queries at once take a
third of that each. So whoever asks while others are being answered waits for the next turn, and a
turn takes all who wait.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request, Response

from config import cpu
from index.query import Hit, Query, VectorIndex

MAX_SEARCHES_PER_BATCH = 12  # searches of a turn; the first of them waits for all
CORES_PER_BATCH = 2  # the other one talks to the callers; two turns at once would share the memory


@dataclass(frozen=True, slots=True)
class _PendingSearch:
    query: Query
    to_response: Callable[[list[Hit]], Response]
    future: asyncio.Future[Response]


class SearchBatcher:
    """A place per two cores, each taking its share of the searches that wait."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index
        self._max_batches = max(1, cpu.available_cores() // CORES_PER_BATCH)
        self._running_batches = 0
        self._pending: deque[_PendingSearch] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def search(self, query: Query, to_response: Callable[[list[Hit]], Response]) -> Response:
        """Return what `answer`, called on a thread, makes of the hits of a query."""
        told = asyncio.get_running_loop().create_future()
        self._pending.append(_PendingSearch(query, to_response, told))
        if self._running_batches < self._max_batches:
            self._running_batches += 1
            turn = asyncio.create_task(self._run_batches())
            self._tasks.add(turn)
            turn.add_done_callback(self._tasks.discard)
        found: Response = await told
        return found

    async def _run_batches(self) -> None:
        try:
            while self._pending:
                share = min(ceil(len(self._pending) / self._max_batches), MAX_SEARCHES_PER_BATCH)
                asked = [self._pending.popleft() for _ in range(share)]
                await to_thread.run_sync(self._answer_batch, asked, asyncio.get_running_loop())
        finally:
            self._running_batches -= 1

    def _answer_batch(
        self, batch: Sequence[_PendingSearch], loop: asyncio.AbstractEventLoop
    ) -> None:
        try:
            found = self._index.search_many([each.query for each in batch])
        except Exception as error:  # each of those who asked is told
            for each in batch:
                loop.call_soon_threadsafe(_set_error, each.future, error)
            return
        for each, hits in zip(batch, found, strict=True):
            try:
                response = each.to_response(hits)
            except Exception as error:  # that one alone
                loop.call_soon_threadsafe(_set_error, each.future, error)
            else:
                loop.call_soon_threadsafe(_set_response, each.future, response)


def _set_response(future: asyncio.Future[Response], response: Response) -> None:
    if not future.done():  # the caller may have gone
        future.set_result(response)


def _set_error(future: asyncio.Future[Response], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


async def search_batcher(request: Request) -> SearchBatcher:
    """Return the process's searches."""
    found: SearchBatcher = request.app.state.abreast
    return found


SearchBatcherDep = Annotated[SearchBatcher, Depends(search_batcher)]
