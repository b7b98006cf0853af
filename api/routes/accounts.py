"""Accounts over JSON: register, log in, refresh, log out.

Programs get tokens in the response and send them as `Authorization: Bearer …`. Pages use cookies,
which these routes take too.
"""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.exceptions import RequestValidationError

from api.auth.identity import AccountIdentityDep
from api.auth.login import AuthenticatorDep, log_out, log_out_everywhere
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES, RATE_LIMITED_RESPONSES, problem_responses
from api.schemas.accounts import (
    AccountResponse,
    LoginRequest,
    RefreshRequest,
    RegistrationRequest,
    TokenResponse,
)
from api.state import SessionDep, TokensDep
from db import accounts
from viewers import login_sessions
from viewers.accounts import InvalidEmail
from viewers.login_sessions import NotSignedIn
from viewers.passwords import WeakPassword

router = APIRouter(
    prefix="/api/auth",
    tags=["accounts"],
    dependencies=[NO_STORE],
    responses=problem_responses(
        {401: "Not signed in, or wrong credentials.", 403: "A page of another site sent this."}
    )
    | DATABASE_UNAVAILABLE_RESPONSES,
)


@router.post(
    "/register",
    status_code=201,
    operation_id="register",
    responses=problem_responses({409: "This e-mail cannot be used for a new account."})
    | RATE_LIMITED_RESPONSES,
)
async def register(body: RegistrationRequest, authenticator: AuthenticatorDep) -> TokenResponse:
    """Create an account; it takes over what its visitor did so far."""
    try:
        tokens = await authenticator.register(
            body.email, body.password.get_secret_value(), name=body.name
        )
    except (InvalidEmail, WeakPassword) as error:
        field = "email" if isinstance(error, InvalidEmail) else "password"
        raise RequestValidationError(
            [{"type": field, "loc": ("body", field), "msg": str(error), "input": None}]
        ) from error
    return TokenResponse.from_tokens(tokens)


@router.post("/login", operation_id="login", responses=RATE_LIMITED_RESPONSES)
async def log_in(body: LoginRequest, authenticator: AuthenticatorDep) -> TokenResponse:
    """Sign in; the account takes over what its visitor did so far."""
    tokens = await authenticator.log_in(body.email, body.password.get_secret_value())
    return TokenResponse.from_tokens(tokens)


@router.post("/refresh", operation_id="refresh")
def refresh_tokens(body: RefreshRequest, session: SessionDep, tokens: TokensDep) -> TokenResponse:
    """Return new tokens for a refresh token; using it twice ends the login session."""
    refreshed = login_sessions.refresh(session, body.refresh_token, tokens=tokens)
    session.commit()
    if refreshed is None:
        raise NotSignedIn("the refresh token has expired, was used before or was revoked")
    return TokenResponse.from_tokens(refreshed.token_pair)


@router.post("/logout", status_code=204, operation_id="logout")
def end_session(request: Request, body: Annotated[RefreshRequest | None, Body()] = None) -> None:
    """Revoke every token of this login session at once; any of its tokens will do."""
    log_out(request, body.refresh_token if body else None)


@router.post("/logout-everywhere", status_code=204, operation_id="logout_everywhere")
def end_all_sessions(request: Request, identity: AccountIdentityDep) -> None:
    """Revoke every login session of this account."""
    log_out_everywhere(request, identity.id)


@router.get("/me", operation_id="me")
def get_account(session: SessionDep, identity: AccountIdentityDep) -> AccountResponse:
    """Return the account that is signed in."""
    account = accounts.find(session, identity.id)
    if account is None:
        raise NotSignedIn("the account was deleted")
    return AccountResponse.model_validate(account)
