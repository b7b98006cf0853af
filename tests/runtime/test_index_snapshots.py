from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catalog.importer import Importer
from catalog.record import Record
from db.changes import Position
from db.engine import open_session
from index.memory import MemoryIndex
from index.query import Query
from runtime.catalogue_reader import CatalogueReader
from runtime.catalogue_view import CatalogueView
from runtime.index_snapshots import MANIFEST_FILE, IndexSnapshots
from services import seeding
from services.embedding import embed_titles
from tests.fake_embedder import FakeEmbedder
from vocabulary.kinds import Space

Make = Callable[..., Record]
LOADER = CatalogueReader({Space.CONTENT: "fake"}, {"IN": {"te": 1.0}})


@pytest.fixture
def index_snapshots(tmp_path: Path) -> IndexSnapshots:
    return IndexSnapshots(tmp_path / "index", LOADER.model_signature)


def snapshot_names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "index").iterdir() if path.is_dir())


def store(own: Engine, *records: Record) -> list[int]:
    with open_session(own) as writing:
        stored = Importer().store(writing, records)
        embed_titles(writing, FakeEmbedder(), stored.changed_ids)
        writing.commit()
    return stored.changed_ids


def load_view(own: Engine, saved: IndexSnapshots) -> CatalogueView:
    live = CatalogueView(own, LOADER, snapshots=saved)
    live.load()
    live.catch_up()
    return live


def test_a_second_process_maps_what_the_first_one_wrote(
    own_database: Engine, make_record: Make, index_snapshots: IndexSnapshots, tmp_path: Path
) -> None:
    ids = store(own_database, make_record("Eega"), make_record("Magadheera"))
    first, second = (
        load_view(own_database, index_snapshots),
        load_view(own_database, index_snapshots),
    )
    assert snapshot_names(tmp_path) == ["000000001"]
    (vector,) = first.index.vectors(ids[:1], Space.CONTENT)
    assert first.index.search(Query(vector=vector)) == second.index.search(Query(vector=vector))
    assert len(second.index) == 2


def test_what_changed_since_the_files_were_written_is_caught_up_with(
    own_database: Engine, make_record: Make, index_snapshots: IndexSnapshots, tmp_path: Path
) -> None:
    store(own_database, make_record("Eega"))
    first = load_view(own_database, index_snapshots)
    (later,) = store(own_database, make_record("Magadheera"))
    second = load_view(own_database, index_snapshots)
    first.catch_up()
    assert snapshot_names(tmp_path) == ["000000001"]
    for live in (first, second):
        assert later in live.index
        assert len(live.index.vectors([later], Space.CONTENT)) == 1


def test_a_rebuild_writes_the_files_anew_for_all(
    own_database: Engine, make_record: Make, index_snapshots: IndexSnapshots, tmp_path: Path
) -> None:
    store(own_database, make_record("Eega"))
    first, second = (
        load_view(own_database, index_snapshots),
        load_view(own_database, index_snapshots),
    )
    with open_session(own_database) as writing:
        seeding.request_reload(writing)
        writing.commit()
    first.catch_up()
    second.catch_up()
    assert snapshot_names(tmp_path) == ["000000002"]
    assert len(first.index) == len(second.index) == 1


def test_files_of_another_model_of_yesterday_or_cut_off_are_not_used(
    own_database: Engine,
    make_record: Make,
    index_snapshots: IndexSnapshots,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(own_database, make_record("Eega"))
    load_view(own_database, index_snapshots)
    assert index_snapshots.newest() is not None
    assert IndexSnapshots(tmp_path / "index", "content=another").newest() is None
    with monkeypatch.context() as patched:
        patched.setattr("runtime.index_snapshots.MAX_SNAPSHOT_AGE", timedelta())
        assert index_snapshots.newest() is None
    (tmp_path / "index" / "000000001" / MANIFEST_FILE).write_text("{")
    assert index_snapshots.newest() is None


def test_a_damaged_snapshot_is_ignored_and_rebuilt(
    own_database: Engine, make_record: Make, index_snapshots: IndexSnapshots, tmp_path: Path
) -> None:
    """A power cut may leave files short, and mapping those would end the process (SIGBUS)."""
    store(own_database, make_record("Eega"))
    load_view(own_database, index_snapshots)
    for number, name in enumerate(["0.bin", "index.json", "arrays.json"], start=1):
        file = tmp_path / "index" / f"{number:09}" / name
        file.write_bytes(file.read_bytes()[:-1])
        assert len(load_view(own_database, index_snapshots).index) == 1
        assert snapshot_names(tmp_path) == [f"{number + 1:09}"]


def test_stray_and_half_written_folders_are_no_snapshots(
    own_database: Engine, make_record: Make, index_snapshots: IndexSnapshots, tmp_path: Path
) -> None:
    store(own_database, make_record("Eega"))
    for stray in ("lost+found", ".writing-1"):
        (tmp_path / "index" / stray).mkdir(parents=True)
    load_view(own_database, index_snapshots)
    assert len(load_view(own_database, index_snapshots).index) == 1
    assert snapshot_names(tmp_path) == ["000000001", "lost+found"]


def test_files_of_a_log_that_is_gone_are_written_anew(
    own_database: Engine, make_record: Make, index_snapshots: IndexSnapshots, tmp_path: Path
) -> None:
    """They may be of another database, or of one that a backup has taken the place of."""
    store(own_database, make_record("Eega"))
    with index_snapshots.exclusive_lock():
        index_snapshots.write(MemoryIndex(), Position(5, 5, "another log"))
    live = load_view(own_database, index_snapshots)
    assert snapshot_names(tmp_path) == ["000000002"]
    assert len(live.index) == 1


def test_where_nothing_can_be_written_the_index_is_in_memory(
    own_database: Engine, make_record: Make, tmp_path: Path
) -> None:
    store(own_database, make_record("Eega"))
    (tmp_path / "index").write_text("no folder")
    live = load_view(own_database, IndexSnapshots(tmp_path / "index", LOADER.model_signature))
    assert len(live.index) == 1


def test_lists_serve_a_large_catalogue_whose_searches_need_not_be_exact(
    own_database: Engine,
    make_record: Make,
    index_snapshots: IndexSnapshots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runtime.served_index.APPROXIMATE_MIN_TITLES", 2)
    store(own_database, make_record("Eega"), make_record("Magadheera"))
    for _ in range(2):  # built, then mapped
        live = CatalogueView(own_database, LOADER, snapshots=index_snapshots, min_recall=0.5)
        live.load()
        assert isinstance(live.index, MemoryIndex)
        assert live.index.inverted_lists is not None
        assert live.index.inverted_lists.recall >= 0.5
