"""Stored tastes: numbers as JSON, vectors as bytes; `viewers.taste_codec` encodes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session

from vocabulary.kinds import Space

SELECT_TASTE = text(
    """
    SELECT model, numbers, vectors, updated_at FROM taste
    WHERE viewer_id = :viewer_id AND space = :space
    """
)
UPSERT_TASTE = text(
    """
    INSERT INTO taste (viewer_id, space, model, numbers, vectors, updated_at)
    VALUES (:viewer_id, :space, :model, :numbers, :vectors, :updated_at)
    ON CONFLICT (viewer_id, space) DO UPDATE SET model = excluded.model,
        numbers = excluded.numbers, vectors = excluded.vectors, updated_at = excluded.updated_at
    """
).bindparams(bindparam("numbers", type_=JSONB))
DELETE_TASTE = text("DELETE FROM taste WHERE viewer_id = :viewer_id AND space = :space")


@dataclass(frozen=True, slots=True)
class StoredTaste:
    """A taste in the vectors of one model."""

    model: str
    numbers: dict[str, Any]
    vectors: bytes
    updated_at: datetime


def read(session: Session, viewer_id: UUID, space: Space) -> StoredTaste | None:
    """Return a viewer's taste."""
    row = session.execute(SELECT_TASTE, {"viewer_id": viewer_id, "space": space}).one_or_none()
    return None if row is None else StoredTaste(*row)


def store(session: Session, viewer_id: UUID, space: Space, taste: StoredTaste) -> None:
    """Replace a viewer's taste."""
    session.execute(
        UPSERT_TASTE,
        {
            "viewer_id": viewer_id,
            "space": space,
            "model": taste.model,
            "numbers": taste.numbers,
            "vectors": taste.vectors,
            "updated_at": taste.updated_at,
        },
    )


def delete(session: Session, viewer_id: UUID, space: Space) -> None:
    """Delete a viewer's taste."""
    session.execute(DELETE_TASTE, {"viewer_id": viewer_id, "space": space})
