"""Login with an OpenID Connect provider: the redirect there, and the callback.

A signed cookie of some minutes keeps what the callback must match. Browsers see failures on the
login page, as `/signin?problem=` and the end of the problem's type.
"""

from collections.abc import Mapping
from functools import partial
from hmac import compare_digest
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from api.auth.identity import AccountIdentityDep, Identity, IdentityDep
from api.auth.login import Authenticator, AuthenticatorDep
from api.auth.login_cookies import set_login_cookies
from api.auth.oidc import OidcProviders
from api.auth.redirects import is_local_destination
from api.caching import NO_STORE
from api.errors import problem_code
from api.middleware.csrf import CrossOriginRequest
from api.middleware.response_cookies import EXPIRED, add_cookie, requires_secure_cookies
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES, problem_responses
from api.state import OidcProvidersDep, app_state
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
    LOGIN_LIFETIME,
    AuthorizationRequest,
    OidcLoginRefused,
    OidcProviderUnavailable,
)
from viewers.tokens import TokenPurpose

OIDC_COOKIE, OIDC_PATH = "rasika_openid", "/api/auth/oidc"
MAX_PARAMETER_CHARACTERS = 4096  # of a code or state
DEFAULT_DESTINATION = "/feed"
LOGIN_FAILURES = (
    *(OidcLoginRefused, OidcProviderUnavailable, EmailTaken, EmailNotVerified),
    *(ProviderIdentityTaken, NotSignedIn),
)

OidcParam = Annotated[str, Query(max_length=MAX_PARAMETER_CHARACTERS)]

log = structlog.get_logger()
router = APIRouter(
    prefix=OIDC_PATH,
    tags=["accounts"],
    dependencies=[NO_STORE],
    responses=problem_responses(
        {401: "The provider refused the login.", 404: "There is no such provider."}
    )
    | DATABASE_UNAVAILABLE_RESPONSES,
)


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
    next: OidcParam = "",
) -> Response:
    """Redirect to a provider to sign in, and afterwards to `next`, a path of this site."""
    return await _redirect_to_provider(request, name, providers, {"next": next})


@router.get(
    "/{name}/link",
    status_code=302,
    response_class=RedirectResponse,
    operation_id="oidc_link",
    responses=problem_responses({403: "Only links on pages of this site lead here."}),
)
async def link(
    request: Request,
    name: str,
    providers: OidcProvidersDep,
    identity: AccountIdentityDep,
    next: OidcParam = "",
) -> Response:
    """Redirect to a provider, to connect it to the account that is signed in.

    Only links on pages of this site lead here: a foreign page could otherwise connect an attacker's
    identity to the user's account.
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
    responses=problem_responses(
        {
            403: "The provider has not verified the e-mail.",
            409: "The e-mail or identity belongs to another account.",
        }
    ),
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
    """Sign in the user who comes back from a provider, or connect it to their account."""
    provider = providers.get(name)
    claims = _read_login_cookie(request)
    add_cookie(request, OIDC_COOKIE, "", max_age=EXPIRED, path=OIDC_PATH)
    try:
        if error or not code:
            raise OidcLoginRefused(name, "the provider sent an error" if error else "no code")
        login_request = _authorization_request(claims, name, state)
        user = await providers.run(partial(provider.finish_login, login_request, code))
        await run_in_threadpool(_log_in_or_link, authenticator, user, claims.get("link"), caller)
    except LOGIN_FAILURES as failure:
        return _failure_response(request, name, failure)
    return RedirectResponse(_safe_destination(claims.get("next", "")), 303)


async def _redirect_to_provider(
    request: Request, name: str, providers: OidcProviders, claims: dict[str, str]
) -> Response:
    provider = providers.get(name)
    callback_url = request.url_for("oidc_callback", name=name)
    if requires_secure_cookies(request):
        callback_url = callback_url.replace(scheme="https")
    try:
        url, login_request = await providers.run(partial(provider.begin_login, str(callback_url)))
    except OidcProviderUnavailable as failure:
        return _failure_response(request, name, failure)
    claims = {
        **login_request.to_claims(),
        **claims,
        "at": name,
        "next": _safe_destination(claims["next"]),
    }
    tokens = app_state(request.app).tokens
    token = tokens.sign(TokenPurpose.OIDC, claims, lifetime=LOGIN_LIFETIME)
    add_cookie(request, OIDC_COOKIE, token, max_age=LOGIN_LIFETIME, path=OIDC_PATH)
    return RedirectResponse(url, 302)


def _read_login_cookie(request: Request) -> dict[str, str]:
    tokens = app_state(request.app).tokens
    return tokens.read(TokenPurpose.OIDC, request.cookies.get(OIDC_COOKIE, "")) or {}


def _authorization_request(
    claims: Mapping[str, str], name: str, state: str
) -> AuthorizationRequest:
    """Return the login that the callback completes.

    Raises `OidcLoginRefused` if this browser did not start it.
    """
    try:
        if claims["at"] != name:
            raise OidcLoginRefused(name, "the login was started at another provider")
        login_request = AuthorizationRequest.from_claims(claims)
    except KeyError as error:
        raise OidcLoginRefused(name, "no login was started, or it has expired") from error
    if not compare_digest(login_request.state.encode(), state.encode()):
        raise OidcLoginRefused(name, "the state does not match")
    return login_request


def _log_in_or_link(
    authenticator: Authenticator,
    user: OidcUser,
    linked_account_id: str | None,
    caller: Identity | None,
) -> None:
    if linked_account_id is None:
        tokens = authenticator.start_session(partial(_find_or_create_account, user))
        set_login_cookies(authenticator.request, tokens)
        return
    if caller is None or not caller.is_logged_in or caller.id != UUID(linked_account_id):
        raise NotSignedIn("sign in first, then connect the provider")
    with open_session(authenticator.state.resources.engine) as session:
        accounts.link_identity(session, user, viewer_id=caller.id)
        session.commit()


def _find_or_create_account(user: OidcUser, session: Session) -> UUID:
    try:
        return accounts.find_or_create(session, user)
    except InvalidEmail as error:
        raise EmailNotVerified(str(error)) from error


def _failure_response(request: Request, name: str, failure: Exception) -> Response:
    """Redirect a browser to the login page.

    Raises the failure for other clients.
    """
    reason = getattr(failure, "reason", None) or type(failure).__name__
    log.warning("provider_sign_in_failed", provider=name, reason=reason)
    if "text/html" not in request.headers.get("accept", ""):
        raise failure
    return RedirectResponse("/signin?" + urlencode({"problem": problem_code(failure)}), 303)


def _safe_destination(address: str) -> str:
    return address if is_local_destination(address) else DEFAULT_DESTINATION
