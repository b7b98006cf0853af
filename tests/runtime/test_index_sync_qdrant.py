from collections.abc import Callable

import pytest

pytest.importorskip("qdrant_client")  # an extra

from qdrant_client import QdrantClient
from sqlalchemy import Engine

from catalog.importer import Importer
from catalog.record import Record
from db.engine import open_session
from index.qdrant.collections import AliasedCollections, ClusterLayout
from index.qdrant.engine import QdrantIndex
from index.query import Query
from runtime.catalogue_reader import CatalogueReader
from runtime.index_sync import IndexSync
from services.embedding import embed_titles
from tests.fake_embedder import FakeEmbedder
from tests.runtime.database_backups import copy_database
from vocabulary.kinds import Space

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]

Make = Callable[..., Record]
LOADER = CatalogueReader({Space.CONTENT: "fake"}, {"IN": {"te": 1.0}})


@pytest.fixture
def collections() -> AliasedCollections:
    return AliasedCollections(
        client=QdrantClient(":memory:"), cluster=ClusterLayout(), alias="rasika"
    )


@pytest.fixture
def index_sync(own_database: Engine, collections: AliasedCollections) -> IndexSync:
    shared = IndexSync("qdrant", QdrantIndex(collections), own_database, LOADER)
    shared.prepare()
    return shared


def store(own: Engine, record: Record) -> int:
    with open_session(own) as writing:
        (number,) = Importer().store(writing, [record]).changed_ids
        embed_titles(writing, FakeEmbedder(), [number])
        writing.commit()
    return number


def indexed_titles(shared: IndexSync) -> list[int]:
    return [hit.title_id for hit in shared.index.search(Query(k=100))]


def test_what_changes_follows_and_what_was_noted_is_not_applied_again(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    number = store(own_database, make_record("Eega"))
    assert index_sync.catch_up() == 1
    assert indexed_titles(index_sync) == [number]
    assert index_sync.catch_up() == 0


def test_a_backup_of_postgresql_restored_beside_it_is_noticed(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    kept = store(own_database, make_record("Eega"))
    index_sync.catch_up()
    copy_database(own_database, "own", "saved")
    lost = [store(own_database, make_record(title)) for title in ("Magadheera", "Baahubali")]
    index_sync.catch_up()
    assert indexed_titles(index_sync) == [kept, *lost]
    copy_database(own_database, "saved", "own")
    own_database.dispose()
    new = store(own_database, make_record("Makkhi"))
    index_sync.catch_up()
    assert indexed_titles(index_sync) == [kept, new]
    assert index_sync.catch_up() == 0


def test_a_server_that_lost_everything_is_filled_again(
    own_database: Engine, index_sync: IndexSync, collections: AliasedCollections, make_record: Make
) -> None:
    number = store(own_database, make_record("Eega"))
    index_sync.catch_up()
    content = collections.read_state()
    assert content is not None
    collections.drop(content.name)
    assert indexed_titles(index_sync) == []
    index_sync.catch_up()
    assert indexed_titles(index_sync) == [number]


def test_an_older_state_of_the_server_is_led_on_by_the_log(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    index_sync.catch_up()
    before = index_sync.index.saved_position()
    number = store(own_database, make_record("Eega"))
    index_sync.catch_up()
    assert before
    index_sync.index.remove([number])
    index_sync.index.save_position(before)
    assert index_sync.catch_up() == 1
    assert indexed_titles(index_sync) == [number]


def test_a_process_that_ended_after_writing_and_before_noting_it_in_postgresql_is_followed_on(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    store(own_database, make_record("Eega"))
    with open_session(own_database) as reading:
        before = index_sync.position(reading)
    index_sync.catch_up()
    with open_session(own_database) as reading:
        after = index_sync.position(reading)
        reading.connection().exec_driver_sql(
            "UPDATE index_copy SET transaction = 1, position = 1, seal = ''"
        )
        reading.commit()
    assert index_sync.catch_up() == 0
    with open_session(own_database) as reading:
        assert index_sync.position(reading) == after != before
