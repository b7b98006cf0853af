"""Signing in by way of a provider: there, and back again.

A browser is sent to the provider with a question, and keeps what its answer must have to do with it
in a signed cookie of some minutes. What goes wrong is told to browsers by the sign-in page, as
`/signin?problem=` and the end of the problem's type.
"""

from collections.abc import Mapping
from functools import partial
from hmac import compare_digest
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import httpx
import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from api.auth import login_cookies, visitor_cookie
from api.auth.consent import NO_STORE
from api.auth.identity import AccountIdentityDep, Identity, IdentityDep
from api.auth.login import Authenticator, AuthenticatorDep
from api.errors import CrossOriginRequest, problem_code
from api.pages.login import is_local_destination
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import Problem
from config.settings import Settings
from db.engine import open_session
from viewers import accounts
from viewers.accounts import (
    EmailNotVerified,
    EmailTaken,
    InvalidEmail,
    OidcUser,
    ProviderIdentityTaken,
)
from viewers.login_sessions import NotSignedIn
from viewers.oidc import (
    HTTP_TIMEOUT_S,
    LOGIN_LIFETIME,
    AuthorizationRequest,
    OidcClient,
    OidcLoginRefused,
    OidcProvider,
    OidcProviderUnavailable,
    OidcProviderUnknown,
)
from viewers.tokens import TokenPurpose, TokenSigner

OIDC_COOKIE, OIDC_PATH = "rasika_openid", "/api/auth/oidc"
MAX_PROVIDER_THREADS = (
    4  # threads that wait for providers; a slow one shall not hold up anybody else
)
NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)  # few calls, hours apart
MAX_PARAMETER_CHARACTERS = 4096  # characters of a code or state
DEFAULT_DESTINATION = "/feed"
LOGIN_FAILURES = (
    *(OidcLoginRefused, OidcProviderUnavailable, EmailTaken, EmailNotVerified),
    *(ProviderIdentityTaken, NotSignedIn),
)

Result = TypeVar("Result")
OidcParam = Annotated[str, Query(max_length=MAX_PARAMETER_CHARACTERS)]

