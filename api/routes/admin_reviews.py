"""Moderation of reviews by curators."""

from fastapi import APIRouter

from api.auth.authorization import REQUIRE_CURATOR
from api.caching import NO_STORE
from api.openapi import CURATOR_RESPONSES, DATABASE_UNAVAILABLE_RESPONSES, problem_responses
from api.params import PaginationDep
from api.schemas.responses import ListResponse
from api.schemas.reviews import ReviewIdParam, ReviewResponse, ReviewStateRequest
from api.state import SessionDep
from db import reviews
from vocabulary.kinds import ReviewState

router = APIRouter(
    prefix="/api/admin/reviews",
    tags=["admin"],
    dependencies=[REQUIRE_CURATOR, NO_STORE],
    responses=CURATOR_RESPONSES | DATABASE_UNAVAILABLE_RESPONSES,
)


@router.get("", operation_id="admin_reviews")
def list_reviews_by_state(
    session: SessionDep, pagination: PaginationDep, state: ReviewState = ReviewState.PENDING
) -> ListResponse[ReviewResponse]:
    """Return the reviews in a state, the longest waiting first."""
    page, total = reviews.list_by_state(
        session, state, limit=pagination.limit, offset=pagination.offset
    )
    return ListResponse[ReviewResponse](
        items=[ReviewResponse.from_review(review) for review in page],
        total=total,
        limit=pagination.limit,
        offset=pagination.offset,
    )


@router.patch(
    "/{id}",
    operation_id="admin_review",
    responses=problem_responses(
        {404: "There is no such review.", 409: "It was changed since the curator read it."}
    ),
)
def set_review_state(
    id: ReviewIdParam, body: ReviewStateRequest, session: SessionDep
) -> ReviewResponse:
    """Approve a review, reject it, or make it pending again."""
    reviews.set_state(session, id, body.state, read_at=body.updated_at)
    review = reviews.get(session, id)
    session.commit()
    return ReviewResponse.from_review(review)
