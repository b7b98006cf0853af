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
def ids(database: Session, record: MakeRecord) -> list[int]:
    return (
        Importer().store(database, [record(f"Title {n}", year=2000) for n in range(3)]).created_ids
    )


def count_logged_changes(database: Session) -> int:
    return int(database.execute(text("SELECT count(*) FROM change")).scalar_one())


def test_every_title_gets_a_vector_and_is_logged(database: Session, ids: list[int]) -> None:
    before = count_logged_changes(database)
    assert embed_titles(database, FakeEmbedder(), ids) == EmbedCounts(embedded=3)
    assert vectors.count(database, Space.CONTENT, "fake") == 3
    assert count_logged_changes(database) == before + 3


def test_an_unchanged_text_is_not_embedded_again(database: Session, ids: list[int]) -> None:
    embed_titles(database, FakeEmbedder(), ids)
    fake, before = FakeEmbedder(), count_logged_changes(database)
    assert embed_titles(database, fake, ids) == EmbedCounts(unchanged=3)
    assert fake.embedded_texts == []
    assert count_logged_changes(database) == before


def test_only_what_changed_is_embedded_again(
    database: Session, ids: list[int], record: MakeRecord
) -> None:
    embed_titles(database, FakeEmbedder(), ids)
    said = record("Title 1", year=2000, synopsis={"en": "A fly."}, runtime_minutes=99)
    Importer().store(database, [said])
    fake = FakeEmbedder()
    assert embed_titles(database, fake, ids) == EmbedCounts(embedded=1, unchanged=2)
    assert [asked for asked, _ in fake.embedded_texts] == ["A fly.", "Title 1. 2000 movie. A fly."]
    assert {role for _, role in fake.embedded_texts} == {"document"}


def test_another_model_embeds_for_itself(database: Session, ids: list[int]) -> None:
    embed_titles(database, FakeEmbedder(), ids)
    assert embed_titles(database, FakeEmbedder("other"), ids).embedded == 3
    assert vectors.count(database, Space.CONTENT, "fake") == 3


def test_titles_that_have_gone_are_passed_over(database: Session, ids: list[int]) -> None:
    titles.remove(database, ids[:1])
    database.flush()
    assert embed_titles(database, FakeEmbedder(), ids) == EmbedCounts(embedded=2)
    assert embed_titles(database, FakeEmbedder(), [ids[0], 10**6]) == EmbedCounts()
