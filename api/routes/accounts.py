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
from api.auth.consent import PersonalDep
from api.auth.identity import SignedInDep, bearer_of
from api.auth.login import EntranceDep
from api.params import ResourcesDep
from api.routes.titles import NEEDS_DATABASE
from api.schemas.titles import Answer, Problem
from db import accounts as rows
from db.engine import open_session
from viewers import login_sessions
from viewers.accounts import MAX_ACCOUNT_NAME_CHARACTERS, MAX_EMAIL_CHARACTERS, InvalidEmail
from viewers.login_sessions import ACCESS_TOKEN_LIFETIME, NotSignedIn, TokenPair
from viewers.passwords import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, WeakPassword
from viewers.tokens import TokenSigner
from vocabulary.kinds import Role

LONGEST_SENT = 4 * MAX_PASSWORD_CHARACTERS  # characters of a password before it is normalised
LONGEST_TOKEN = 4096

router = APIRouter(
    prefix="/api/auth",
    tags=["accounts"],
    dependencies=[PersonalDep],
    responses={
        401: {"model": Problem, "description": "Not signed in, or not recognised."},
        403: {"model": Problem, "description": "A page of another origin asks."},
        **NEEDS_DATABASE,
    },
)
THROTTLED: dict[int | str, dict[str, Any]] = {
    429: {"model": Problem, "description": "Too many attempts; `Retry-After` tells."}
}


class Credentials(BaseModel):
    """Who somebody says he is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "asha@example.com", "password": "mango lassi 9"}]}
    )

    email: str = Field(max_length=2 * MAX_EMAIL_CHARACTERS)
    password: SecretStr = Field(max_length=LONGEST_SENT)


class Registration(Credentials):
    """Who somebody wants to be."""

    email: str = Field(
        max_length=2 * MAX_EMAIL_CHARACTERS, description="in any letters, small or large"
    )
    password: SecretStr = Field(
        max_length=LONGEST_SENT,
        description=f"{MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters, hard to guess",
    )
    name: str | None = Field(None, max_length=MAX_ACCOUNT_NAME_CHARACTERS)


class RefreshAsked(BaseModel):
    """A refresh token, good once."""

    refresh_token: str = Field(max_length=LONGEST_TOKEN)


class TokensShown(Answer):
    """What a program carries from now on."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105  # the scheme's name
    expires_in: int = Field(description="seconds, of the access token")


class AccountShown(Answer):
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
        **THROTTLED,
    },
)
async def register(asked: Registration, entrance: EntranceDep) -> TokensShown:
    """Make an account; what its visitor did so far is the account's."""
    try:
        pair = await entrance.register(
            asked.email, asked.password.get_secret_value(), name=asked.name
        )
    except InvalidEmail as error:
        raise _invalid("email", error) from error
    except WeakPassword as error:
        raise _invalid("password", error) from error
    return _shown(pair)


@router.post("/login", operation_id="login", responses=THROTTLED)
async def login(asked: Credentials, entrance: EntranceDep) -> TokensShown:
    """Sign in; what its visitor did so far is the account's."""
    return _shown(await entrance.sign_in(asked.email, asked.password.get_secret_value()))


@router.post("/refresh", operation_id="refresh")
def refresh(asked: RefreshAsked, request: Request, resources: ResourcesDep) -> TokensShown:
    """Return new tokens for a refresh token, which is used up; used again, it ends the sign-in."""
    tokens: TokenSigner = request.app.state.tokens
    with open_session(resources.engine) as writing:
        refreshed = login_sessions.refresh(writing, asked.refresh_token, tokens=tokens)
        writing.commit()
    if refreshed is None:
        raise NotSignedIn("the refresh token has expired or was used, or its sign-in has ended")
    return _shown(refreshed.token_pair)


@router.post("/logout", status_code=204, operation_id="logout")
def logout(
    request: Request,
    resources: ResourcesDep,
    asked: Annotated[RefreshAsked | None, Body()] = None,
) -> None:
    """Sign out, at once: no token of this sign-in is good any more.

    Any token of it will do: who comes back after a night has an access token that has expired.
    """
    tokens: TokenSigner = request.app.state.tokens
    bearer, handed = bearer_of(request), asked.refresh_token if asked else None
    access = (bearer, request.cookies.get(login_cookies.ACCESS))
    refresh = (handed, request.cookies.get(login_cookies.REFRESH))
    ending = login_sessions.ids_of_tokens(tokens, access=access, refresh=refresh)
    if bearer and not ending:
        raise NotSignedIn("the access token has expired; send the refresh token")
    with open_session(resources.engine) as writing:
        for each in ending:
            login_sessions.end(writing, each)
        writing.commit()
    login_cookies.clear(request)


@router.post("/logout-everywhere", status_code=204, operation_id="logout_everywhere")
def logout_everywhere(request: Request, resources: ResourcesDep, known: SignedInDep) -> None:
    """Sign out wherever this account is signed in."""
    with open_session(resources.engine) as writing:
        login_sessions.end_all(writing, known.id)
        writing.commit()
    login_cookies.clear(request)


@router.get("/me", operation_id="me")
def me(resources: ResourcesDep, known: SignedInDep) -> AccountShown:
    """Return who is signed in."""
    with open_session(resources.engine) as reading:
        account = rows.find(reading, known.id)
    if account is None:
        raise NotSignedIn("the account is no more")
    return AccountShown(
        id=account.viewer_id,
        email=account.email,
        name=account.name,
        role=account.role,
        created_at=account.created_at,
    )


def _shown(pair: TokenPair) -> TokensShown:
    return TokensShown(
        access_token=pair.access,
        refresh_token=pair.refresh,
        expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
    )


def _invalid(field: str, error: ValueError) -> RequestValidationError:
    return RequestValidationError(
        [{"type": field, "loc": ("body", field), "msg": str(error), "input": None}]
    )
