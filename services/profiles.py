"""A viewer's profile: validation, replacing it, and deleting everything about a viewer."""

import unicodedata
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from sqlalchemy import Engine
from sqlmodel import Session

from catalog import genres, languages, regions
from db import profiles, viewer_lifecycle
from db.engine import open_session
from db.profiles import ViewerProfile
from runtime.search_log import SearchLog
from services.feed_metrics import FeedMetrics
from viewers.accounts import MAX_ACCOUNT_NAME_CHARACTERS

MIN_BIRTH_YEAR = 1900
MAX_GENRE_CHARACTERS = 100
MAX_PROFILE_LANGUAGES = 50
DISPLAY_LANGUAGES = ("en", *languages.HOME_LANGUAGES)  # of the reasons


def _check_language(text: str) -> str:
    code = languages.canonical_language(text)
    if code is None:
        raise ValueError(f"{text!r} is not an ISO 639 language code such as te, ta or hi")
    return code


def _check_display_language(text: str) -> str:
    if languages.normalise_code(text) not in DISPLAY_LANGUAGES:
        raise ValueError(f"must be one of {', '.join(DISPLAY_LANGUAGES)}")
    return languages.normalise_code(text)


def _check_region(text: str) -> str:
    region = regions.canonical_region(text)
    if region is None:
        raise ValueError("not an ISO 3166 region such as IN, IN-TG or US")
    return region


def _check_birth_year(year: int) -> int:
    this_year = datetime.now(UTC).year
    if not MIN_BIRTH_YEAR <= year <= this_year:
        raise ValueError(f"give a year from {MIN_BIRTH_YEAR} to {this_year}")
    return year


def _genre_slugs(names: Iterable[str]) -> list[str]:
    slugs: list[str] = []
    for name in names:
        known = [slug for slug in genres.canonical_slugs(name) if slug in genres.GENRES]
        if not known:
            raise ValueError(f"{name!r} is not a known genre")
        slugs += known
    return list(dict.fromkeys(slugs))


def _check_name(text: str) -> str | None:
    plain = unicodedata.normalize("NFC", text).strip()
    if not plain.isprintable():
        raise ValueError("a name must be one line of printable characters")
    return plain or None


def _equal_weights(value: object) -> object:
    """Give a plain list of codes equal weights."""
    return dict.fromkeys(map(str, value), 1.0) if isinstance(value, list) else value


def _canonical_weights(weights: dict[str, float]) -> dict[str, float]:
    by_code: dict[str, float] = {}
    for text, weight in weights.items():
        code = _check_language(text)
        by_code[code] = max(weight, by_code.get(code, 0.0))
    return by_code


LanguageWeight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
GenreNames = Annotated[
    list[Annotated[str, Field(max_length=MAX_GENRE_CHARACTERS)]],
    Field(max_length=len(genres.GENRES)),
    AfterValidator(_genre_slugs),
]


class ProfileUpdate(BaseModel):
    """All preferences of a viewer; a field that is left out is reset."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Asha",
                    "birth_year": 1990,
                    "region": "IN-TG",
                    "display_language": "te",
                    "languages": {"te": 1.0, "hi": 0.5},
                    "favourite_genres": ["thriller"],
                    "disliked_genres": ["horror"],
                    "personal_search": True,
                }
            ]
        }
    )

    name: (
        Annotated[str, Field(max_length=MAX_ACCOUNT_NAME_CHARACTERS), AfterValidator(_check_name)]
        | None
    ) = Field(None, description="of an account; visitors have none")
    birth_year: Annotated[int, AfterValidator(_check_birth_year)] | None = None
    region: Annotated[str, Field(max_length=10), AfterValidator(_check_region)] | None = Field(
        None, description="ISO 3166 country or Indian state"
    )
    display_language: (
        Annotated[str, Field(max_length=10), AfterValidator(_check_display_language)] | None
    ) = Field(None, description="language of the reasons: " + ", ".join(DISPLAY_LANGUAGES))
    languages: Annotated[
        dict[str, LanguageWeight],
        Field(max_length=MAX_PROFILE_LANGUAGES),
        BeforeValidator(_equal_weights),
        AfterValidator(_canonical_weights),
    ] = Field({}, description="ISO 639-1 code to weight, 0 to 1, or a list of codes")
    favourite_genres: GenreNames = []
    disliked_genres: GenreNames = []
    personal_search: bool = Field(True, description="whether the taste influences search results")

    @classmethod
    def from_profile(cls, viewer_profile: ViewerProfile) -> "ProfileUpdate":
        """Return the update that leaves a profile as it is."""
        account = viewer_profile.account
        stored = viewer_profile.profile.model_dump(include=set(profiles.PROFILE_FIELDS))
        return cls.model_validate({**stored, "name": account.name if account else None})

    @field_validator("disliked_genres")
    @classmethod
    def _check_disjoint(cls, disliked: list[str], info: ValidationInfo) -> list[str]:
        both = set(disliked) & set(info.data.get("favourite_genres", ()))
        if both:
            raise ValueError(f"in both lists: {', '.join(sorted(both))}; choose one")
        return disliked


def replace_profile(
    session: Session, viewer_id: UUID, update: ProfileUpdate, *, has_account: bool
) -> None:
    """Replace a viewer's preferences, and an account's name; the caller commits."""
    viewer_lifecycle.lock(session, viewer_id)
    profiles.replace(session, viewer_id, update.model_dump())
    if has_account:
        profiles.set_account_name(session, viewer_id, update.name)


def delete_viewers(
    engine: Engine, viewer_ids: Collection[UUID], search_log: SearchLog, feed_metrics: FeedMetrics
) -> None:
    """Delete everything about some viewers: their accounts, and all that they did."""
    if not viewer_ids:
        return
    search_log.flush()  # so that no pending search is written after the deletion
    with open_session(engine) as session:
        viewer_lifecycle.delete(session, *viewer_ids)
        session.commit()
    for viewer_id in viewer_ids:
        feed_metrics.forget(viewer_id)
