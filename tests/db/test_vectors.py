from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import Session

from catalog.importer import Importer
from catalog.record import Record
from db import titles, vectors
from db.vectors import VectorRow
from vocabulary.kinds import Space

Vector = NDArray[np.float32]
MODEL_NAME = "fake-1"


@pytest.fixture
def title_ids(db_session: Session, make_record: Callable[..., Record]) -> list[int]:
    return Importer().store(db_session, [make_record(f"Title {n}") for n in range(4)]).created_ids


def unit_vector(seed: int, dim: int = 384) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(dim).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def to_half_precision(vector: Vector) -> Vector:
    return vector.astype(np.float16).astype(np.float32)


def read_stored(database: Session, ids: list[int], model: str) -> dict[int, Vector]:
    found = vectors.read(database, ids, {Space.CONTENT: model})
    return {title_id: vector for title_id, _, vector in found}


def test_a_stored_vector_has_half_precision(db_session: Session, title_ids: list[int]) -> None:
    rows = [
        VectorRow(title_id, f"hash {title_id}", unit_vector(title_id)) for title_id in title_ids
    ]
    vectors.store(db_session, rows, Space.CONTENT, MODEL_NAME)
    found = read_stored(db_session, title_ids, MODEL_NAME)
    assert list(found) == title_ids
    for row in rows:
        assert found[row.title_id].dtype == np.float32
        np.testing.assert_array_equal(found[row.title_id], to_half_precision(row.vector))
    hashes = vectors.text_hashes(db_session, title_ids, Space.CONTENT, MODEL_NAME)
    assert hashes == {title_id: f"hash {title_id}" for title_id in title_ids}


def test_storing_a_vector_replaces_the_older_one(db_session: Session, title_ids: list[int]) -> None:
    for seed, digest in ((1, "old"), (2, "new")):
        vectors.store(
            db_session,
            [VectorRow(title_ids[0], digest, unit_vector(seed))],
            Space.CONTENT,
            MODEL_NAME,
        )
    np.testing.assert_array_equal(
        read_stored(db_session, title_ids, MODEL_NAME)[title_ids[0]],
        to_half_precision(unit_vector(2)),
    )
    assert vectors.text_hashes(db_session, title_ids, Space.CONTENT, MODEL_NAME) == {
        title_ids[0]: "new"
    }
    assert vectors.count(db_session, Space.CONTENT, MODEL_NAME) == 1


def test_titles_without_a_vector_are_listed_in_pages(
    db_session: Session, title_ids: list[int]
) -> None:
    vectors.store(
        db_session, [VectorRow(title_ids[1], "", unit_vector(1))], Space.CONTENT, MODEL_NAME
    )
    vectors.store(
        db_session, [VectorRow(title_ids[0], "", unit_vector(1))], Space.COLLAB, MODEL_NAME
    )
    vectors.store(db_session, [VectorRow(title_ids[2], "", unit_vector(1))], Space.CONTENT, "other")
    wanted = [title_ids[0], title_ids[2], title_ids[3]]
    assert (
        vectors.ids_without_vector(
            db_session, Space.CONTENT, MODEL_NAME, limit=9, after=title_ids[0] - 1
        )
        == wanted
    )
    assert vectors.ids_without_vector(
        db_session, Space.CONTENT, MODEL_NAME, limit=1, after=title_ids[0]
    ) == [title_ids[2]]
    assert (
        vectors.ids_without_vector(
            db_session, Space.CONTENT, MODEL_NAME, limit=9, after=title_ids[3]
        )
        == []
    )


def test_models_and_spaces_never_mix(db_session: Session, title_ids: list[int]) -> None:
    title = title_ids[0]
    vectors.store(db_session, [VectorRow(title, "a", unit_vector(1))], Space.CONTENT, MODEL_NAME)
    vectors.store(
        db_session, [VectorRow(title, "b", unit_vector(2, dim=8))], Space.CONTENT, "other"
    )
    vectors.store(db_session, [VectorRow(title, "c", unit_vector(3, dim=16))], Space.COLLAB, "als")
    assert read_stored(db_session, title_ids, MODEL_NAME)[title].shape == (384,)
    assert read_stored(db_session, title_ids, "other")[title].shape == (8,)
    assert read_stored(db_session, title_ids, "als") == {}
    both = vectors.read(db_session, title_ids, {Space.CONTENT: MODEL_NAME, Space.COLLAB: "als"})
    assert {(space, len(vector)) for _, space, vector in both} == {
        (Space.CONTENT, 384),
        (Space.COLLAB, 16),
    }
    assert vectors.count(db_session, Space.CONTENT, MODEL_NAME) == 1
    assert vectors.count(db_session, Space.COLLAB, "als") == 1


def test_vectors_are_deleted_with_their_title(db_session: Session, title_ids: list[int]) -> None:
    vectors.store(
        db_session, [VectorRow(title_ids[0], "", unit_vector(1))], Space.CONTENT, MODEL_NAME
    )
    titles.remove(db_session, [title_ids[0]])
    db_session.flush()
    assert vectors.count(db_session, Space.CONTENT, MODEL_NAME) == 0


def test_storing_or_reading_nothing_is_not_an_error(db_session: Session) -> None:
    vectors.store(db_session, [], Space.CONTENT, MODEL_NAME)
    assert read_stored(db_session, [], MODEL_NAME) == {}
    assert list(vectors.read(db_session, [1], {})) == []
