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
from api.auth.consent import PersonalDep
from api.auth.identity import SignedInDep, Who, WhoDep
from api.auth.login import Entrance, EntranceDep
from api.errors import CrossOrigin, kind_of
from api.pages.login import is_local
from api.routes.titles import NEEDS_DATABASE
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

COOKIE, PATH = "rasika_openid", "/api/auth/oidc"
AT_ONCE = 4  # threads that wait for providers; a slow one shall not hold up anybody else
UNKEPT = httpx.Limits(max_keepalive_connections=0)  # few calls, hours apart
LONGEST = 4096  # characters of a code or state
HOME = "/feed"
FAILURES = (
    *(OidcLoginRefused, OidcProviderUnavailable, EmailTaken, EmailNotVerified),
    *(ProviderIdentityTaken, NotSignedIn),
)

Result = TypeVar("Result")
Short = Annotated[str, Query(max_length=LONGEST)]

log = structlog.get_logger()
router = APIRouter(
    prefix=PATH,
    tags=["accounts"],
    dependencies=[PersonalDep],
    responses={
        401: {"model": Problem, "description": "The provider lets nobody in."},
        404: {"model": Problem, "description": "There is no such provider."},
        **NEEDS_DATABASE,
    },
)


class Providers:
    """The providers that are set, by name."""

    def __init__(self, known: Mapping[str, OidcProvider]) -> None:
        self._known = known
        self._limiter = CapacityLimiter(AT_ONCE)

    def named(self, name: str) -> OidcProvider:
        """Return a provider.

        Raises `ProviderUnknown`.
        """
        if name not in self._known:
            raise OidcProviderUnknown(name)
        return self._known[name]

    async def wait(self, ask: "partial[Result]") -> Result:
        """Return what a provider answers."""
        return await to_thread.run_sync(ask, limiter=self._limiter)


def providers(settings: Settings) -> Providers:
    """Return the providers of the settings."""
    given = settings.openid_providers
    http = httpx.Client(timeout=HTTP_TIMEOUT_S, limits=UNKEPT) if given else None
    known = {
        each.name: OidcProvider(
            OidcClient(
                name=each.shown,
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
    return Providers(known)


async def found(request: Request) -> Providers:
    """Return the process's providers."""
    known: Providers = request.app.state.providers
    return known


ProvidersDep = Annotated[Providers, Depends(found)]


@router.get(
    "/{name}/start",
    status_code=302,
    response_class=RedirectResponse,
    operation_id="oidc_start",
)
async def start(
    request: Request,
    name: str,
    known: ProvidersDep,
    next: Short = "",  # noqa: A002  # as addresses have it
) -> Response:
    """Send a browser to a provider to sign in there, and to `next`, an address here, afterwards."""
    return await _sent(request, name, known, {"next": next})


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
    known: ProvidersDep,
    asking: SignedInDep,
    next: Short = "",  # noqa: A002  # as addresses have it
) -> Response:
    """Send who is signed in to a provider, to sign in to the same account from there as well.

    Only a link on a page of ours leads here: a foreign one could have somebody link an identity of
    another's to his account.
    """
    if request.headers.get("sec-fetch-site") != "same-origin":
        raise CrossOrigin
    return await _sent(request, name, known, {"next": next, "link": str(asking.id)})


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
    known: ProvidersDep,
    entrance: EntranceDep,
    who: WhoDep,
    code: Short = "",
    state: Short = "",
    error: Short = "",
) -> Response:
    """Let in whoever comes back from a provider."""
    provider = known.named(name)
    remembered = _remembered(request) or {}
    login_cookies.add(request, COOKIE, "", lasts=login_cookies.GONE, path=PATH)
    try:
        if error or not code:
            raise OidcLoginRefused(name, "it said no" if error else "no code")
        asking = _asking(remembered, name, state)
        identity = await known.wait(partial(provider.finish_login, asking, code))
        await run_in_threadpool(_let_in, entrance, identity, remembered.get("link"), who)
    except FAILURES as failure:
        log.warning("provider_sign_in_failed", provider=name, reason=_reason(failure))
        return _failed(request, failure)
    return RedirectResponse(_onwards(remembered.get("next", "")), 303)


async def _sent(
    request: Request, name: str, known: Providers, remembered: dict[str, str]
) -> Response:
    provider = known.named(name)
    back = request.url_for("oidc_callback", name=name)
    if visitor_cookie.is_secure(request):
        back = back.replace(scheme="https")
    try:
        url, asking = await known.wait(partial(provider.begin_login, str(back)))
    except OidcProviderUnavailable as failure:
        log.warning("provider_sign_in_failed", provider=name, reason=failure.reason)
        return _failed(request, failure)
    tokens: TokenSigner = request.app.state.tokens
    claims = {**asking.to_claims(), **remembered, "at": name, "next": _onwards(remembered["next"])}
    token = tokens.sign(TokenPurpose.OIDC, claims, lifetime=LOGIN_LIFETIME)
    login_cookies.add(request, COOKIE, token, lasts=LOGIN_LIFETIME, path=PATH)
    return RedirectResponse(url, 302)


def _remembered(request: Request) -> dict[str, str] | None:
    tokens: TokenSigner = request.app.state.tokens
    return tokens.read(TokenPurpose.OIDC, request.cookies.get(COOKIE, ""))


def _asking(remembered: Mapping[str, str], name: str, state: str) -> AuthorizationRequest:
    """Return the question that an answer is to.

    Raises `ProviderRefused` if this browser asked none, or another one.
    """
    try:
        if remembered["at"] != name:
            raise OidcLoginRefused(name, "another provider was asked")
        asking = AuthorizationRequest.from_claims(remembered)
    except KeyError as error:
        raise OidcLoginRefused(name, "nothing was asked, or too long ago") from error
    if not compare_digest(asking.state.encode(), state.encode()):
        raise OidcLoginRefused(name, "the state is another one")
    return asking


def _let_in(entrance: Entrance, identity: OidcUser, linking: str | None, who: Who | None) -> None:
    if linking is None:
        pair = entrance.enter(partial(_account, identity))
        login_cookies.set_cookies(entrance.request, pair)
        return
    if who is None or not who.signed_in or who.id != UUID(linking):
        raise NotSignedIn("sign in first, then connect the provider")
    with open_session(entrance.resources.engine) as writing:
        accounts.link_identity(writing, identity, viewer_id=who.id)
        writing.commit()


def _account(identity: OidcUser, writing: Session) -> UUID:
    try:
        return accounts.find_or_create(writing, identity)
    except InvalidEmail as error:
        raise EmailNotVerified(str(error)) from error


def _failed(request: Request, failure: Exception) -> Response:
    """Lead a browser back to the sign-in page; let a program see what it is.

    Raises what failed.
    """
    if "text/html" not in request.headers.get("accept", ""):
        raise failure
    return RedirectResponse("/signin?" + urlencode({"problem": kind_of(failure)}), 303)


def _reason(failure: Exception) -> str:
    return getattr(failure, "reason", None) or type(failure).__name__


def _onwards(address: str) -> str:
    return address if is_local(address) else HOME
