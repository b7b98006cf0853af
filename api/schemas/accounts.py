"""JSON of accounts and logins."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.schemas.responses import ResponseModel
from viewers.accounts import MAX_ACCOUNT_NAME_CHARACTERS, MAX_EMAIL_CHARACTERS
from viewers.login_sessions import ACCESS_TOKEN_LIFETIME, TokenPair
from viewers.passwords import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS
from vocabulary.kinds import Role

MAX_RAW_EMAIL_CHARACTERS = 2 * MAX_EMAIL_CHARACTERS  # before normalisation, like the password
MAX_RAW_PASSWORD_CHARACTERS = 4 * MAX_PASSWORD_CHARACTERS
MAX_TOKEN_CHARACTERS = 4096


class LoginRequest(BaseModel):
    """E-mail and password."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "asha@example.com", "password": "mango lassi 9"}]}
    )

    email: str = Field(max_length=MAX_RAW_EMAIL_CHARACTERS)
    password: SecretStr = Field(max_length=MAX_RAW_PASSWORD_CHARACTERS)


class RegistrationRequest(LoginRequest):
    """A new account."""

    email: str = Field(max_length=MAX_RAW_EMAIL_CHARACTERS, description="case-insensitive")
    password: SecretStr = Field(
        max_length=MAX_RAW_PASSWORD_CHARACTERS,
        description=f"{MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters, "
        "hard to guess",
    )
    name: str | None = Field(None, max_length=MAX_ACCOUNT_NAME_CHARACTERS)


class RefreshRequest(BaseModel):
    """A refresh token, valid once."""

    refresh_token: str = Field(max_length=MAX_TOKEN_CHARACTERS)


class TokenResponse(ResponseModel):
    """The tokens of a login session."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105  # the scheme's name
    expires_in: int = Field(description="seconds until the access token expires")

    @classmethod
    def from_tokens(cls, token_pair: TokenPair) -> "TokenResponse":
        """Return the response for a login session."""
        return cls(
            access_token=token_pair.access,
            refresh_token=token_pair.refresh,
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
        )


class AccountResponse(ResponseModel):
    """An account, as its owner sees it."""

    id: UUID = Field(validation_alias="viewer_id")
    email: str
    name: str | None
    role: Role
    created_at: datetime
