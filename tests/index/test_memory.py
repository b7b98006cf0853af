import threading
from collections.abc import Sequence

import pytest

from db.kinds import Space
from index import codes
from index.memory import MemoryIndex
from index.query import Boosts, Entry, Filter, Query
from tests.index_contract import IndexContract, many, reference


class TestMemoryIndex(IndexContract):
    def build(self, entries: Sequence[Entry]) -> MemoryIndex:
        return MemoryIndex(entries)


def test_agrees_with_the_reference_where_gathering_and_streaming_both_occur() -> None:
    entries = many(3000)
    index = MemoryIndex(entries)
    boosts = Boosts(popularity=0.2, regional={"IN": 0.2})
    asked = [
        Query(vector=entries[7].vectors[Space.CONTENT], filter=wanted, boosts=boosts, k=k)
        for k in (1, 20, 300)
        for wanted in (
            Filter(),
            Filter(languages=frozenset({"l3", "l150"})),
            Filter(year_from=1990),
            Filter(exclude=frozenset(range(1, 2900))),
        )
    ]
    expected = [reference(entries, query) for query in asked]
    assert [index.search(query) for query in asked] == expected
    assert index.search_many(asked) == expected


def test_a_shared_pass_agrees_with_passes_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "CHUNK", 256)
    monkeypatch.setattr(codes, "ABREAST", 5)
    entries = many(1000)
    index = MemoryIndex(entries)
    asked = [
        Query(vector=entry.vectors[Space.CONTENT], filter=Filter(exclude=frozenset({at + 1})))
        for at, entry in enumerate(entries[:13])
    ]
    assert index.search_many(asked) == [reference(entries, query) for query in asked]


def test_packs_dead_rows_and_keeps_answering() -> None:
    entries = many(1000)
    index = MemoryIndex(entries)
    for start in range(0, 900, 100):
        index.remove(range(start + 1, start + 101))
        index.upsert([entries[start]])
    left = [entry for entry in entries if entry.title_id > 900 or entry.title_id % 100 == 1]
    query = Query(vector=entries[3].vectors[Space.CONTENT], k=2000)
    assert index.search(query) == reference(left, query)


def test_searches_see_whole_snapshots_while_titles_change() -> None:
    entries = many(400)
    index = MemoryIndex(entries)
    query = Query(vector=entries[0].vectors[Space.CONTENT], k=1000)
    stop, wrong = threading.Event(), []

    def search() -> None:
        while not stop.is_set():
            found = [hit.title_id for hit in index.search(query)]
            if sorted(found) != list(range(1, 401)):
                wrong.append(found)

    readers = [threading.Thread(target=search) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(200):
        index.upsert(entries[turn : turn + 50])
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