log = structlog.get_logger()
router = APIRouter(
    prefix=OIDC_PATH,
    tags=["accounts"],
    dependencies=[NO_STORE],
    responses={
        401: {"model": Problem, "description": "The provider lets nobody in."},
        404: {"model": Problem, "description": "There is no such provider."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)


class OidcProviders:
    """The providers that are set, by name."""

    def __init__(self, by_name: Mapping[str, OidcProvider]) -> None:
        self._by_name = by_name
        self._limiter = CapacityLimiter(MAX_PROVIDER_THREADS)

    def get(self, name: str) -> OidcProvider:
        """Return a provider.

        Raises `ProviderUnknown`.
        """
        if name not in self._by_name:
            raise OidcProviderUnknown(name)
        return self._by_name[name]

    async def run(self, call: "partial[Result]") -> Result:
        """Return what a provider answers."""
        return await to_thread.run_sync(call, limiter=self._limiter)


def configured_providers(settings: Settings) -> OidcProviders:
    """Return the providers of the settings."""
    given = settings.all_oidc_providers
    http = httpx.Client(timeout=HTTP_TIMEOUT_S, limits=NO_KEEPALIVE) if given else None
    known = {
        each.name: OidcProvider(
            OidcClient(
                name=each.display_name,
                issuer=each.issuer,
                client_id=each.client_id,
                client_secret=each.client_secret.get_secret_value(),
                scopes=each.scopes,
            ),
            http,
        )
        for each in given
        if http is not None
    }
    return OidcProviders(known)


async def oidc_providers(request: Request) -> OidcProviders:
    """Return the process's providers."""
    known: OidcProviders = request.app.state.providers
    return known


OidcProvidersDep = Annotated[OidcProviders, Depends(oidc_providers)]


@router.get(
    "/{name}/start",
    status_code=302,
    response_class=RedirectResponse,
    operation_id="oidc_start",
)
async def start(
    request: Request,
    name: str,
    providers: OidcProvidersDep,
    next: OidcParam = "",  # as addresses have it
) -> Response:
    """Send a browser to a provider to sign in there, and to `next`, an address here, afterwards."""
    return await _redirect_to_provider(request, name, providers, {"next": next})


@router.get(
    "/{name}/link",
    status_code=302,
    response_class=RedirectResponse,
    operation_id="oidc_link",
    responses={403: {"model": Problem, "description": "No page of ours leads here."}},
)
async def link(
    request: Request,
    name: str,
    providers: OidcProvidersDep,
    identity: AccountIdentityDep,
    next: OidcParam = "",  # as addresses have it
) -> Response:
    """Send who is signed in to a provider, to sign in to the same account from there as well.

    Only a link on a page of ours leads here: a foreign one could have somebody link an identity of
    another's to his account.
    """
    if request.headers.get("sec-fetch-site") != "same-origin":
        raise CrossOriginRequest
    return await _redirect_to_provider(
        request, name, providers, {"next": next, "link": str(identity.id)}
    )


@router.get(
    "/{name}/callback",
    name="oidc_callback",
    status_code=303,
    response_class=RedirectResponse,
    operation_id="oidc_callback",
    responses={
        403: {"model": Problem, "description": "The provider does not vouch for the e-mail."},
        409: {"model": Problem, "description": "The e-mail or identity is another account's."},
    },
)
async def callback(
    request: Request,
    name: str,
    providers: OidcProvidersDep,
    authenticator: AuthenticatorDep,
    caller: IdentityDep,
    code: OidcParam = "",
    state: OidcParam = "",
    error: OidcParam = "",
) -> Response:
    """Let in whoever comes back from a provider."""
    provider = providers.get(name)
    remembered = _read_state_cookie(request) or {}
    login_cookies.add_cookie(
        request, OIDC_COOKIE, "", max_age=login_cookies.EXPIRED, path=OIDC_PATH
    )
    try:
        if error or not code:
            raise OidcLoginRefused(name, "it said no" if error else "no code")
        asking = _authorization_request(remembered, name, state)
        identity = await providers.run(partial(provider.finish_login, asking, code))
        await run_in_threadpool(
            _log_in_or_link, authenticator, identity, remembered.get("link"), caller
        )
    except LOGIN_FAILURES as failure:
        log.warning("provider_sign_in_failed", provider=name, reason=_failure_reason(failure))
        return _failure_response(request, failure)
    return RedirectResponse(_safe_destination(remembered.get("next", "")), 303)


async def _redirect_to_provider(
    request: Request, name: str, providers: OidcProviders, state_claims: dict[str, str]
) -> Response:
    provider = providers.get(name)
    back = request.url_for("oidc_callback", name=name)
    if visitor_cookie.requires_secure_cookies(request):
        back = back.replace(scheme="https")
    try:
        url, asking = await providers.run(partial(provider.begin_login, str(back)))
    except OidcProviderUnavailable as failure:
        log.warning("provider_sign_in_failed", provider=name, reason=failure.reason)
        return _failure_response(request, failure)
    tokens: TokenSigner = request.app.state.tokens
    claims = {
        **asking.to_claims(),
        **state_claims,
        "at": name,
        "next": _safe_destination(state_claims["next"]),
    }
    token = tokens.sign(TokenPurpose.OIDC, claims, lifetime=LOGIN_LIFETIME)
    login_cookies.add_cookie(request, OIDC_COOKIE, token, max_age=LOGIN_LIFETIME, path=OIDC_PATH)
    return RedirectResponse(url, 302)


def _read_state_cookie(request: Request) -> dict[str, str] | None:
    tokens: TokenSigner = request.app.state.tokens
    return tokens.read(TokenPurpose.OIDC, request.cookies.get(OIDC_COOKIE, ""))


def _authorization_request(
    state_claims: Mapping[str, str], name: str, state: str
) -> AuthorizationRequest:
    """Return the question that an answer is to.

    Raises `ProviderRefused` if this browser asked none, or another one.
    """
    try:
        if state_claims["at"] != name:
            raise OidcLoginRefused(name, "another provider was asked")
        asking = AuthorizationRequest.from_claims(state_claims)
    except KeyError as error:
        raise OidcLoginRefused(name, "nothing was asked, or too long ago") from error
    if not compare_digest(asking.state.encode(), state.encode()):
        raise OidcLoginRefused(name, "the state is another one")
    return asking


def _log_in_or_link(
    authenticator: Authenticator,
    identity: OidcUser,
    linked_account_id: str | None,
    caller: Identity | None,
) -> None:
    if linked_account_id is None:
        pair = authenticator.start_session(partial(_find_or_create_account, identity))
        login_cookies.set_login_cookies(authenticator.request, pair)
        return
    if caller is None or not caller.is_logged_in or caller.id != UUID(linked_account_id):
        raise NotSignedIn("sign in first, then connect the provider")
    with open_session(authenticator.resources.engine) as writing:
        accounts.link_identity(writing, identity, viewer_id=caller.id)
        writing.commit()


def _find_or_create_account(identity: OidcUser, writing: Session) -> UUID:
    try:
        return accounts.find_or_create(writing, identity)
    except InvalidEmail as error:
        raise EmailNotVerified(str(error)) from error


def _failure_response(request: Request, failure: Exception) -> Response:
    """Lead a browser back to the sign-in page; let a program see what it is.

    Raises what failed.
    """
    if "text/html" not in request.headers.get("accept", ""):
        raise failure
    return RedirectResponse("/signin?" + urlencode({"problem": problem_code(failure)}), 303)


def _failure_reason(failure: Exception) -> str:
    return getattr(failure, "reason", None) or type(failure).__name__


def _safe_destination(address: str) -> str:
    return address if is_local_destination(address) else DEFAULT_DESTINATION
