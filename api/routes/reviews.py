"""Reviews: written by who has an account, read by all once a curator has approved them."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.auth.consent import NO_STORE
from api.auth.identity import AccountIdentityDep, LenientIdentityDep
from api.errors import TitleNotFound
from api.params import REQUIRE_CURATOR, CatalogueViewDep, PaginationDep, ResourcesDep, SessionDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES, TitleIdParam
from api.schemas.titles import ListResponse, Problem, ResponseModel
from catalog import languages
from db import reviews, viewer_lifecycle
from db.engine import open_session
from db.reviews import Review, ReviewDraft
from vocabulary.ids import MAX_TITLE_ID
from vocabulary.kinds import ReviewState

MIN_REVIEW_CHARACTERS, MAX_REVIEW_CHARACTERS = 10, 5000  # characters
HTML_TAG = re.compile(r"<[/!?]?[a-zA-Z][^<>]*>")

router = APIRouter(prefix="/api", tags=["reviews"], dependencies=[NO_STORE])
admin_router = APIRouter(
    prefix="/api/admin/reviews",
    tags=["admin"],
    dependencies=[REQUIRE_CURATOR, NO_STORE],
    responses={
        403: {"model": Problem, "description": "Only for curators and administrators."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)

ReviewIdParam = Annotated[int, Path(ge=1, le=MAX_TITLE_ID, examples=[1])]


def _plain_text(text: str) -> str:
    """Return a text without what is no part of one: odd ends of lines, invisible controls."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in plain):
        raise ValueError("plain text only: it holds control characters")
    if HTML_TAG.search(plain):
        raise ValueError("plain text only: it holds HTML")
    if len(plain) < MIN_REVIEW_CHARACTERS:
        raise ValueError(f"write at least {MIN_REVIEW_CHARACTERS} characters")
    return plain


def _check_language(text: str) -> str:
    found = languages.canonical_language(text)
    if found is None:
        raise ValueError("give an ISO 639 code of a language, such as te, ta or hi")
    return found


class ReviewRequest(BaseModel):
    """What somebody writes of a title."""

    text: Annotated[str, Field(max_length=MAX_REVIEW_CHARACTERS), AfterValidator(_plain_text)] = (
        Field(
            description=f"plain text of {MIN_REVIEW_CHARACTERS} to {MAX_REVIEW_CHARACTERS} characters",
            examples=["A fly takes revenge, and you are on its side."],
        )
    )
    language: Annotated[str, Field(max_length=10), AfterValidator(_check_language)] | None = None
    spoiler: bool = False


class ReviewResponse(ResponseModel):
    """A review; `state` is `approved` unless it is one's own."""

    id: int
    content_id: int
    author: str | None
    text: str
    language: str | None
    spoiler: bool
    state: ReviewState
    rating: float | None = Field(description="stars that its author gives the title, 0.5 to 5")
    own: bool
    created_at: datetime
    updated_at: datetime


class ReviewStateRequest(BaseModel):
    """What a curator decides; with `updated_at` as he read it, nothing he did not read passes."""

    state: ReviewState
    updated_at: AwareDatetime | None = None


@router.get(
    "/content/{id}/reviews",
    operation_id="reviews",
    responses={
        404: {"model": Problem, "description": "There is no such title."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def list_title_reviews(
    id: TitleIdParam,  # the contract's name
    identity: LenientIdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ReviewResponse]:
    """Return what was written of a title and approved, and one's own in whatever state."""
    if id not in catalogue.titles:
        raise TitleNotFound(id)
    viewer_id = identity.id if identity else None
    found, total = reviews.list_by_title(
        session, id, viewer_id=viewer_id, limit=pagination.limit, offset=pagination.offset
    )
    items = [_review_response(each, own=each.viewer_id == viewer_id) for each in found]
    return ListResponse[ReviewResponse](
        items=items, total=total, limit=pagination.limit, offset=pagination.offset
    )


@router.post(
    "/content/{id}/reviews",
    operation_id="review",
    responses={
        201: {"model": ReviewResponse, "description": "The first of this title."},
        401: {"model": Problem, "description": "Only who has an account writes reviews."},
        404: {"model": Problem, "description": "There is no such title."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def post_review(
    id: TitleIdParam,  # the contract's name
    body: ReviewRequest,
    identity: AccountIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    response: Response,
) -> ReviewResponse:
    """Write of a title, in place of what one wrote before; others see it once it is approved."""
    if id not in catalogue.titles:
        raise TitleNotFound(id)
    said = ReviewDraft(id, body.text, body.language, body.spoiler)
    with open_session(resources.engine) as writing:
        viewer_lifecycle.lock(writing, identity.id)
        number, new = reviews.put(writing, identity.id, said)
        written = reviews.get(writing, number)
        writing.commit()
    response.status_code = 201 if new else 200
    return _review_response(written, own=True)


@router.delete(
    "/user/reviews/{id}",
    status_code=204,
    operation_id="delete_review",
    responses={
        401: {"model": Problem, "description": "Not signed in."},
        404: {"model": Problem, "description": "There is no such review of one's own."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def delete_review(
    id: ReviewIdParam,  # the contract's name
    identity: AccountIdentityDep,
    resources: ResourcesDep,
) -> None:
    """Delete a review of one's own."""
    with open_session(resources.engine) as writing:
        reviews.delete(writing, identity.id, id)
        writing.commit()


@admin_router.get("", operation_id="admin_reviews")
def list_reviews_by_state(
    session: SessionDep, pagination: PaginationDep, state: ReviewState = ReviewState.PENDING
) -> ListResponse[ReviewResponse]:
    """Return the reviews in a state, those that wait longest first."""
    found, total = reviews.list_by_state(
        session, state, limit=pagination.limit, offset=pagination.offset
    )
    items = [_review_response(each) for each in found]
    return ListResponse[ReviewResponse](
        items=items, total=total, limit=pagination.limit, offset=pagination.offset
    )


@admin_router.patch(
    "/{id}",
    operation_id="admin_review",
    responses={
        404: {"model": Problem, "description": "There is no such review."},
        409: {"model": Problem, "description": "It was changed since it was read."},
    },
)
def set_review_state(
    id: ReviewIdParam,  # the contract's name
    body: ReviewStateRequest,
    resources: ResourcesDep,
) -> ReviewResponse:
    """Approve a review, reject it, or have it wait again."""
    with open_session(resources.engine) as writing:
        reviews.set_state(writing, id, body.state, read_at=body.updated_at)
        written = reviews.get(writing, id)
        writing.commit()
    return _review_response(written)


def _review_response(review: Review, *, own: bool = False) -> ReviewResponse:
    told = {name: value for name, value in review._asdict().items() if name != "viewer_id"}
    return ReviewResponse(content_id=told.pop("title_id"), own=own, **told)
