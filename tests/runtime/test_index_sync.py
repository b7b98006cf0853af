from collections.abc import Callable, Iterable, Iterator

import pytest
import redis
from sqlalchemy import Engine, text

from api.app import create_app
from catalog.importer import Importer
from catalog.record import Record
from config.resources import Resources
from config.settings import Settings
from db import changes, index_state
from db.engine import open_session
from db.pgvector_index import PgvectorIndex
from index.memory import MemoryIndex
from index.query import IndexEntry, Query
from index.shared_index import SharedIndex
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import CatalogueView
from runtime.index_sync import CopyMismatch, IndexSync
from services import seeding
from services.embedding import embed_titles
from tests.fake_embedder import FakeEmbedder
from tests.running_app import running_app
from vocabulary.kinds import Space

Make = Callable[..., Record]
LOADER = CatalogueReader({Space.CONTENT: "fake"}, {"IN": {"te": 1.0}})


def store(own: Engine, *records: Record) -> list[int]:
    with open_session(own) as writing:
        stored = Importer().store(writing, records)
        embed_titles(writing, FakeEmbedder(), stored.changed_ids)
        writing.commit()
    return stored.changed_ids


@pytest.fixture
def index_sync(own_database: Engine) -> IndexSync:
    shared = IndexSync("pgvector", PgvectorIndex(own_database), own_database, LOADER)
    shared.prepare()
    return shared


def indexed_titles(shared: IndexSync) -> list[int]:
    return [hit.title_id for hit in shared.index.search(Query(k=100))]


