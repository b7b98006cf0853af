"""Batches of index searches."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from fastapi import Response

from api import search_batcher
from api.search_batcher import SearchBatcher
from config import cpu
from index.memory import MemoryIndex
from index.query import Hit, Query


class GatedIndex(MemoryIndex):
    """An index without titles that waits for its gate and records the sizes of batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batch_sizes: list[int] = []
        self.gate = threading.Event()

    def search_many(self, queries: Sequence[Query]) -> list[list[Hit]]:
        self.gate.wait(10)
        self.batch_sizes.append(len(queries))
        if any(query.k < 0 for query in queries):
            raise ValueError("no such number")
        return [[Hit(query.k, 0.0, 0.0, 0.0, 0.0)] for query in queries]


def to_response(hits: list[Hit]) -> Response:
    return Response(str(hits[0].title_id))


@pytest.fixture(autouse=True)
def one_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "available_cores", lambda: 2)


async def search_concurrently(
    searches: SearchBatcher, *, count: int
) -> list[Response | BaseException]:
    calls = (searches.search(Query(k=k), to_response) for k in range(1, count + 1))
    return list(await asyncio.gather(*calls, return_exceptions=True))


def test_pending_searches_share_a_batch_and_get_their_own_responses() -> None:
    index = GatedIndex()

    async def main() -> list[Response | BaseException]:
        asyncio.get_running_loop().call_later(0.02, index.gate.set)
        return await search_concurrently(SearchBatcher(index), count=30)

    answers = asyncio.run(main())
    bodies = [bytes(each.body) for each in answers if isinstance(each, Response)]
    assert bodies == [str(k).encode() for k in range(1, 31)]
    assert max(index.batch_sizes) == search_batcher.MAX_SEARCHES_PER_BATCH
    assert sum(index.batch_sizes) == 30


def test_a_failed_batch_raises_for_all_its_callers_and_the_next_one_runs() -> None:
    index = GatedIndex()
    index.gate.set()

    async def main() -> Response:
        searches = SearchBatcher(index)
        with pytest.raises(ValueError, match="no such number"):
            await searches.search(Query(k=-1), to_response)
        return await searches.search(Query(k=7), to_response)

    assert asyncio.run(main()).body == b"7"


def test_a_failed_response_raises_for_its_caller_only() -> None:
    index = GatedIndex()
    index.gate.set()

    def broken(_: list[Hit]) -> Response:
        raise LookupError("gone")

    async def main() -> list[Response | BaseException]:
        searches = SearchBatcher(index)
        calls = (searches.search(Query(k=1), broken), searches.search(Query(k=2), to_response))
        return list(await asyncio.gather(*calls, return_exceptions=True))

    failed, answered = asyncio.run(main())
    assert isinstance(failed, LookupError)
    assert isinstance(answered, Response)


def test_a_cancelled_search_does_not_affect_the_others() -> None:
    index = GatedIndex()

    async def main() -> Response:
        searches = SearchBatcher(index)
        leaving = asyncio.create_task(searches.search(Query(k=1), to_response))
        staying = asyncio.create_task(searches.search(Query(k=2), to_response))
        await asyncio.sleep(0.02)
        leaving.cancel()
        index.gate.set()
        return await staying

    assert asyncio.run(main()).body == b"2"
