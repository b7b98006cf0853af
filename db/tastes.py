"""Tastes as they are kept: numbers as JSON, vectors as bytes; `viewers.taste_codec` reads them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session

from vocabulary.kinds import Space

READ = text(
    """
    SELECT model, numbers, vectors, updated_at FROM taste
    WHERE viewer_id = :viewer_id AND space = :space
    """
)
STORE = text(
    """
    INSERT INTO taste (viewer_id, space, model, numbers, vectors, updated_at)
    VALUES (:viewer_id, :space, :model, :numbers, :vectors, :updated_at)
    ON CONFLICT (viewer_id, space) DO UPDATE SET model = excluded.model,
        numbers = excluded.numbers, vectors = excluded.vectors, updated_at = excluded.updated_at
    """
).bindparams(bindparam("numbers", type_=JSONB))
CLEAR = text("DELETE FROM taste WHERE viewer_id = :viewer_id AND space = :space")


@dataclass(frozen=True, slots=True)
class Kept:
    """A taste, of the vectors of one model."""

    model: str
    numbers: dict[str, Any]
    vectors: bytes
    updated_at: datetime


def read(session: Session, viewer_id: UUID, space: Space) -> Kept | None:
    """Return a viewer's taste."""
    row = session.execute(READ, {"viewer_id": viewer_id, "space": space}).one_or_none()
    return None if row is None else Kept(*row)


def store(session: Session, viewer_id: UUID, space: Space, kept: Kept) -> None:
    """Write a viewer's taste over the one before."""
    session.execute(
        STORE,
        {
            "viewer_id": viewer_id,
            "space": space,
            "model": kept.model,
            "numbers": kept.numbers,
            "vectors": kept.vectors,
            "updated_at": kept.updated_at,
        },
    )


def clear(session: Session, viewer_id: UUID, space: Space) -> None:
    """Delete a viewer's taste."""
    session.execute(CLEAR, {"viewer_id": viewer_id, "space": space})
