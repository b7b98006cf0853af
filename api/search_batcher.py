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

MOST = 12  # searches of a turn; the first of them waits for all
CORES_PER_PLACE = 2  # the other one talks to the callers; two turns at once would share the memory


@dataclass(frozen=True, slots=True)
class _Asked:
    query: Query
    answer: Callable[[list[Hit]], Response]
    told: asyncio.Future[Response]


class Abreast:
    """A place per two cores, each taking its share of the searches that wait."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index
        self._places = max(1, cpu.cores() // CORES_PER_PLACE)
        self._taken = 0
        self._waiting: deque[_Asked] = deque()
        self._turns: set[asyncio.Task[None]] = set()

    async def search(self, query: Query, answer: Callable[[list[Hit]], Response]) -> Response:
        """Return what `answer`, called on a thread, makes of the hits of a query."""
        told = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(query, answer, told))
        if self._taken < self._places:
            self._taken += 1
            turn = asyncio.create_task(self._take_turns())
            self._turns.add(turn)
            turn.add_done_callback(self._turns.discard)
        found: Response = await told
        return found

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                share = min(ceil(len(self._waiting) / self._places), MOST)
                asked = [self._waiting.popleft() for _ in range(share)]
                await to_thread.run_sync(self._answer, asked, asyncio.get_running_loop())
        finally:
            self._taken -= 1

    def _answer(self, asked: Sequence[_Asked], loop: asyncio.AbstractEventLoop) -> None:
        try:
            found = self._index.search_many([each.query for each in asked])
        except Exception as error:  # each of those who asked is told
            for each in asked:
                loop.call_soon_threadsafe(_fail, each.told, error)
            return
        for each, hits in zip(asked, found, strict=True):
            try:
                response = each.answer(hits)
            except Exception as error:  # that one alone
                loop.call_soon_threadsafe(_fail, each.told, error)
            else:
                loop.call_soon_threadsafe(_tell, each.told, response)


def _tell(told: asyncio.Future[Response], response: Response) -> None:
    if not told.done():  # the caller may have gone
        told.set_result(response)


def _fail(told: asyncio.Future[Response], error: Exception) -> None:
    if not told.done():
        told.set_exception(error)


async def abreast(request: Request) -> Abreast:
    """Return the process's searches."""
    found: Abreast = request.app.state.abreast
    return found


AbreastDep = Annotated[Abreast, Depends(abreast)]
