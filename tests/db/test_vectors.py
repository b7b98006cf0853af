from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import Session

from catalog.importer import Importer
from catalog.record import Record
from db import titles, vectors
from db.vectors import Row
from vocabulary.kinds import Space

Vector = NDArray[np.float32]
MODEL = "fake-1"


@pytest.fixture
def ids(database: Session, record: Callable[..., Record]) -> list[int]:
    return Importer().store(database, [record(f"Title {n}") for n in range(4)]).created


def unit(seed: int, dim: int = 384) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(dim).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def halved(vector: Vector) -> Vector:
    return vector.astype(np.float16).astype(np.float32)


def stored(database: Session, ids: list[int], model: str) -> dict[int, Vector]:
    found = vectors.read(database, ids, {Space.CONTENT: model})
    return {title_id: vector for title_id, _, vector in found}


def test_a_vector_comes_back_as_half_precision_has_it(database: Session, ids: list[int]) -> None:
    rows = [Row(title_id, f"hash {title_id}", unit(title_id)) for title_id in ids]
    vectors.store(database, rows, Space.CONTENT, MODEL)
    found = stored(database, ids, MODEL)
    assert list(found) == ids
    for row in rows:
        assert found[row.title_id].dtype == np.float32
        np.testing.assert_array_equal(found[row.title_id], halved(row.vector))
    hashes = vectors.text_hashes(database, ids, Space.CONTENT, MODEL)
    assert hashes == {title_id: f"hash {title_id}" for title_id in ids}


def test_a_vector_is_written_over_the_older_one(database: Session, ids: list[int]) -> None:
    for seed, digest in ((1, "old"), (2, "new")):
        vectors.store(database, [Row(ids[0], digest, unit(seed))], Space.CONTENT, MODEL)
    np.testing.assert_array_equal(stored(database, ids, MODEL)[ids[0]], halved(unit(2)))
    assert vectors.text_hashes(database, ids, Space.CONTENT, MODEL) == {ids[0]: "new"}
    assert vectors.count(database, Space.CONTENT, MODEL) == 1


def test_what_a_model_has_not_embedded_is_missing_page_by_page(
    database: Session, ids: list[int]
) -> None:
    vectors.store(database, [Row(ids[1], "", unit(1))], Space.CONTENT, MODEL)
    vectors.store(database, [Row(ids[0], "", unit(1))], Space.COLLAB, MODEL)
    vectors.store(database, [Row(ids[2], "", unit(1))], Space.CONTENT, "other")
    wanted = [ids[0], ids[2], ids[3]]
    assert vectors.missing(database, Space.CONTENT, MODEL, limit=9, after=ids[0] - 1) == wanted
    assert vectors.missing(database, Space.CONTENT, MODEL, limit=1, after=ids[0]) == [ids[2]]
    assert vectors.missing(database, Space.CONTENT, MODEL, limit=9, after=ids[3]) == []


def test_models_and_spaces_never_mix(database: Session, ids: list[int]) -> None:
    title = ids[0]
    vectors.store(database, [Row(title, "a", unit(1))], Space.CONTENT, MODEL)
    vectors.store(database, [Row(title, "b", unit(2, dim=8))], Space.CONTENT, "other")
    vectors.store(database, [Row(title, "c", unit(3, dim=16))], Space.COLLAB, "als")
    assert stored(database, ids, MODEL)[title].shape == (384,)
    assert stored(database, ids, "other")[title].shape == (8,)
    assert stored(database, ids, "als") == {}
    both = vectors.read(database, ids, {Space.CONTENT: MODEL, Space.COLLAB: "als"})
    assert {(space, len(vector)) for _, space, vector in both} == {
        (Space.CONTENT, 384),
        (Space.COLLAB, 16),
    }
    vectors.drop_other_models(database, Space.CONTENT, MODEL)
    assert stored(database, ids, "other") == {}
    assert vectors.count(database, Space.CONTENT, MODEL) == 1
    assert vectors.count(database, Space.COLLAB, "als") == 1


def test_vectors_go_with_their_title(database: Session, ids: list[int]) -> None:
    vectors.store(database, [Row(ids[0], "", unit(1))], Space.CONTENT, MODEL)
    titles.remove(database, [ids[0]])
    database.flush()
    assert vectors.count(database, Space.CONTENT, MODEL) == 0


def test_nothing_to_store_or_read_is_no_error(database: Session) -> None:
    vectors.store(database, [], Space.CONTENT, MODEL)
    assert stored(database, [], MODEL) == {}
    assert list(vectors.read(database, [1], {})) == []
