"""Queries over reviews."""

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
    " ORDER BY (r.viewer_id = :viewer_id) DESC NULLS LAST, r.created_at DESC, r.id DESC"
    " LIMIT :limit OFFSET :offset"
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
    """The review does not exist or belongs to another viewer."""

    def __init__(self, review_id: int) -> None:
        super().__init__(f"review {review_id} does not exist or is not yours")
        self.review_id = review_id


class ReviewChanged(RuntimeError):
    """A review changed after the curator read it."""

    def __init__(self, review_id: int) -> None:
        super().__init__(f"review {review_id} changed after you read it; reload it")
        self.review_id = review_id


class Review(NamedTuple):
    """A review and its author; `rating` is the author's rating of the title, if any."""

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
    """A review before it is stored."""

    title_id: int
    text: str
    language: str | None
    spoiler: bool


def put(session: Session, viewer_id: UUID, draft: ReviewDraft) -> tuple[int, bool]:
    """Store a review over the viewer's earlier one of the title; it is pending again.

    Returns its id and whether it is the viewer's first of the title. The caller holds the viewer's
    lock.
    """
    number, new = session.execute(UPSERT_REVIEW, {"viewer_id": viewer_id, **draft._asdict()}).one()
    return number, new


def list_by_title(
    session: Session, title_id: int, *, viewer_id: UUID | None, limit: int, offset: int
) -> tuple[list[Review], int]:
    """Return a page of the reviews that a viewer sees, their own first; and the total."""
    parameters = {"title_id": title_id, "viewer_id": viewer_id}
    rows = session.execute(SELECT_BY_TITLE, {**parameters, "limit": limit, "offset": offset})
    return [_to_review(row) for row in rows], session.execute(
        COUNT_BY_TITLE, parameters
    ).scalar_one()


def list_by_state(
    session: Session, state: ReviewState, *, limit: int, offset: int
) -> tuple[list[Review], int]:
    """Return a page of the reviews in a state, the oldest first; and the total."""
    parameters = {"state": state.value}
    rows = session.execute(SELECT_BY_STATE, {**parameters, "limit": limit, "offset": offset})
    return [_to_review(row) for row in rows], session.execute(
        COUNT_BY_STATE, parameters
    ).scalar_one()


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
    """Set a review's state, unless the review changed after `read_at`.

    Raises `ReviewNotFound` and `ReviewChanged`.
    """
    parameters = {"id": review_id, "state": state.value, "read_at": read_at}
    if not getattr(session.execute(UPDATE_STATE, parameters), "rowcount", 0):
        get(session, review_id)
        raise ReviewChanged(review_id)


def delete(session: Session, viewer_id: UUID, review_id: int) -> None:
    """Delete a viewer's own review.

    Raises `ReviewNotFound`.
    """
    result = session.execute(DELETE_REVIEW, {"viewer_id": viewer_id, "id": review_id})
    if not getattr(result, "rowcount", 0):
        raise ReviewNotFound(review_id)


def move(session: Session, visitor_id: UUID, *, into: UUID) -> None:
    """Move a visitor's reviews to another viewer, except of titles that the other has reviewed."""
    session.execute(UPDATE_VIEWER, {"visitor_id": visitor_id, "into": into})


def _to_review(row: Sequence[object]) -> Review:
    return Review(*row)._replace(state=ReviewState(row[7]))  # type: ignore[arg-type]  # a row of `SELECT_REVIEWS`
