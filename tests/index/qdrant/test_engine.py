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

from index.inner_product import REGION_SLOTS, SIGNAL_WIDTH, TooManyRegions
from index.qdrant.collections import AliasedCollections, ClusterLayout
from index.qdrant.engine import QdrantIndex, open_qdrant_index
from index.query import (
    Attributes,
    Boosts,
    Filter,
    IndexEntry,
    IndexUnavailable,
    Query,
    VectorMissing,
)
from tests.index_contract import IndexContract, expected_hits, make_entries, unit_vector
from vocabulary.kinds import Kind, Space

# Before fixtures hide the machine's settings. Without a server, the client's local mode answers,
# which scans, and says so; and, where it is installed, Qdrant's own engine in this process.
QDRANT_URL = os.environ.get("RASIKA_QDRANT_URL")
TEST_ALIAS = "rasika-test"

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


def open_client(kind: str, folder: Path) -> QdrantClient:
    if kind == "edge":
        pytest.importorskip("qdrant_edge")  # no extra: for these tests alone
        from scripts.bench.engines.qdrant_edge import EdgeClient

        return EdgeClient(folder)
    return QdrantClient(QDRANT_URL) if QDRANT_URL else QdrantClient(":memory:")


@pytest.fixture(params=["server" if QDRANT_URL else "local", "edge"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QdrantClient]:
    client = open_client(request.param, tmp_path)
    yield client
    for each in client.get_collections().collections:
        if each.name.startswith(TEST_ALIAS):
            client.delete_collection(each.name)
    client.close()


@pytest.fixture
def collections(client: QdrantClient) -> AliasedCollections:
    settle_s = 10.0 if QDRANT_URL else 0.0
    return AliasedCollections(
        client=client, cluster=ClusterLayout(), alias=TEST_ALIAS, settle_s=settle_s
    )


@pytest.fixture
def index(collections: AliasedCollections) -> QdrantIndex:
    return QdrantIndex(collections)


class TestQdrantIndex(IndexContract):
    examples = 40

    @pytest.fixture(autouse=True)
    def _over(self, index: QdrantIndex) -> None:
        self.index = index

    def build(self, entries: Sequence[IndexEntry]) -> QdrantIndex:
        self.index.remove(range(1, 201))
        self.index.upsert(entries)
        return self.index


def sample_queries(entries: Sequence[IndexEntry]) -> Iterator[Query]:
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
    index.replace(entries, lambda beside: beside.build_graph(Space.CONTENT))
    queries = list(sample_queries(entries))
    answers = index.search_many(queries)
    expected = [expected_hits(entries, query) for query in queries]
    assert [len(found) for found in answers] == [len(best) for best in expected]
    same = [
        len(set(found) & set(best)) / len(best)
        for found, best in zip(answers, expected, strict=True)
    ]
    assert sum(same) / len(same) >= 0.95
    index.drop_graph(Space.CONTENT)
    assert index.search_many(queries) == expected


def test_other_processes_follow_a_swap_at_once(collections: AliasedCollections) -> None:
    index, other = QdrantIndex(collections), QdrantIndex(collections)
    for n in (30, 40):
        index.replace(make_entries(n))
        query = Query(boosts=Boosts(popularity=1.0), k=100)
        assert other.search(query) == expected_hits(make_entries(n), query)
        assert len(other) == n


def test_what_is_not_approved_is_dropped(client: QdrantClient, index: QdrantIndex) -> None:
    class ContentRefused(Exception):
        pass

    def refuse(beside: QdrantIndex) -> None:
        assert len(beside) == 20
        raise ContentRefused

    index.replace(make_entries(10))
    before = client.get_collections()
    with pytest.raises(ContentRefused):
        index.replace(make_entries(20), refuse)
    assert client.get_collections() == before
    assert len(index) == 10


def test_what_a_killed_process_was_building_is_dropped(
    client: QdrantClient, collections: AliasedCollections, index: QdrantIndex
) -> None:
    abandoned = collections.create().name
    of_others = replace(collections, alias=f"{TEST_ALIAS}-other").create().name
    index.replace(make_entries(10))
    names = {each.name for each in client.get_collections().collections}
    assert abandoned not in names
    assert of_others in names
    assert len(index) == 10


def test_a_write_that_the_server_did_not_confirm_is_repeated_and_has_one_effect(
    client: QdrantClient, index: QdrantIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert, failures = client.upsert, iter([True, True])

    def applied_but_not_confirmed(*arguments: Any, **options: Any) -> Any:
        done = upsert(*arguments, **options)
        if next(failures, False):
            raise ResponseHandlingException(TimeoutError())
        return done

    monkeypatch.setattr(client, "upsert", applied_but_not_confirmed)
    with stamina.set_testing(True, attempts=5):
        index.upsert(make_entries(10))
    assert next(failures, None) is None
    query = Query(boosts=Boosts(popularity=1.0), k=100)
    assert index.search(query) == expected_hits(make_entries(10), query)


def test_a_title_that_loses_its_vector_is_not_found_by_it(index: QdrantIndex) -> None:
    plain = Attributes(kind=Kind.MOVIE)
    index.upsert(
        [IndexEntry(title_id=1, attributes=plain, vectors={Space.CONTENT: unit_vector(1)})]
    )
    index.upsert([IndexEntry(title_id=1, attributes=plain)])
    assert index.search(Query(vector=unit_vector(1))) == []
    assert [hit.title_id for hit in index.search(Query())] == [1]
    with pytest.raises(VectorMissing):
        index.vectors([1], Space.CONTENT)


def test_too_many_regions_are_refused_and_nothing_is_written(index: QdrantIndex) -> None:
    regional = {f"R{number}": 0.5 for number in range(REGION_SLOTS + 1)}
    crowded = IndexEntry(title_id=1, attributes=Attributes(kind=Kind.MOVIE), regional=regional)
    with pytest.raises(TooManyRegions, match="no room for the region R9"):
        index.upsert([crowded])
    assert len(index) == 0


def test_a_server_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(IndexUnavailable, match="the search engine does not answer: "):
        open_qdrant_index("http://127.0.0.1:1", api_key=None, timeout_s=1, cluster=ClusterLayout())


def test_a_server_that_stays_away_is_told_to_searches_and_to_writes(
    client: QdrantClient, index: QdrantIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise ResponseHandlingException(ConnectionError("nobody there"))

    index.upsert(make_entries(3))
    monkeypatch.setattr(client, "query_batch_points", away)
    monkeypatch.setattr(client, "upsert", away)
    with pytest.raises(IndexUnavailable, match="nobody there"):
        index.search(Query(boosts=Boosts(popularity=1.0)))
    with stamina.set_testing(True, attempts=2), pytest.raises(IndexUnavailable):
        index.upsert(make_entries(3))


def test_a_process_that_ended_before_it_told_of_a_space_is_followed_on() -> None:
    client = QdrantClient(":memory:")
    collections = AliasedCollections(client=client, cluster=ClusterLayout(), alias=TEST_ALIAS)
    index = QdrantIndex(collections)
    content = collections.read_state()
    assert content is not None
    vector = models.DenseVectorConfig(size=24 + SIGNAL_WIDTH, distance=models.Distance.DOT)
    config = models.DenseVectorNameConfig(dense=vector)
    client.create_vector_name(content.name, Space.CONTENT.value, config)
    index.upsert(make_entries(10))
    query = Query(boosts=Boosts(popularity=1.0), k=100)
    assert index.search(query) == expected_hits(make_entries(10), query)


@contextmanager
def fake_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
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

    with fake_server(silent) as url:
        patient = AliasedCollections(
            client=QdrantClient(":memory:"), cluster=ClusterLayout(), alias=TEST_ALIAS
        )
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

    with fake_server(wrong) as url, pytest.raises(IndexUnavailable):
        open_qdrant_index(url, api_key=None, timeout_s=1, cluster=ClusterLayout())
