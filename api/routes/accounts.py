"""Accounts over JSON: made, signed in to, kept up and left.

Programs get tokens in the answer and send them as `Authorization: Bearer …`. Pages are given
cookies instead, which these routes take as well.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.auth import login_cookies
from api.auth.consent import NO_STORE
from api.auth.identity import AccountIdentityDep, bearer_token
from api.auth.login import AuthenticatorDep
from api.params import ResourcesDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import Problem, ResponseModel
from db import accounts as rows
from db.engine import open_session
from viewers import login_sessions
from viewers.accounts import MAX_ACCOUNT_NAME_CHARACTERS, MAX_EMAIL_CHARACTERS, InvalidEmail
from viewers.login_sessions import ACCESS_TOKEN_LIFETIME, NotSignedIn, TokenPair
from viewers.passwords import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, WeakPassword
from viewers.tokens import TokenSigner
from vocabulary.kinds import Role

MAX_RAW_PASSWORD_CHARACTERS = (
    4 * MAX_PASSWORD_CHARACTERS
)  # characters of a password before it is normalised
MAX_TOKEN_CHARACTERS = 4096

router = APIRouter(
    prefix="/api/auth",
    tags=["accounts"],
    dependencies=[NO_STORE],
    responses={
        401: {"model": Problem, "description": "Not signed in, or not recognised."},
        403: {"model": Problem, "description": "A page of another origin asks."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
RATE_LIMITED_RESPONSES: dict[int | str, dict[str, Any]] = {
    429: {"model": Problem, "description": "Too many attempts; `Retry-After` tells."}
}


class LoginRequest(BaseModel):
    """Who somebody says he is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "asha@example.com", "password": "mango lassi 9"}]}
    )

    email: str = Field(max_length=2 * MAX_EMAIL_CHARACTERS)
    password: SecretStr = Field(max_length=MAX_RAW_PASSWORD_CHARACTERS)


class RegistrationRequest(LoginRequest):
    """Who somebody wants to be."""

    email: str = Field(
        max_length=2 * MAX_EMAIL_CHARACTERS, description="in any letters, small or large"
    )
    password: SecretStr = Field(
        max_length=MAX_RAW_PASSWORD_CHARACTERS,
        description=f"{MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters, hard to guess",
    )
    name: str | None = Field(None, max_length=MAX_ACCOUNT_NAME_CHARACTERS)


class RefreshRequest(BaseModel):
    """A refresh token, good once."""

    refresh_token: str = Field(max_length=MAX_TOKEN_CHARACTERS)


class TokenResponse(ResponseModel):
    """What a program carries from now on."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105  # the scheme's name
    expires_in: int = Field(description="seconds, of the access token")


class AccountResponse(ResponseModel):
    """An account, as its owner sees it."""

    id: UUID
    email: str
    name: str | None
    role: Role
    created_at: datetime


@router.post(
    "/register",
    status_code=201,
    operation_id="register",
    responses={
        409: {"model": Problem, "description": "No account can be made with this e-mail."},
        **RATE_LIMITED_RESPONSES,
    },
)
async def register(body: RegistrationRequest, authenticator: AuthenticatorDep) -> TokenResponse:
    """Make an account; what its visitor did so far is the account's."""
    try:
        pair = await authenticator.register(
            body.email, body.password.get_secret_value(), name=body.name
        )
    except InvalidEmail as error:
        raise _invalid_field("email", error) from error
    except WeakPassword as error:
        raise _invalid_field("password", error) from error
    return _token_response(pair)


@router.post("/login", operation_id="login", responses=RATE_LIMITED_RESPONSES)
async def login(body: LoginRequest, authenticator: AuthenticatorDep) -> TokenResponse:
    """Sign in; what its visitor did so far is the account's."""
    return _token_response(await authenticator.log_in(body.email, body.password.get_secret_value()))


@router.post("/refresh", operation_id="refresh")
def refresh(body: RefreshRequest, request: Request, resources: ResourcesDep) -> TokenResponse:
    """Return new tokens for a refresh token, which is used up; used again, it ends the sign-in."""
    tokens: TokenSigner = request.app.state.tokens
    with open_session(resources.engine) as writing:
        refreshed = login_sessions.refresh(writing, body.refresh_token, tokens=tokens)
        writing.commit()
    if refreshed is None:
        raise NotSignedIn("the refresh token has expired or was used, or its sign-in has ended")
    return _token_response(refreshed.token_pair)


@router.post("/logout", status_code=204, operation_id="logout")
def logout(
    request: Request,
    resources: ResourcesDep,
    body: Annotated[RefreshRequest | None, Body()] = None,
) -> None:
    """Sign out, at once: no token of this sign-in is good any more.

    Any token of it will do: who comes back after a night has an access token that has expired.
    """
    tokens: TokenSigner = request.app.state.tokens
    bearer, handed = bearer_token(request), body.refresh_token if body else None
    access = (bearer, request.cookies.get(login_cookies.ACCESS_COOKIE))
    refresh = (handed, request.cookies.get(login_cookies.REFRESH_COOKIE))
    ending = login_sessions.ids_of_tokens(tokens, access=access, refresh=refresh)
    if bearer and not ending:
        raise NotSignedIn("the access token has expired; send the refresh token")
    with open_session(resources.engine) as writing:
        for each in ending:
            login_sessions.end(writing, each)
        writing.commit()
    login_cookies.clear_login_cookies(request)


@router.post("/logout-everywhere", status_code=204, operation_id="logout_everywhere")
def logout_everywhere(
    request: Request, resources: ResourcesDep, identity: AccountIdentityDep
) -> None:
    """Sign out wherever this account is signed in."""
    with open_session(resources.engine) as writing:
        login_sessions.end_all(writing, identity.id)
        writing.commit()
    login_cookies.clear_login_cookies(request)


@router.get("/me", operation_id="me")
def get_account(resources: ResourcesDep, identity: AccountIdentityDep) -> AccountResponse:
    """Return who is signed in."""
    with open_session(resources.engine) as reading:
        account = rows.find(reading, identity.id)
    if account is None:
        raise NotSignedIn("the account is no more")
    return AccountResponse(
        id=account.viewer_id,
        email=account.email,
        name=account.name,
        role=account.role,
        created_at=account.created_at,
    )


def _token_response(pair: TokenPair) -> TokenResponse:
    return TokenResponse(
        access_token=pair.access,
        refresh_token=pair.refresh,
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
    )


def _invalid_field(field: str, error: ValueError) -> RequestValidationError:
    return RequestValidationError(
        [{"type": field, "loc": ("body", field), "msg": str(error), "input": None}]
    )
