import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, event

from catalog.import_reader import read_lines
from catalog.importer import Importer
from catalog.record import Record
from db import titles, vectors
from db.engine import open_session
from services import seeding
from services.embedding import embed_missing_titles
from tests.fake_embedder import FakeEmbedder
from vocabulary.kinds import Space

Make = Callable[..., Record]


@pytest.fixture
def small_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A seed of twelve titles."""
    whole = seeding.seed_folder() / "telugu.jsonl"
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "few.jsonl").write_text("".join(lines[:12]), encoding="utf-8")
    monkeypatch.setattr(seeding, "seed_folder", lambda: tmp_path)
    return tmp_path


def store(own: Engine, *records: Record) -> list[int]:
    with open_session(own) as writing:
        created = Importer().store(writing, records).created_ids
        writing.commit()
    return created


@pytest.mark.usefixtures("small_seed")
def test_only_an_empty_catalogue_is_seeded(own_database: Engine, make_record: Make) -> None:
    assert seeding.seed_catalogue(own_database, None) == 12
    assert seeding.seed_catalogue(own_database, None) == 0
    with open_session(own_database) as reading:
        assert titles.count(reading) == 12


def test_catalogue_with_titles_is_not_seeded(own_database: Engine, make_record: Make) -> None:
    store(own_database, make_record("Mine"))
    assert seeding.seed_catalogue(own_database, None) == 0


@pytest.mark.usefixtures("small_seed")
def test_concurrent_processes_seed_once(own_database: Engine) -> None:
    stored: list[int] = []
    threads = [
        threading.Thread(target=lambda: stored.append(seeding.seed_catalogue(own_database, None)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stored) == [0, 0, 0, 12]


@pytest.mark.usefixtures("small_seed")
def test_interrupted_seeding_leaves_nothing_and_can_be_repeated(
    own_database: Engine,
) -> None:
    def interrupt(_: Connection, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith("CREATE TEMPORARY TABLE new_values"):
            raise KeyboardInterrupt

    event.listen(own_database, "before_cursor_execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        seeding.seed_catalogue(own_database, None)
    event.remove(own_database, "before_cursor_execute", interrupt)
    with open_session(own_database) as reading:
        assert titles.count(reading) == 0
    assert seeding.seed_catalogue(own_database, None) == 12


def test_vectors_of_the_seed_are_used_without_embedding(
    own_database: Engine, small_seed: Path
) -> None:
    fake = FakeEmbedder("some-model+c1")
    seeding.seed_catalogue(own_database, None)
    embed_missing_titles(own_database, fake)
    with open_session(own_database) as reading:
        ids = titles.ids_after(reading, 0, limit=99)
        before = list(vectors.read(reading, ids, {Space.CONTENT: fake.model}))
        assert seeding.write_seed_vectors(reading, ids, fake) == 12
        titles.remove(reading, ids)
        reading.commit()
    fake.embedded_texts.clear()
    seeding.seed_catalogue(own_database, fake)
    assert fake.embedded_texts == []
    with open_session(own_database) as reading:
        assert vectors.ids_without_vector(reading, Space.CONTENT, fake.model, limit=99) == []
        ids = titles.ids_after(reading, 0, limit=99)
        after = list(vectors.read(reading, ids, {Space.CONTENT: fake.model}))
    for (_, _, was), (_, _, now) in zip(before, after, strict=True):
        assert np.linalg.norm(now) == pytest.approx(1, abs=2**-11)  # half precision
        np.testing.assert_allclose(now, was, atol=2e-3)


def test_vectors_of_another_model_are_not_used(own_database: Engine, small_seed: Path) -> None:
    np.savez(
        small_seed / "vectors.npz",
        model=np.array("another"),
        text_hashes=np.array(["x"]),
        vectors=np.ones((1, 8), np.float16),
    )
    seeding.seed_catalogue(own_database, FakeEmbedder())
    with open_session(own_database) as reading:
        assert vectors.count(reading, Space.CONTENT, "fake") == 0


def test_shipped_seed_is_valid() -> None:
    for path in sorted(seeding.seed_folder().glob("*.jsonl")):
        assert not [line.problems for line in read_lines(path) if line.problems]
