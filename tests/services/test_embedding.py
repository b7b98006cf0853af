from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import Session

from catalog.importer import Importer
from catalog.record import Record
from db import titles, vectors
from services.embedding import EmbedCounts, embed_titles
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
