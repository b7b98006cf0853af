"""JSON of a viewer's profile."""

from datetime import datetime

from api.schemas.responses import ResponseModel
from db import profiles
from db.profiles import ViewerProfile
from vocabulary.kinds import Role


class ProfileResponse(ResponseModel):
    """A viewer's preferences; e-mail, name and role are those of an account, else none."""

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

    @classmethod
    def from_profile(cls, viewer_profile: ViewerProfile) -> "ProfileResponse":
        """Return a profile as its owner sees it."""
        account = viewer_profile.account
        return cls(
            **viewer_profile.profile.model_dump(include=set(profiles.PROFILE_FIELDS)),
            email=account.email if account else None,
            name=account.name if account else None,
            role=account.role if account else None,
            created_at=viewer_profile.created_at,
        )
