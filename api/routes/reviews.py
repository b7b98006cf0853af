"""Reviews: written by who has an account, read by all once a curator has approved them."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.auth.consent import PersonalDep
from api.auth.identity import AccountIdentityDep, LenientIdentityDep
from api.errors import TitleNotFound
from api.params import REQUIRE_CURATOR, CatalogueViewDep, PaginationDep, ResourcesDep, SessionDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES, MAX_TITLE_ID, TitleIdParam
from api.schemas.titles import ListResponse, Problem, ResponseModel
from catalog import languages
from db import reviews, viewer_lifecycle
from db.engine import open_session
from db.reviews import Review, ReviewDraft
from vocabulary.kinds import ReviewState

FEWEST, MOST = 10, 5000  # characters
TAG = re.compile(r"<[/!?]?[a-zA-Z][^<>]*>")

router = APIRouter(prefix="/api", tags=["reviews"], dependencies=[PersonalDep])
moderation = APIRouter(
    prefix="/api/admin/reviews",
    tags=["admin"],
    dependencies=[REQUIRE_CURATOR, PersonalDep],
    responses={
        403: {"model": Problem, "description": "Only for curators and administrators."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)

ReviewIdPath = Annotated[int, Path(ge=1, le=MAX_TITLE_ID, examples=[1])]


def _plain(text: str) -> str:
    """Return a text without what is no part of one: odd ends of lines, invisible controls."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in plain):
        raise ValueError("plain text only: it holds control characters")
    if TAG.search(plain):
        raise ValueError("plain text only: it holds HTML")
    if len(plain) < FEWEST:
        raise ValueError(f"write at least {FEWEST} characters")
    return plain


def _language(text: str) -> str:
    found = languages.canonical_language(text)
    if found is None:
        raise ValueError("give an ISO 639 code of a language, such as te, ta or hi")
    return found


class ReviewPosted(BaseModel):
    """What somebody writes of a title."""

    text: Annotated[str, Field(max_length=MOST), AfterValidator(_plain)] = Field(
        description=f"plain text of {FEWEST} to {MOST} characters",
        examples=["A fly takes revenge, and you are on its side."],
    )
    language: Annotated[str, Field(max_length=10), AfterValidator(_language)] | None = None
    spoiler: bool = False


class ReviewShown(ResponseModel):
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


class Judgement(BaseModel):
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
def of_title(
    id: TitleIdParam,  # noqa: A002  # the contract's name
    asking: LenientIdentityDep,
    live: CatalogueViewDep,
    page: PaginationDep,
    reading: SessionDep,
) -> ListResponse[ReviewShown]:
    """Return what was written of a title and approved, and one's own in whatever state."""
    if id not in live.listings:
        raise TitleNotFound(id)
    viewer_id = asking.id if asking else None
    found, total = reviews.list_by_title(
        reading, id, viewer_id=viewer_id, limit=page.limit, offset=page.offset
    )
    items = [_shown(each, own=each.viewer_id == viewer_id) for each in found]
    return ListResponse[ReviewShown](items=items, total=total, limit=page.limit, offset=page.offset)


@router.post(
    "/content/{id}/reviews",
    operation_id="review",
    responses={
        201: {"model": ReviewShown, "description": "The first of this title."},
        401: {"model": Problem, "description": "Only who has an account writes reviews."},
        404: {"model": Problem, "description": "There is no such title."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def write(
    id: TitleIdParam,  # noqa: A002  # the contract's name
    posted: ReviewPosted,
    asking: AccountIdentityDep,
    live: CatalogueViewDep,
    resources: ResourcesDep,
    response: Response,
) -> ReviewShown:
    """Write of a title, in place of what one wrote before; others see it once it is approved."""
    if id not in live.listings:
        raise TitleNotFound(id)
    said = ReviewDraft(id, posted.text, posted.language, posted.spoiler)
    with open_session(resources.engine) as writing:
        viewer_lifecycle.lock(writing, asking.id)
        number, new = reviews.put(writing, asking.id, said)
        written = reviews.get(writing, number)
        writing.commit()
    response.status_code = 201 if new else 200
    return _shown(written, own=True)


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
def delete(
    id: ReviewIdPath,  # noqa: A002  # the contract's name
    asking: AccountIdentityDep,
    resources: ResourcesDep,
) -> None:
    """Delete a review of one's own."""
    with open_session(resources.engine) as writing:
        reviews.delete(writing, asking.id, id)
        writing.commit()


@moderation.get("", operation_id="admin_reviews")
def waiting(
    reading: SessionDep, page: PaginationDep, state: ReviewState = ReviewState.PENDING
) -> ListResponse[ReviewShown]:
    """Return the reviews in a state, those that wait longest first."""
    found, total = reviews.list_by_state(reading, state, limit=page.limit, offset=page.offset)
    items = [_shown(each) for each in found]
    return ListResponse[ReviewShown](items=items, total=total, limit=page.limit, offset=page.offset)


@moderation.patch(
    "/{id}",
    operation_id="admin_review",
    responses={
        404: {"model": Problem, "description": "There is no such review."},
        409: {"model": Problem, "description": "It was changed since it was read."},
    },
)
def judge(
    id: ReviewIdPath,  # noqa: A002  # the contract's name
    judgement: Judgement,
    resources: ResourcesDep,
) -> ReviewShown:
    """Approve a review, reject it, or have it wait again."""
    with open_session(resources.engine) as writing:
        reviews.set_state(writing, id, judgement.state, read_at=judgement.updated_at)
        written = reviews.get(writing, id)
        writing.commit()
    return _shown(written)


def _shown(written: Review, *, own: bool = False) -> ReviewShown:
    told = {name: value for name, value in written._asdict().items() if name != "viewer_id"}
    return ReviewShown(content_id=told.pop("title_id"), own=own, **told)
