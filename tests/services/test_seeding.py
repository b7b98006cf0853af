import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, event, text

from catalog.import_reader import read_lines
from catalog.importer import Importer
from catalog.record import Record
from db import titles, vectors
from db.engine import open_session
from services import seeding
from tests.fake_embedder import FakeEmbedder
from vocabulary.kinds import Space

Make = Callable[..., Record]
Scopes = dict[tuple[str, str], float]


@pytest.fixture
def small_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A seed of twelve titles, for tests that need one but not all of it."""
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


def refresh(own: Engine) -> int:
    with open_session(own) as writing:
        changed = seeding.refresh_popularity(writing)
        writing.commit()
    return changed


def popularity(own: Engine, title_id: int) -> Scopes:
    query = text("SELECT scope_kind, scope, value FROM popularity WHERE title_id = :id")
    with own.connect() as connection:
        return {(row[0], row[1]): row[2] for row in connection.execute(query, {"id": title_id})}


def test_popularity_is_the_squared_rank_within_a_source(
    own_database: Engine, make_record: Make
) -> None:
    votes = (10, 20, 30, 40, 50)
    ids = store(
        own_database,
        *(
            make_record(
                f"Title {count}",
                ratings=[{"source": "imdb", "votes": count}],
                original_language="te" if count < 40 else "ta",
                countries=["IN"],
            )
            for count in votes
        ),
        make_record("Unknown", original_language="te"),
    )
    assert refresh(own_database) == 5
    for number, rank in zip(ids[:5], (0.2, 0.4, 0.6, 0.8, 1.0), strict=True):
        assert popularity(own_database, number)["global", ""] == pytest.approx(rank**2)
        assert popularity(own_database, number)["country", "IN"] == pytest.approx(rank**2)
    assert popularity(own_database, ids[5]) == {}
    assert popularity(own_database, ids[2])["language", "te"] == pytest.approx(0.25)  # of few, half


def test_the_source_that_knows_a_title_best_counts(own_database: Engine, make_record: Make) -> None:
    said = [
        make_record(f"Title {n}", ratings=[{"source": "imdb", "votes": n}]) for n in range(1, 6)
    ]
    listed = [make_record(f"Title {n}", source="tmdb", popularity=100 - n) for n in range(1, 6)]
    ids = store(own_database, *said)
    store(own_database, *listed)
    refresh(own_database)
    assert popularity(own_database, ids[0])["global", ""] == 1.0
    assert popularity(own_database, ids[4])["global", ""] == 1.0
    assert popularity(own_database, ids[2])["global", ""] == pytest.approx(0.36)


def test_what_is_popular_no_more_is_forgotten(own_database: Engine, make_record: Make) -> None:
    (number,) = store(own_database, make_record(popularity=3))
    assert refresh(own_database) == 1
    with own_database.begin() as connection:
        connection.execute(text("DELETE FROM rating"))
    assert refresh(own_database) == 1
    assert popularity(own_database, number) == {}
    assert refresh(own_database) == 0


def test_a_title_imported_meanwhile_waits_for_the_next_refresh(
    own_database: Engine, make_record: Make
) -> None:
    (first,) = store(
        own_database, make_record(popularity=3, original_language="te", countries=["IN"])
    )
    later: list[int] = []

    def import_one(_: Connection, __: object, statement: str, *___: object) -> None:
        if statement.startswith("SELECT id FROM title ORDER BY id") and not later:
            later.append(0)
            said = make_record("Later", popularity=5, original_language="te", countries=["IN"])
            later[:] = store(own_database, said)

    event.listen(own_database, "after_cursor_execute", import_one)
    refresh(own_database)
    event.remove(own_database, "after_cursor_execute", import_one)
    assert popularity(own_database, first)
    assert popularity(own_database, later[0]) == {}
    refresh(own_database)
    assert popularity(own_database, later[0])


@pytest.mark.usefixtures("small_seed")
def test_only_an_empty_catalogue_is_seeded(own_database: Engine, make_record: Make) -> None:
    assert seeding.seed_catalogue(own_database, None) == 12
    assert seeding.seed_catalogue(own_database, None) == 0
    with open_session(own_database) as reading:
        assert titles.count(reading) == 12


def test_a_catalogue_of_ones_own_is_left_alone(own_database: Engine, make_record: Make) -> None:
    store(own_database, make_record("Mine"))
    assert seeding.seed_catalogue(own_database, None) == 0


@pytest.mark.usefixtures("small_seed")
def test_processes_that_start_together_seed_once(own_database: Engine) -> None:
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
def test_a_seeding_that_was_cut_short_leaves_nothing_and_can_be_repeated(
    own_database: Engine,
) -> None:
    def cut(_: Connection, __: object, statement: str, *___: object) -> None:
        if statement.lstrip().startswith("CREATE TEMPORARY TABLE fresh"):
            raise KeyboardInterrupt

    event.listen(own_database, "before_cursor_execute", cut)
    with pytest.raises(KeyboardInterrupt):
        seeding.seed_catalogue(own_database, None)
    event.remove(own_database, "before_cursor_execute", cut)
    with open_session(own_database) as reading:
        assert titles.count(reading) == 0
    assert seeding.seed_catalogue(own_database, None) == 12


def test_vectors_that_come_with_the_seed_are_used_without_embedding(
    own_database: Engine, small_seed: Path
) -> None:
    fake = FakeEmbedder("some-model+c1")
    seeding.seed_catalogue(own_database, None)
    seeding.embed_missing_titles(own_database, fake)
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


def test_what_is_missing_is_embedded_in_batches(own_database: Engine, make_record: Make) -> None:
    ids = store(own_database, *(make_record(f"Title {n}") for n in range(5)))
    fake = FakeEmbedder()
    assert list(seeding.missing_title_batches(own_database, fake, 2)) == [
        ids[:2],
        ids[2:4],
        ids[4:],
    ]
    assert seeding.embed_missing_titles(own_database, fake) == 5
    assert seeding.embed_missing_titles(own_database, fake) == 0


def test_the_seed_that_is_shipped_can_be_read() -> None:
    for path in sorted(seeding.seed_folder().glob("*.jsonl")):
        assert not [line.problems for line in read_lines(path) if line.problems]
