"""Signing up, signing in and signing out."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from api.auth import login_cookies
from api.auth.identity import VisitorDep, bearer_token
from api.auth.rate_limits import (
    LOGINS_PER_ADDRESS,
    LOGINS_PER_ADDRESS_AND_EMAIL,
    LOGINS_PER_EMAIL,
    REGISTRATIONS_PER_ADDRESS,
    TAKEN_EMAILS_PER_ADDRESS,
    rate_limit_key,
)
from api.auth.visitor_cookie import Visitor
from api.client_address import client_address
from api.state import AppState, AppStateDep, app_state
from db import accounts as account_rows
from db.engine import open_session
from db.viewer_lifecycle import ViewerDeleted
from viewers import accounts, login_sessions, passwords
from viewers.account_merge import merge_visitor
from viewers.accounts import EmailTaken, InvalidCredentials, InvalidEmail
from viewers.login_sessions import NotSignedIn, TokenPair


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Signs users up and in; what they did as a visitor becomes their account's."""

    request: Request
    state: AppState
    visitor: Visitor | None

    async def register(self, email: str, password: str, *, name: str | None = None) -> TokenPair:
        """Create an account and sign it in.

        A service that sends no e-mail must say that an e-mail is taken. So that answer takes as
        long as creating an account, and one address gets few of them.

        Raises `InvalidEmail`, `WeakPassword`, `EmailTaken` and `TooManyAttempts`.
        """
        email = accounts.normalise_email(email)
        await run_in_threadpool(self._limit_registrations)
        password_hash = await self.state.cpu_limiter.run(
            partial(passwords.hash_password, password, email=email)
        )
        create = partial(accounts.create, email=email, password_hash=password_hash, name=name)
        try:
            return await run_in_threadpool(self.start_session, create)
        except EmailTaken:
            await run_in_threadpool(
                self.state.rate_limiter.record_attempt, TAKEN_EMAILS_PER_ADDRESS, self._address
            )
            raise

    async def log_in(self, email: str, password: str) -> TokenPair:
        """Sign an account in with its password.

        Raises `InvalidCredentials` and `TooManyAttempts`.
        """
        try:
            email = accounts.normalise_email(email)
        except InvalidEmail:
            email = ""  # no account has it, and the answer takes as long
        await run_in_threadpool(self._limit_logins, email)
        viewer_id, password_hash = await run_in_threadpool(self._find_credentials, email)
        is_valid, new_hash = await self.state.cpu_limiter.run(
            partial(passwords.verify_password, password, password_hash)
        )
        if viewer_id is None or not is_valid:
            raise InvalidCredentials
        return await run_in_threadpool(self._complete_login, viewer_id, new_hash, email)

    def start_session(self, find_account: Callable[[Session], UUID]) -> TokenPair:
        """Sign in the account that a function finds or creates, in one transaction."""
        self.state.search_log.flush()  # before the visitor of these searches is merged
        with open_session(self.state.resources.engine) as session:
            viewer_id = find_account(session)
            self._merge_visitor(session, viewer_id)
            token_pair = login_sessions.start(session, viewer_id, tokens=self.state.tokens)
            session.commit()
        login_cookies.clear_visitor_cookie(self.request)
        return token_pair

    @property
    def _address(self) -> str:
        trusted_proxies = self.state.settings.trusted_proxies
        return rate_limit_key(client_address(self.request, trusted_proxies))

    def _merge_visitor(self, session: Session, viewer_id: UUID) -> None:
        if self.visitor is None:
            return
        features = self.state.feature_source
        with suppress(ViewerDeleted), session.begin_nested():
            merge_visitor(session, self.visitor.id, into=viewer_id, feature_source=features)

    def _limit_registrations(self) -> None:
        self.state.rate_limiter.check(TAKEN_EMAILS_PER_ADDRESS, self._address)
        self.state.rate_limiter.record_attempt(REGISTRATIONS_PER_ADDRESS, self._address)

    def _limit_logins(self, email: str) -> None:
        record_attempt = self.state.rate_limiter.record_attempt
        record_attempt(LOGINS_PER_ADDRESS, self._address)
        record_attempt(LOGINS_PER_ADDRESS_AND_EMAIL, self._address, email)
        record_attempt(LOGINS_PER_EMAIL, email)

    def _find_credentials(self, email: str) -> tuple[UUID | None, str | None]:
        with open_session(self.state.resources.engine) as session:
            account = account_rows.find_by_email(session, email)
        return (account.viewer_id, account.password_hash) if account else (None, None)

    def _complete_login(self, viewer_id: UUID, new_hash: str | None, email: str) -> TokenPair:
        def update_hash(session: Session) -> UUID:
            if new_hash is not None:
                account_rows.set_password(session, viewer_id, new_hash)
            return viewer_id

        token_pair = self.start_session(update_hash)
        self.state.rate_limiter.clear(LOGINS_PER_ADDRESS_AND_EMAIL, self._address, email)
        self.state.rate_limiter.clear(LOGINS_PER_EMAIL, email)
        return token_pair


async def _authenticator(
    request: Request, state: AppStateDep, visitor: VisitorDep
) -> Authenticator:
    return Authenticator(request, state, visitor)


AuthenticatorDep = Annotated[Authenticator, Depends(_authenticator)]


def log_out(request: Request, refresh_token: str | None = None) -> None:
    """Revoke every token of the login session at once, and clear its cookies.

    Any of its tokens will do: after a night the access token has expired.

    Raises `NotSignedIn` if the bearer token is of no session.
    """
    state, bearer = app_state(request.app), bearer_token(request)
    session_ids = login_sessions.ids_of_tokens(
        state.tokens,
        access=(bearer, request.cookies.get(login_cookies.ACCESS_COOKIE)),
        refresh=(refresh_token, request.cookies.get(login_cookies.REFRESH_COOKIE)),
    )
    if bearer and not session_ids:
        raise NotSignedIn("the access token has expired; send the refresh token")
    with open_session(state.resources.engine) as session:
        for session_id in session_ids:
            login_sessions.end(session, session_id)
        session.commit()
    login_cookies.clear_login_cookies(request)


def log_out_everywhere(request: Request, viewer_id: UUID) -> None:
    """Revoke every login session of an account."""
    with open_session(app_state(request.app).resources.engine) as session:
        login_sessions.end_all(session, viewer_id)
        session.commit()
    login_cookies.clear_login_cookies(request)
