from collections.abc import Callable

import numpy as np
import pytest
from sqlmodel import Session

from catalog.importer import Importer
from catalog.record import Record
from catalog.title_documents import MAX_SYNOPSIS_CHARACTERS, document_texts
from db import titles
from db.tables.titles import Title
from embeddings.document import TEXTS_PER_BATCH, embed_documents, text_hash
from tests.fake_embedder import FakeEmbedder

StoreTitle = Callable[..., Title]


@pytest.fixture
def store_title(db_session: Session, make_record: Callable[..., Record]) -> StoreTitle:
    def make(title: str = "Eega", **given: object) -> Title:
        (number,) = Importer().store(db_session, [make_record(title, **given)]).created_ids
        db_session.expunge_all()
        found = titles.get(db_session, number)
        assert found is not None
        return found

    return make


def test_the_overview_names_and_describes_and_each_synopsis_stands_alone(
    store_title: StoreTitle,
) -> None:
    title = store_title(
        original_title="ఈగ",
        original_language="te",
        names={"hi": "मक्खी"},
        year=2012,
        genres=["Fantasy", "Sci-Fi"],
        keywords=["revenge", "insect"],
        people=[{"name": "Nani"}],
        synopsis={"te": "ఈగ కథ.", "en": "A fly."},
    )
    assert document_texts(title) == [
        "ఈగ / मक्खी / Eega. 2012 Telugu movie, fantasy, science fiction. insect, revenge. A fly.",
        "A fly.",
        "ఈగ కథ.",
    ]


def test_people_stand_in_for_a_plot(store_title: StoreTitle) -> None:
    people = [{"name": f"Person {n}"} for n in range(8)] + [{"name": "Person 0", "job": "writer"}]
    (only,) = document_texts(store_title(people=people))
    assert only.endswith("Person 0, Person 1, Person 2, Person 3, Person 4, Person 5")


def test_a_title_of_which_only_the_name_is_known_has_a_text(store_title: StoreTitle) -> None:
    assert document_texts(store_title("96")) == ["96. movie"]


def test_a_long_plot_is_cut(store_title: StoreTitle) -> None:
    _, synopsis = document_texts(store_title(synopsis={"en": "x" * 5000}))
    assert len(synopsis) == MAX_SYNOPSIS_CHARACTERS


def test_the_digest_follows_the_text() -> None:
    assert text_hash(["a", "b"]) == text_hash(["a", "b"])
    assert len({text_hash(parts) for parts in (["a", "b"], ["ab"], ["b", "a"], ["a"], [])}) == 5


def test_a_documents_vector_is_the_mean_direction_of_its_parts() -> None:
    fake = FakeEmbedder()
    documents = [["one"], ["two", "a longer part", "three"], ["four", "five"]]
    found = embed_documents(fake, documents)
    for row, parts in zip(found, documents, strict=True):
        mean = fake.embed(parts, role="document").sum(axis=0)
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-6)


def test_many_parts_are_read_in_batches_and_come_back_in_order() -> None:
    documents = [[f"{number} " * (number % 7 + 1)] for number in range(2 * TEXTS_PER_BATCH + 3)]
    found = embed_documents(FakeEmbedder(), documents)
    wanted = FakeEmbedder().embed([parts[0] for parts in documents], role="document")
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_no_documents_have_no_rows() -> None:
    assert embed_documents(FakeEmbedder(), []).shape == (0, 8)
