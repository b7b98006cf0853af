"""Reviews: written by accounts, public once a curator has approved them."""

from fastapi import APIRouter, Response

from api.auth.identity import AccountIdentityDep, LenientIdentityDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES, problem_responses
from api.params import PaginationDep, TitleIdParam
from api.schemas.responses import ListResponse
from api.schemas.reviews import ReviewIdParam, ReviewRequest, ReviewResponse
from api.state import CatalogueViewDep, SessionDep
from db import reviews, viewer_lifecycle
from db.reviews import ReviewDraft
from db.titles import TitleNotFound

router = APIRouter(
    prefix="/api",
    tags=["reviews"],
    dependencies=[NO_STORE],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
)


@router.get(
    "/content/{id}/reviews",
    operation_id="reviews",
    responses=problem_responses({404: "There is no such title."}),
)
def list_title_reviews(
    id: TitleIdParam,
    identity: LenientIdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ReviewResponse]:
    """Return the approved reviews of a title, and the viewer's own in any state."""
    if id not in catalogue.titles:
        raise TitleNotFound(id)
    viewer_id = identity.id if identity else None
    page, total = reviews.list_by_title(
        session, id, viewer_id=viewer_id, limit=pagination.limit, offset=pagination.offset
    )
    return ListResponse[ReviewResponse](
        items=[
            ReviewResponse.from_review(review, own=review.viewer_id == viewer_id) for review in page
        ],
        total=total,
        limit=pagination.limit,
        offset=pagination.offset,
    )


@router.post(
    "/content/{id}/reviews",
    operation_id="review",
    responses={
        201: {"model": ReviewResponse, "description": "The user's first review of this title."},
        **problem_responses(
            {401: "Only accounts can write reviews.", 404: "There is no such title."}
        ),
    },
)
def post_review(
    id: TitleIdParam,
    body: ReviewRequest,
    identity: AccountIdentityDep,
    catalogue: CatalogueViewDep,
    session: SessionDep,
    response: Response,
) -> ReviewResponse:
    """Write or replace the user's review of a title; it is public once it is approved."""
    if id not in catalogue.titles:
        raise TitleNotFound(id)
    draft = ReviewDraft(id, body.text, body.language, body.spoiler)
    viewer_lifecycle.lock(session, identity.id)
    review_id, is_new = reviews.put(session, identity.id, draft)
    review = reviews.get(session, review_id)
    session.commit()
    response.status_code = 201 if is_new else 200
    return ReviewResponse.from_review(review, own=True)


@router.delete(
    "/user/reviews/{id}",
    status_code=204,
    operation_id="delete_review",
    responses=problem_responses({401: "Not signed in.", 404: "The user has no such review."}),
)
def delete_review(id: ReviewIdParam, identity: AccountIdentityDep, session: SessionDep) -> None:
    """Delete one of the user's reviews."""
    reviews.delete(session, identity.id, id)
    session.commit()