def test_what_is_there_is_copied_and_what_changes_follows(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    first = store(own_database, make_record("Eega"), make_record("Magadheera"))
    assert index_sync.catch_up() == 2
    assert indexed_titles(index_sync) == first
    with open_session(own_database) as writing:
        writing.execute(text("DELETE FROM title WHERE id = :id"), {"id": first[0]})
        changes.record(writing, first[:1])
        writing.commit()
    index_sync.catch_up()
    assert indexed_titles(index_sync) == first[1:]
    assert index_sync.catch_up() == 0


def test_one_process_feeds_and_the_others_see_it(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    other = IndexSync("pgvector", PgvectorIndex(own_database), own_database, LOADER)
    (number,) = store(own_database, make_record("Eega"))
    with index_state.feeding_lock(own_database, "pgvector", wait=True):
        assert other.catch_up() == 0  # for another does it
    assert index_sync.catch_up() == 1
    assert other.catch_up() == 0
    assert number in other.index


def test_a_change_applied_but_not_noted_is_applied_again_to_the_same_effect(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    ids = store(own_database, make_record("Eega"))
    with open_session(own_database) as writing:
        before = index_state.read(writing, "pgvector")
    index_sync.catch_up()
    assert before is not None
    with open_session(own_database) as writing:  # as if the process had died in between
        index_state.write(writing, "pgvector", before.position, built_from=before.built_from)
        writing.commit()
    assert index_sync.catch_up() == 1
    assert indexed_titles(index_sync) == ids


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE index_copy SET built_from = '2 content=older'",
        "UPDATE index_copy SET transaction = transaction + 1000000",  # a backup was restored
        "UPDATE change SET at = at + interval '1 second'",  # and another history has grown since
        "DELETE FROM index_copy",
        "DELETE FROM vector_search.entry",
    ],
)
def test_a_copy_that_the_log_does_not_lead_from_is_built_anew_at_the_start(
    own_database: Engine, index_sync: IndexSync, make_record: Make, wrong: str
) -> None:
    ids = store(own_database, make_record("Eega"))
    index_sync.catch_up()
    with own_database.begin() as connection:
        connection.execute(text(wrong))
        connection.execute(text("DELETE FROM change"))
    starting = IndexSync("pgvector", PgvectorIndex(own_database), own_database, LOADER)
    starting.prepare()
    assert indexed_titles(starting) == ids


def test_a_process_without_the_model_feeds_nothing(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    (number,) = store(own_database, make_record("Eega"))
    for models in ({}, {Space.CONTENT: "another"}):
        other = IndexSync(
            "pgvector",
            PgvectorIndex(own_database),
            own_database,
            CatalogueReader(models, LOADER.language_weights),
        )
        assert other.catch_up() == 0
        assert number not in other.index


def test_asking_for_everything_anew_rebuilds_the_copy(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> None:
    ids = store(own_database, make_record("Eega"))
    with own_database.begin() as connection:
        connection.execute(text("DELETE FROM change"))
    with open_session(own_database) as writing:
        seeding.request_reload(writing)
        writing.commit()
    assert index_sync.catch_up() == 1
    assert indexed_titles(index_sync) == ids


class TitleLosingIndex(MemoryIndex):
    """Loses a title of those copied into it."""

    def replace(
        self, entries: Iterable[IndexEntry], approve: Callable[[SharedIndex], None] | None = None
    ) -> None:
        if approve:
            approve(TitleLosingIndex(list(entries)[1:]))
        raise AssertionError("it was approved")

    def build_graph(self, space: Space) -> None: ...

    def drop_graph(self, space: Space) -> None: ...

    def saved_position(self) -> None: ...

    def save_position(self, position: str) -> None: ...


def test_a_copy_that_lost_a_title_is_not_approved(own_database: Engine, make_record: Make) -> None:
    store(own_database, make_record("Eega"), make_record("Magadheera"))
    shared = IndexSync("forgetful", TitleLosingIndex(), own_database, LOADER)
    with pytest.raises(CopyMismatch, match="2 titles were copied, but the engine has 1"):
        shared.rebuild()


def test_graphs_serve_where_they_find_enough(own_database: Engine, make_record: Make) -> None:
    store(own_database, *(make_record(f"Film {number}") for number in range(30)))
    for least, linked in ((0.5, True), (1.0, False)):
        shared = IndexSync(
            "pgvector", PgvectorIndex(own_database), own_database, LOADER, min_recall=least
        )
        assert (Space.CONTENT in shared.rebuild().graph_recalls) is linked


@pytest.fixture
def serving(
    own_database: Engine, index_sync: IndexSync, make_record: Make
) -> Iterator[CatalogueView]:
    store(own_database, make_record("Eega"), make_record("Magadheera"))
    live = CatalogueView(own_database, LOADER, index_sync)
    live.load()
    yield live
    live.stop()


def test_a_serving_process_forgets_what_it_found_before_the_copy_changed(
    own_database: Engine, serving: CatalogueView, index_sync: IndexSync, make_record: Make
) -> None:
    index_sync.catch_up()
    serving.catch_up()
    remembered = serving.result_cache
    serving.catch_up()
    assert serving.result_cache is remembered
    store(own_database, make_record("Baahubali"))
    index_sync.catch_up()
    serving.catch_up()
    assert serving.result_cache is not remembered
    assert len(serving.index) == len(serving.titles) == 3


def test_a_service_over_a_shared_index_answers(
    own_database: Engine, serving: CatalogueView, index_sync: IndexSync, valkey: "redis.Redis"
) -> None:
    resources = Resources(Settings(index="pgvector"), own_database, own_database, valkey, None)
    with running_app(create_app(resources, serving)) as client:
        index_sync.catch_up()
        serving.catch_up()
        (check,) = (
            each for each in client.get("/readyz").json()["checks"] if each["name"] == "index"
        )
        assert check["ok"]
        assert check["detail"].startswith("pgvector, 2 titles, confirmed")
        trending = client.get("/api/trending?region=IN").json()["items"]
        assert sorted(each["title"] for each in trending) == ["Eega", "Magadheera"]
        similar = client.get(f"/api/content/{trending[0]['id']}/similar").json()["items"]
        assert [each["title"] for each in similar] == [trending[1]["title"]]
