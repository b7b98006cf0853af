import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("qdrant_client")  # an extra

import stamina
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException

from index.inner_product import SLOTS, WIDTH, TooManyRegions
from index.qdrant.collections import Cluster, Collections
from index.qdrant.engine import QdrantIndex, connect
from index.query import (
    Attributes,
    Boosts,
    Entry,
    Filter,
    IndexUnavailable,
    Query,
    VectorMissing,
)
from tests.index_contract import IndexContract, expected_hits, make_entries, unit_vector
from vocabulary.kinds import Kind, Space

# Before fixtures hide the machine's settings. Without a server, the client's local mode answers,
# which scans, and says so; and, where it is installed, Qdrant's own engine in this process.
SERVER = os.environ.get("RASIKA_QDRANT_URL")
ALIAS = "rasika-test"

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


def opened(kind: str, folder: Path) -> QdrantClient:
    if kind == "edge":
        pytest.importorskip("qdrant_edge")  # no extra: for these tests alone
        from scripts.bench.engines.qdrant_edge import EdgeClient

        return EdgeClient(folder)
    return QdrantClient(SERVER) if SERVER else QdrantClient(":memory:")


@pytest.fixture(params=["server" if SERVER else "local", "edge"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QdrantClient]:
    client = opened(request.param, tmp_path)
    yield client
    for each in client.get_collections().collections:
        if each.name.startswith(ALIAS):
            client.delete_collection(each.name)
    client.close()


@pytest.fixture
def collections(server: QdrantClient) -> Collections:
    settle_s = 10.0 if SERVER else 0.0
    return Collections(client=server, cluster=Cluster(), alias=ALIAS, settle_s=settle_s)


@pytest.fixture
def index(collections: Collections) -> QdrantIndex:
    return QdrantIndex(collections)


class TestQdrantIndex(IndexContract):
    examples = 40

    @pytest.fixture(autouse=True)
    def _over(self, index: QdrantIndex) -> None:
        self.index = index

    def build(self, entries: Sequence[Entry]) -> QdrantIndex:
        self.index.remove(range(1, 201))
        self.index.upsert(entries)
        return self.index


def asked(entries: Sequence[Entry]) -> Iterator[Query]:
    for weight in (0.0, 0.2, 1.5):
        boosts = Boosts(popularity=weight, regional={"IN": weight})
        for wanted in (
            Filter(),
            Filter(languages=frozenset({"l3", "l150"})),
            Filter(year_from=1960, exclude=frozenset(range(1, 50))),
        ):
            for k in (20, 450):
                vector = entries[7].vectors[Space.CONTENT]
                yield Query(vector=vector, filter=wanted, boosts=boosts, k=k)


def test_a_graph_is_never_short_and_its_answers_are_scored_exactly(index: QdrantIndex) -> None:
    entries = make_entries(600)
    index.replace(entries, lambda beside: beside.link(Space.CONTENT))
    queries = list(asked(entries))
    answers = index.search_many(queries)
    expected = [expected_hits(entries, query) for query in queries]
    assert [len(found) for found in answers] == [len(best) for best in expected]
    same = [
        len(set(found) & set(best)) / len(best)
        for found, best in zip(answers, expected, strict=True)
    ]
    assert sum(same) / len(same) >= 0.95
    index.unlink(Space.CONTENT)
    assert index.search_many(queries) == expected


def test_other_processes_follow_a_swap_at_once(collections: Collections) -> None:
    index, other = QdrantIndex(collections), QdrantIndex(collections)
    for n in (30, 40):
        index.replace(make_entries(n))
        query = Query(boosts=Boosts(popularity=1.0), k=100)
        assert other.search(query) == expected_hits(make_entries(n), query)
        assert len(other) == n


def test_what_is_not_approved_is_dropped(server: QdrantClient, index: QdrantIndex) -> None:
    class Refused(Exception):
        pass

    def refuse(beside: QdrantIndex) -> None:
        assert len(beside) == 20
        raise Refused

    index.replace(make_entries(10))
    before = server.get_collections()
    with pytest.raises(Refused):
        index.replace(make_entries(20), refuse)
    assert server.get_collections() == before
    assert len(index) == 10


def test_what_a_killed_process_was_building_is_dropped(
    server: QdrantClient, collections: Collections, index: QdrantIndex
) -> None:
    abandoned = collections.created().name
    of_others = replace(collections, alias=f"{ALIAS}-other").created().name
    index.replace(make_entries(10))
    names = {each.name for each in server.get_collections().collections}
    assert abandoned not in names
    assert of_others in names
    assert len(index) == 10


def test_a_write_that_the_server_did_not_confirm_is_repeated_and_has_one_effect(
    server: QdrantClient, index: QdrantIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert, failures = server.upsert, iter([True, True])

    def applied_but_not_confirmed(*arguments: Any, **options: Any) -> Any:
        done = upsert(*arguments, **options)
        if next(failures, False):
            raise ResponseHandlingException(TimeoutError())
        return done

    monkeypatch.setattr(server, "upsert", applied_but_not_confirmed)
    with stamina.set_testing(True, attempts=5):
        index.upsert(make_entries(10))
    assert next(failures, None) is None
    query = Query(boosts=Boosts(popularity=1.0), k=100)
    assert index.search(query) == expected_hits(make_entries(10), query)


def test_a_title_that_loses_its_vector_is_not_found_by_it(index: QdrantIndex) -> None:
    plain = Attributes(kind=Kind.MOVIE)
    index.upsert([Entry(title_id=1, attributes=plain, vectors={Space.CONTENT: unit_vector(1)})])
    index.upsert([Entry(title_id=1, attributes=plain)])
    assert index.search(Query(vector=unit_vector(1))) == []
    assert [hit.title_id for hit in index.search(Query())] == [1]
    with pytest.raises(VectorMissing):
        index.vectors([1], Space.CONTENT)


def test_a_region_too_many_is_refused_and_nothing_written(index: QdrantIndex) -> None:
    regional = {f"R{number}": 0.5 for number in range(SLOTS + 1)}
    crowded = Entry(title_id=1, attributes=Attributes(kind=Kind.MOVIE), regional=regional)
    with pytest.raises(TooManyRegions, match="no room for the region R9"):
        index.upsert([crowded])
    assert len(index) == 0


def test_a_server_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(IndexUnavailable, match="the search engine does not answer: "):
        connect("http://127.0.0.1:1", api_key=None, timeout_s=1, cluster=Cluster())


def test_a_server_that_stays_away_is_told_to_searches_and_to_writes(
    server: QdrantClient, index: QdrantIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise ResponseHandlingException(ConnectionError("nobody there"))

    index.upsert(make_entries(3))
    monkeypatch.setattr(server, "query_batch_points", away)
    monkeypatch.setattr(server, "upsert", away)
    with pytest.raises(IndexUnavailable, match="nobody there"):
        index.search(Query(boosts=Boosts(popularity=1.0)))
    with stamina.set_testing(True, attempts=2), pytest.raises(IndexUnavailable):
        index.upsert(make_entries(3))


def test_a_process_that_ended_before_it_told_of_a_space_is_followed_on() -> None:
    client = QdrantClient(":memory:")
    collections = Collections(client=client, cluster=Cluster(), alias=ALIAS)
    index = QdrantIndex(collections)
    content = collections.found()
    assert content is not None
    vector = models.DenseVectorConfig(size=24 + WIDTH, distance=models.Distance.DOT)
    config = models.DenseVectorNameConfig(dense=vector)
    client.create_vector_name(content.name, Space.CONTENT.value, config)
    index.upsert(make_entries(10))
    query = Query(boosts=Boosts(popularity=1.0), k=100)
    assert index.search(query) == expected_hits(make_entries(10), query)


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give the address of a server that does something to each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    threading.Thread(target=answer, args=(client,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_nobody_waits_for_a_server_that_has_just_not_answered() -> None:
    asked = threading.Semaphore(0)

    def silent(client: socket.socket) -> None:
        asked.release()
        with client:
            while client.recv(65536):
                pass

    with listening(silent) as url:
        patient = Collections(client=QdrantClient(":memory:"), cluster=Cluster(), alias=ALIAS)
        away = QdrantClient(url, timeout=1, check_compatibility=False)
        index = QdrantIndex(patient, replace(patient, client=away))
        for _ in range(20):
            with pytest.raises(IndexUnavailable):
                index.search(Query(boosts=Boosts(popularity=1.0)))
        away.close()
    assert asked.acquire(blocking=False)
    assert not asked.acquire(blocking=False)


def test_a_server_that_is_none_is_told() -> None:
    def wrong(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
        client.close()

    with listening(wrong) as url, pytest.raises(IndexUnavailable):
        connect(url, api_key=None, timeout_s=1, cluster=Cluster())
