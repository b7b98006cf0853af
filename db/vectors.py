"""Queries over the vectors of titles."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from db.tables.titles import Title, TitleVector
from vocabulary.kinds import Space

VECTOR_HEADER_BYTES = 4  # of pgvector's binary form: the dimension and a reserved word

SELECT_VECTORS = text(
    """
    SELECT title_id, space, halfvec_send(vector) AS packed FROM title_vector
    WHERE title_id = ANY(:ids) AND (space, model) IN (
        SELECT * FROM unnest(CAST(:spaces AS text[]), CAST(:models AS text[])))
    """
)


@dataclass(frozen=True, slots=True)
class VectorRow:
    """A vector to store, with the digest of its text."""

    title_id: int
    text_hash: str
    vector: NDArray[np.float32]  # (d,), unit length


def read(
    session: Session, ids: Sequence[int], models: dict[Space, str]
) -> Iterator[tuple[int, Space, NDArray[np.float32]]]:
    """Yield the titles' vectors in each space, of the model given for it."""
    rows = session.execute(
        SELECT_VECTORS,
        {
            "ids": list(ids),
            "spaces": [space.value for space in models],
            "models": list(models.values()),
        },
    )
    for title_id, space, packed in rows:
        # Big-endian on the wire (pgvector, src/halfvec.c, halfvec_send).
        yield (
            title_id,
            Space(space),
            np.frombuffer(packed, ">f2", offset=VECTOR_HEADER_BYTES).astype(np.float32),
        )


def text_hashes(session: Session, ids: Sequence[int], space: Space, model: str) -> dict[int, str]:
    """Return the digests of the texts that titles' vectors were made from."""
    query = select(TitleVector.title_id, TitleVector.text_hash).where(
        col(TitleVector.title_id).in_(ids),
        TitleVector.space == space,
        TitleVector.model == model,
    )
    return dict(session.exec(query).all())


def ids_without_vector(
    session: Session, space: Space, model: str, *, limit: int, after: int = 0
) -> list[int]:
    """Return the next titles after an id that the model has not embedded, in order."""
    has = select(TitleVector.title_id).where(
        TitleVector.title_id == Title.id, TitleVector.space == space, TitleVector.model == model
    )
    query = (
        select(Title.id)
        .where(col(Title.id) > after, ~has.exists())
        .order_by(col(Title.id))
        .limit(limit)
    )
    return [number for number in session.exec(query) if number is not None]


def count(session: Session, space: Space, model: str) -> int:
    """Return how many titles the model has embedded."""
    query = select(func.count()).where(TitleVector.space == space, TitleVector.model == model)
    return session.exec(query).one()


def store(session: Session, rows: Iterable[VectorRow], space: Space, model: str) -> None:
    """Write vectors, rounded to half precision, over those of the same titles, space and model."""
    values = [
        {
            "title_id": row.title_id,
            "space": space,
            "model": model,
            "text_hash": row.text_hash,
            "vector": row.vector,
        }
        for row in sorted(rows, key=lambda row: row.title_id)
    ]
    if not values:
        return
    statement = insert(TitleVector)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["title_id", "space", "model"],
            set_={"vector": statement.excluded.vector, "text_hash": statement.excluded.text_hash},
        ),
        values,
    )
