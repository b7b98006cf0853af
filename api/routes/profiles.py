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
from api.auth.consent import KeptDep, PersonalDep
from api.auth.identity import Identity, IdentityDep
from api.auth.visitor_cookie import VisitorDep
from api.params import ResourcesDep, SessionDep
from api.routes.search_history import SearchLogDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import Problem, ResponseModel
from catalog import genres, languages, regions
from db import profiles, viewer_lifecycle
from db.engine import open_session
from db.profiles import ViewerProfile
from services.feed_metrics import FeedMetricsDep
from viewers.accounts import MAX_ACCOUNT_NAME_CHARACTERS
from vocabulary.kinds import Role

FIRST_BIRTH_YEAR = 1900
LONGEST_WORD = 100  # characters, of a genre
MOST_LANGUAGES = 50
DISPLAY_LANGUAGES = ("en", *languages.HOME_LANGUAGES)  # those that reasons are written in

router = APIRouter(prefix="/api/user", tags=["profile"], dependencies=[PersonalDep])


def _language(text: str) -> str:
    found = languages.canonical_language(text)
    if found is None:
        raise ValueError(f"{text!r} is no ISO 639 code of a language, such as te, ta or hi")
    return found


def _display_language(text: str) -> str:
    if languages.normalise_code(text) not in DISPLAY_LANGUAGES:
        raise ValueError(f"give one of {', '.join(DISPLAY_LANGUAGES)}")
    return languages.normalise_code(text)


def _region(text: str) -> str:
    found = regions.canonical_region(text)
    if found is None:
        raise ValueError("not an ISO 3166 region such as IN, IN-TG or US")
    return found


def _birth_year(year: int) -> int:
    this_year = datetime.now(UTC).year
    if not FIRST_BIRTH_YEAR <= year <= this_year:
        raise ValueError(f"give a year from {FIRST_BIRTH_YEAR} to {this_year}")
    return year


def _slugs(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        slugs = [slug for slug in genres.canonical_slugs(name) if slug in genres.GENRES]
        if not slugs:
            raise ValueError(f"{name!r} is no genre that we know")
        found += slugs
    return list(dict.fromkeys(found))


def _name(text: str) -> str | None:
    plain = unicodedata.normalize("NFC", text).strip()
    if not plain.isprintable():
        raise ValueError("a name is one line of letters")
    return plain or None


def _weighted(value: object) -> object:
    """Take a list of codes for languages that weigh the same."""
    return dict.fromkeys(map(str, value), 1.0) if isinstance(value, list) else value


def _canonical(weights: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, weight in weights.items():
        code = _language(text)
        found[code] = max(weight, found.get(code, 0.0))
    return found


Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Genres = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_WORD)]],
    Field(max_length=len(genres.GENRES)),
    AfterValidator(_slugs),
]


class Preferences(BaseModel):
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
        Annotated[str, Field(max_length=MAX_ACCOUNT_NAME_CHARACTERS), AfterValidator(_name)] | None
    ) = Field(None, description="of who has an account")
    birth_year: Annotated[int, AfterValidator(_birth_year)] | None = None
    region: Annotated[str, Field(max_length=10), AfterValidator(_region)] | None = Field(
        None, description="ISO 3166 country or Indian state"
    )
    display_language: (
        Annotated[str, Field(max_length=10), AfterValidator(_display_language)] | None
    ) = Field(None, description="of reasons: " + ", ".join(DISPLAY_LANGUAGES))
    languages: Annotated[
        dict[str, Weight],
        Field(max_length=MOST_LANGUAGES),
        BeforeValidator(_weighted),
        AfterValidator(_canonical),
    ] = Field({}, description="ISO 639-1 code to weight, 0 to 1, or a list of codes")
    favourite_genres: Genres = []
    disliked_genres: Genres = []
    personal_search: bool = Field(True, description="whether searches lean to the taste")

    @field_validator("disliked_genres")
    @classmethod
    def _not_both(cls, disliked: list[str], info: ValidationInfo) -> list[str]:
        both = set(disliked) & set(info.data.get("favourite_genres", ()))
        if both:
            raise ValueError(f"liked and disliked at once: {', '.join(sorted(both))}")
        return disliked


class ProfileShown(ResponseModel):
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
def profile(asking: IdentityDep, reading: SessionDep) -> ProfileShown:
    """Return what the one who asks said of himself; nothing for who is not known."""
    return shown(
        profiles.read_viewer_profile(reading, asking.id) if asking else ViewerProfile.anonymous()
    )


@router.put(
    "/profile",
    operation_id="put_profile",
    responses={
        403: {"model": Problem, "description": "Nothing may be kept."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def put_profile(said: Preferences, asking: KeptDep, resources: ResourcesDep) -> ProfileShown:
    """Replace the preferences whole; e-mail and role are not changed here."""
    with open_session(resources.engine) as writing:
        put(writing, asking, said)
        writing.commit()
        return shown(profiles.read_viewer_profile(writing, asking.id))


@router.delete(
    "/profile", status_code=204, operation_id="forget_me", responses=DATABASE_UNAVAILABLE_RESPONSES
)
def forget_me(
    request: Request,
    asking: IdentityDep,
    visitor: VisitorDep,
    resources: ResourcesDep,
    log: SearchLogDep,
    feeds: FeedMetricsDep,
) -> None:
    """Delete all that is kept of the one who asks: the account, and everything he did.

    At once and for good. What the same browser did without signing in goes with it.
    """
    gone = {each.id for each in (asking, visitor) if each is not None}
    if gone:
        log.flush()  # lest what still waits be written afterwards
        with open_session(resources.engine) as writing:
            viewer_lifecycle.delete(writing, *gone)
            writing.commit()
        for each in gone:
            feeds.forget(each)
    login_cookies.clear_login_cookies(request)
    login_cookies.clear_visitor_cookie(request)


def put(writing: Session, asking: Identity, said: Preferences) -> None:
    """Store somebody's preferences."""
    viewer_lifecycle.lock(writing, asking.id)
    profiles.replace(writing, asking.id, said.model_dump())
    if asking.is_logged_in:
        profiles.set_account_name(writing, asking.id, said.name)


def shown(known: ViewerProfile) -> ProfileShown:
    """Return a profile as its owner sees it."""
    account = known.account
    return ProfileShown(
        **known.profile.model_dump(include=set(profiles.PROFILE_FIELDS)),
        email=account.email if account else None,
        name=account.name if account else None,
        role=account.role if account else None,
        created_at=known.created_at,
    )
