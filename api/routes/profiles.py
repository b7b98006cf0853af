"""What somebody says of himself, and the end of all that is kept of him."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from sqlmodel import Session

from api.auth import login_cookies
from api.auth.consent import ConsentingIdentityDep
from api.auth.identity import Identity, IdentityDep, VisitorDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.problems import Problem
from api.schemas.responses import ResponseModel
from api.state import FeedMetricsDep, ResourcesDep, SearchLogDep, SessionDep
from catalog import genres, languages, regions
from db import profiles, viewer_lifecycle
from db.engine import open_session
from db.profiles import ViewerProfile
from viewers.accounts import MAX_ACCOUNT_NAME_CHARACTERS
from vocabulary.kinds import Role

MIN_BIRTH_YEAR = 1900
MAX_GENRE_CHARACTERS = 100  # characters, of a genre
MAX_PROFILE_LANGUAGES = 50
DISPLAY_LANGUAGES = ("en", *languages.HOME_LANGUAGES)  # those that reasons are written in

router = APIRouter(prefix="/api/user", tags=["profile"], dependencies=[NO_STORE])


def _check_language(text: str) -> str:
    found = languages.canonical_language(text)
    if found is None:
        raise ValueError(f"{text!r} is no ISO 639 code of a language, such as te, ta or hi")
    return found


def _check_display_language(text: str) -> str:
    if languages.normalise_code(text) not in DISPLAY_LANGUAGES:
        raise ValueError(f"give one of {', '.join(DISPLAY_LANGUAGES)}")
    return languages.normalise_code(text)


def _check_region(text: str) -> str:
    found = regions.canonical_region(text)
    if found is None:
        raise ValueError("not an ISO 3166 region such as IN, IN-TG or US")
    return found


def _check_birth_year(year: int) -> int:
    this_year = datetime.now(UTC).year
    if not MIN_BIRTH_YEAR <= year <= this_year:
        raise ValueError(f"give a year from {MIN_BIRTH_YEAR} to {this_year}")
    return year


def _genre_slugs(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        slugs = [slug for slug in genres.canonical_slugs(name) if slug in genres.GENRES]
        if not slugs:
            raise ValueError(f"{name!r} is no genre that we know")
        found += slugs
    return list(dict.fromkeys(found))


def _check_name(text: str) -> str | None:
    plain = unicodedata.normalize("NFC", text).strip()
    if not plain.isprintable():
        raise ValueError("a name is one line of letters")
    return plain or None


def _equal_weights(value: object) -> object:
    """Take a list of codes for languages that weigh the same."""
    return dict.fromkeys(map(str, value), 1.0) if isinstance(value, list) else value


def _canonical_weights(weights: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, weight in weights.items():
        code = _check_language(text)
        found[code] = max(weight, found.get(code, 0.0))
    return found


LanguageWeight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
GenreNames = Annotated[
    list[Annotated[str, Field(max_length=MAX_GENRE_CHARACTERS)]],
    Field(max_length=len(genres.GENRES)),
    AfterValidator(_genre_slugs),
]


class ProfileUpdate(BaseModel):
    """What somebody says of himself, whole: what is left out is left open."""

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
    ) = Field(None, description="of who has an account")
    birth_year: Annotated[int, AfterValidator(_check_birth_year)] | None = None
    region: Annotated[str, Field(max_length=10), AfterValidator(_check_region)] | None = Field(
        None, description="ISO 3166 country or Indian state"
    )
    display_language: (
        Annotated[str, Field(max_length=10), AfterValidator(_check_display_language)] | None
    ) = Field(None, description="of reasons: " + ", ".join(DISPLAY_LANGUAGES))
    languages: Annotated[
        dict[str, LanguageWeight],
        Field(max_length=MAX_PROFILE_LANGUAGES),
        BeforeValidator(_equal_weights),
        AfterValidator(_canonical_weights),
    ] = Field({}, description="ISO 639-1 code to weight, 0 to 1, or a list of codes")
    favourite_genres: GenreNames = []
    disliked_genres: GenreNames = []
    personal_search: bool = Field(True, description="whether searches lean to the taste")

    @field_validator("disliked_genres")
    @classmethod
    def _check_disjoint(cls, disliked: list[str], info: ValidationInfo) -> list[str]:
        both = set(disliked) & set(info.data.get("favourite_genres", ()))
        if both:
            raise ValueError(f"liked and disliked at once: {', '.join(sorted(both))}")
        return disliked


class ProfileResponse(ResponseModel):
    """What somebody said of himself; an account's e-mail, name and role, a visitor's none."""

    email: str | None
    name: str | None
    role: Role | None
    birth_year: int | None
    region: str | None
    display_language: str | None
    languages: dict[str, float]
    favourite_genres: list[str]
    disliked_genres: list[str]
    personal_search: bool
    created_at: datetime | None


@router.get("/profile", operation_id="profile", responses=DATABASE_UNAVAILABLE_RESPONSES)
def get_profile(identity: IdentityDep, session: SessionDep) -> ProfileResponse:
    """Return what the one who asks said of himself; nothing for who is not known."""
    return profile_response(
        profiles.read_viewer_profile(session, identity.id)
        if identity
        else ViewerProfile.anonymous()
    )


@router.put(
    "/profile",
    operation_id="put_profile",
    responses={
        403: {"model": Problem, "description": "Nothing may be kept."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def put_profile(
    update: ProfileUpdate, identity: ConsentingIdentityDep, resources: ResourcesDep
) -> ProfileResponse:
    """Replace the preferences whole; e-mail and role are not changed here."""
    with open_session(resources.engine) as writing:
        replace_profile(writing, identity, update)
        writing.commit()
        return profile_response(profiles.read_viewer_profile(writing, identity.id))


@router.delete(
    "/profile", status_code=204, operation_id="forget_me", responses=DATABASE_UNAVAILABLE_RESPONSES
)
def delete_profile(
    request: Request,
    identity: IdentityDep,
    visitor: VisitorDep,
    resources: ResourcesDep,
    search_log: SearchLogDep,
    feed_metrics: FeedMetricsDep,
) -> None:
    """Delete all that is kept of the one who asks: the account, and everything he did.

    At once and for good. What the same browser did without signing in goes with it.
    """
    gone = {each.id for each in (identity, visitor) if each is not None}
    if gone:
        search_log.flush()  # lest what still waits be written afterwards
        with open_session(resources.engine) as writing:
            viewer_lifecycle.delete(writing, *gone)
            writing.commit()
        for each in gone:
            feed_metrics.forget(each)
    login_cookies.clear_login_cookies(request)
    login_cookies.clear_visitor_cookie(request)


def replace_profile(session: Session, identity: Identity, update: ProfileUpdate) -> None:
    """Store somebody's preferences."""
    viewer_lifecycle.lock(session, identity.id)
    profiles.replace(session, identity.id, update.model_dump())
    if identity.is_logged_in:
        profiles.set_account_name(session, identity.id, update.name)


def profile_response(viewer_profile: ViewerProfile) -> ProfileResponse:
    """Return a profile as its owner sees it."""
    account = viewer_profile.account
    return ProfileResponse(
        **viewer_profile.profile.model_dump(include=set(profiles.PROFILE_FIELDS)),
        email=account.email if account else None,
        name=account.name if account else None,
        role=account.role if account else None,
        created_at=viewer_profile.created_at,
    )
