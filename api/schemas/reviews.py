"""JSON of reviews, and what makes their text valid."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.schemas.responses import ResponseModel
from catalog import languages
from db.reviews import Review
from vocabulary.ids import MAX_TITLE_ID
from vocabulary.kinds import ReviewState

MIN_REVIEW_CHARACTERS, MAX_REVIEW_CHARACTERS = 10, 5000
HTML_TAG = re.compile(r"<[/!?]?[a-zA-Z][^<>]*>")

ReviewIdParam = Annotated[int, Path(ge=1, le=MAX_TITLE_ID, examples=[1])]


def _plain_text(text: str) -> str:
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in plain):
        raise ValueError("plain text only: it contains control characters")
    if HTML_TAG.search(plain):
        raise ValueError("plain text only: it contains HTML")
    if len(plain) < MIN_REVIEW_CHARACTERS:
        raise ValueError(f"write at least {MIN_REVIEW_CHARACTERS} characters")
    return plain


def _canonical_language(text: str) -> str:
    language = languages.canonical_language(text)
    if language is None:
        raise ValueError("give the ISO 639 code of a language, such as te, ta or hi")
    return language


class ReviewRequest(BaseModel):
    """A review to store."""

    text: Annotated[str, Field(max_length=MAX_REVIEW_CHARACTERS), AfterValidator(_plain_text)] = (
        Field(
            description=f"plain text of {MIN_REVIEW_CHARACTERS} to {MAX_REVIEW_CHARACTERS} "
            "characters",
            examples=["A fly takes revenge, and you are on its side."],
        )
    )
    language: Annotated[str, Field(max_length=10), AfterValidator(_canonical_language)] | None = (
        None
    )
    spoiler: bool = False


class ReviewResponse(ResponseModel):
    """A review; `state` is `approved` unless it is the viewer's own."""

    id: int
    content_id: int
    author: str | None
    text: str
    language: str | None
    spoiler: bool
    state: ReviewState
    rating: float | None = Field(description="its author's rating of the title, 0.5 to 5 stars")
    own: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_review(cls, review: Review, *, own: bool = False) -> "ReviewResponse":
        """Return the response for a review."""
        return cls(
            id=review.id,
            content_id=review.title_id,
            author=review.author,
            text=review.text,
            language=review.language,
            spoiler=review.spoiler,
            state=review.state,
            rating=review.rating,
            own=own,
            created_at=review.created_at,
            updated_at=review.updated_at,
        )


class ReviewStateRequest(BaseModel):
    """A curator's decision; with `updated_at`, it fails if the review was changed since."""

    state: ReviewState
    updated_at: AwareDatetime | None = None
