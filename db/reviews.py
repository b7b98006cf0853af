"""What viewers wrote of titles."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from vocabulary.kinds import ReviewState

UPSERT_REVIEW = text(
    """
    INSERT INTO review AS own
        (viewer_id, title_id, text, language, spoiler, state, created_at, updated_at)
    VALUES (:viewer_id, :title_id, :text, :language, :spoiler, 'pending', now(), now())
    ON CONFLICT (viewer_id, title_id) DO UPDATE SET
        text = excluded.text, language = excluded.language, spoiler = excluded.spoiler,
        state = 'pending', updated_at = excluded.updated_at
    RETURNING id, (xmax = 0) AS new
    """
)
SELECT_REVIEWS = """
    SELECT r.id, r.viewer_id, r.title_id, a.name AS author, r.text, r.language, r.spoiler, r.state,
        r.created_at, r.updated_at, s.rating
    FROM review r LEFT JOIN account a USING (viewer_id)
        LEFT JOIN standing s USING (viewer_id, title_id)
"""
VISIBLE_TO_VIEWER = "r.title_id = :title_id AND (r.state = 'approved' OR r.viewer_id = :viewer_id)"
SELECT_BY_TITLE = text(
    f"{SELECT_REVIEWS} WHERE {VISIBLE_TO_VIEWER}"
    " ORDER BY (r.viewer_id = :viewer_id) DESC NULLS LAST, r.created_at DESC, r.id DESC LIMIT :limit OFFSET :offset"
)
COUNT_BY_TITLE = text(f"SELECT count(*) FROM review r WHERE {VISIBLE_TO_VIEWER}")  # noqa: S608  # ours
SELECT_BY_ID = text(f"{SELECT_REVIEWS} WHERE r.id = :id")
SELECT_BY_STATE = text(
    f"{SELECT_REVIEWS} WHERE r.state = :state"
    " ORDER BY r.updated_at, r.id LIMIT :limit OFFSET :offset"
)
COUNT_BY_STATE = text("SELECT count(*) FROM review WHERE state = :state")
DELETE_REVIEW = text("DELETE FROM review WHERE id = :id AND viewer_id = :viewer_id")
UPDATE_STATE = text(
    """
    UPDATE review SET state = :state
    WHERE id = :id AND (updated_at = :read_at OR CAST(:read_at AS timestamptz) IS NULL)
    """
)
UPDATE_VIEWER = text(
    """
    UPDATE review SET viewer_id = :into WHERE viewer_id = :visitor_id AND title_id NOT IN (
        SELECT title_id FROM review WHERE viewer_id = :into)
    """
)


class ReviewNotFound(LookupError):
    """There is no such review, or it is somebody else's."""

    def __init__(self, review_id: int) -> None:
        super().__init__(f"there is no review {review_id}, or it is not yours")
        self.review_id = review_id


class ReviewChanged(RuntimeError):
    """A review was changed after the curator had read it."""

    def __init__(self, review_id: int) -> None:
        super().__init__(f"review {review_id} was changed since you read it; read it again")
        self.review_id = review_id


class Review(NamedTuple):
    """A review and who wrote it; `rating` is what he gives the title, where he does."""

    id: int
    viewer_id: UUID
    title_id: int
    author: str | None
    text: str
    language: str | None
    spoiler: bool
    state: ReviewState
    created_at: datetime
    updated_at: datetime
    rating: float | None


class ReviewDraft(NamedTuple):
    """What somebody writes of a title."""

    title_id: int
    text: str
    language: str | None
    spoiler: bool


def put(session: Session, viewer_id: UUID, draft: ReviewDraft) -> tuple[int, bool]:
    """Store a review, in place of what the viewer wrote of the title before; it waits again.

    Returns its number and whether it is his first of the title; the viewer is held.
    """
    number, new = session.execute(UPSERT_REVIEW, {"viewer_id": viewer_id, **draft._asdict()}).one()
    return number, new


def list_by_title(
    session: Session, title_id: int, *, viewer_id: UUID | None, limit: int, offset: int
) -> tuple[list[Review], int]:
    """Return the reviews of a title that a viewer sees, his own first, then the latest; and all."""
    asked = {"title_id": title_id, "viewer_id": viewer_id}
    rows = session.execute(SELECT_BY_TITLE, {**asked, "limit": limit, "offset": offset})
    return [_to_review(row) for row in rows], session.execute(COUNT_BY_TITLE, asked).scalar_one()


def list_by_state(
    session: Session, state: ReviewState, *, limit: int, offset: int
) -> tuple[list[Review], int]:
    """Return the reviews in a state, those that wait longest first; and how many there are."""
    asked = {"state": state.value}
    rows = session.execute(SELECT_BY_STATE, {**asked, "limit": limit, "offset": offset})
    return [_to_review(row) for row in rows], session.execute(COUNT_BY_STATE, asked).scalar_one()


def get(session: Session, review_id: int) -> Review:
    """Return a review.

    Raises `ReviewNotFound`.
    """
    row = session.execute(SELECT_BY_ID, {"id": review_id}).one_or_none()
    if row is None:
        raise ReviewNotFound(review_id)
    return _to_review(row)


def set_state(
    session: Session, review_id: int, state: ReviewState, *, read_at: datetime | None
) -> None:
    """Set a review's state, if it is as it was when it was read.

    Raises `ReviewNotFound` and `ReviewChanged`.
    """
    asked = {"id": review_id, "state": state.value, "read_at": read_at}
    if not getattr(session.execute(UPDATE_STATE, asked), "rowcount", 0):
        get(session, review_id)
        raise ReviewChanged(review_id)


def delete(session: Session, viewer_id: UUID, review_id: int) -> None:
    """Delete a review of a viewer's own.

    Raises `ReviewNotFound`.
    """
    gone = session.execute(DELETE_REVIEW, {"viewer_id": viewer_id, "id": review_id})
    if not getattr(gone, "rowcount", 0):
        raise ReviewNotFound(review_id)


def move(session: Session, visitor_id: UUID, *, into: UUID) -> None:
    """Give a viewer's reviews to another, save those of titles that he wrote of himself."""
    session.execute(UPDATE_VIEWER, {"visitor_id": visitor_id, "into": into})


def _to_review(row: Sequence[object]) -> Review:
    return Review(*row)._replace(state=ReviewState(row[7]))  # type: ignore[arg-type]  # a row of `WRITTEN`
