from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from catalog.importer import Importer
from catalog.record import Record
from db import titles, vectors
from db.advisory_locks import AdvisoryLock, named_lock
from db.engine import open_session
from services.embedding import (
    EmbedCounts,
    embed_missing_titles,
    embed_titles,
    missing_title_batches,
)
from tests.fake_embedder import FakeEmbedder
from vocabulary.kinds import Space

MakeRecord = Callable[..., Record]


@pytest.fixture
def title_ids(db_session: Session, make_record: MakeRecord) -> list[int]:
    return (
        Importer()
        .store(db_session, [make_record(f"Title {n}", year=2000) for n in range(3)])
        .created_ids
    )


def count_logged_changes(database: Session) -> int:
    return int(database.execute(text("SELECT count(*) FROM change")).scalar_one())


def test_every_title_gets_a_vector_and_is_logged(db_session: Session, title_ids: list[int]) -> None:
    before = count_logged_changes(db_session)
    assert embed_titles(db_session, FakeEmbedder(), title_ids) == EmbedCounts(embedded=3)
    assert vectors.count(db_session, Space.CONTENT, "fake") == 3
    assert count_logged_changes(db_session) == before + 3


def test_an_unchanged_text_is_not_embedded_again(db_session: Session, title_ids: list[int]) -> None:
    embed_titles(db_session, FakeEmbedder(), title_ids)
    fake, before = FakeEmbedder(), count_logged_changes(db_session)
    assert embed_titles(db_session, fake, title_ids) == EmbedCounts(unchanged=3)
    assert fake.embedded_texts == []
    assert count_logged_changes(db_session) == before


def test_only_what_changed_is_embedded_again(
    db_session: Session, title_ids: list[int], make_record: MakeRecord
) -> None:
    embed_titles(db_session, FakeEmbedder(), title_ids)
    said = make_record("Title 1", year=2000, synopsis={"en": "A fly."}, runtime_minutes=99)
    Importer().store(db_session, [said])
    fake = FakeEmbedder()
    assert embed_titles(db_session, fake, title_ids) == EmbedCounts(embedded=1, unchanged=2)
    assert [asked for asked, _ in fake.embedded_texts] == ["A fly.", "Title 1. 2000 movie. A fly."]
    assert {role for _, role in fake.embedded_texts} == {"document"}


def test_another_model_embeds_for_itself(db_session: Session, title_ids: list[int]) -> None:
    embed_titles(db_session, FakeEmbedder(), title_ids)
    assert embed_titles(db_session, FakeEmbedder("other"), title_ids).embedded == 3
    assert vectors.count(db_session, Space.CONTENT, "fake") == 3


def test_titles_that_have_gone_are_passed_over(db_session: Session, title_ids: list[int]) -> None:
    titles.remove(db_session, title_ids[:1])
    db_session.flush()
    assert embed_titles(db_session, FakeEmbedder(), title_ids) == EmbedCounts(embedded=2)
    assert embed_titles(db_session, FakeEmbedder(), [title_ids[0], 10**6]) == EmbedCounts()


def store_titles(database: Engine, make_record: MakeRecord) -> list[int]:
    with open_session(database) as writing:
        ids = Importer().store(writing, [make_record(f"Title {n}") for n in range(5)]).created_ids
        writing.commit()
    return ids


def test_missing_vectors_are_embedded_in_batches(
    own_database: Engine, make_record: MakeRecord
) -> None:
    ids = store_titles(own_database, make_record)
    fake = FakeEmbedder()
    assert list(missing_title_batches(own_database, fake, 2)) == [
        ids[:2],
        ids[2:4],
        ids[4:],
    ]
    assert embed_missing_titles(own_database, fake) == 5
    assert embed_missing_titles(own_database, fake) == 0


def test_missing_vectors_are_embedded_by_one_process_at_a_time(
    own_database: Engine, make_record: MakeRecord
) -> None:
    store_titles(own_database, make_record)
    fake = FakeEmbedder()
    with named_lock(own_database, AdvisoryLock.EMBEDDING, Space.CONTENT, wait=True):
        assert embed_missing_titles(own_database, fake, wait=False) == 0
    assert embed_missing_titles(own_database, fake, wait=False) == 5
