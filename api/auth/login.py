"""How somebody comes in: with a new account, with a password, or by way of a provider."""

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
from api.auth.rate_limits import (
    LOGINS_PER_ADDRESS,
    LOGINS_PER_ADDRESS_AND_EMAIL,
    LOGINS_PER_EMAIL,
    REGISTRATIONS_PER_ADDRESS,
    TAKEN_EMAILS_PER_ADDRESS,
    RateLimiter,
    RateLimiterDep,
    rate_limit_address,
)
from api.auth.visitor_cookie import Visitor, VisitorDep
from api.cpu_limiter import CpuLimiter, CpuLimiterDep
from api.params import ResourcesDep
from api.routes.search_history import SearchLogDep
from api.state import FeatureSourceDep
from config.resources import Resources
from db import accounts as rows
from db.engine import open_session
from db.viewer_lifecycle import ViewerDeleted
from runtime.search_log import SearchLog
from viewers import accounts, login_sessions, passwords
from viewers.account_merge import merge_visitor
from viewers.accounts import EmailTaken, InvalidCredentials, InvalidEmail
from viewers.interactions import TitleFeatureSource
from viewers.login_sessions import TokenPair
from viewers.tokens import TokenSigner


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Lets whoever made a request in, and takes along what he did as a visitor."""

    request: Request
    resources: Resources
    tokens: TokenSigner
    rate_limiter: RateLimiter
    cpu_limiter: CpuLimiter
    visitor: Visitor | None
    catalogue: TitleFeatureSource
    search_log: SearchLog

    async def register(self, email: str, password: str, *, name: str | None = None) -> TokenPair:
        """Make an account and sign it in.

        A service that writes no e-mails has to tell who registers that an e-mail is taken, so it
        takes as long as an account does, and few such answers are given to one address.

        Raises `WrongEmail`, `WeakPassword`, `EmailTaken` and `TooManyAttempts`.
        """
        email = accounts.normalise_email(email)
        here = rate_limit_address(self.request)
        await run_in_threadpool(self._limit_registrations, here)
        kept = await self.cpu_limiter.run(partial(passwords.hash_password, password, email=email))
        make = partial(accounts.create, email=email, password_hash=kept, name=name)
        try:
            return await run_in_threadpool(self.start_session, make)
        except EmailTaken:
            await run_in_threadpool(
                self.rate_limiter.record_attempt, TAKEN_EMAILS_PER_ADDRESS, here
            )
            raise

    async def log_in(self, email: str, password: str) -> TokenPair:
        """Sign an account in.

        Raises `NotRecognised` and `TooManyAttempts`.
        """
        try:
            email = accounts.normalise_email(email)
        except InvalidEmail:
            email = ""  # nobody's, and it takes as long
        here = rate_limit_address(self.request)
        await run_in_threadpool(self._limit_logins, here, email)
        viewer_id, kept = await run_in_threadpool(self._find_credentials, email)
        known, anew = await self.cpu_limiter.run(partial(passwords.verify_password, password, kept))
        if viewer_id is None or not known:
            raise InvalidCredentials
        return await run_in_threadpool(self._complete_login, viewer_id, anew, email)

    def start_session(self, find_account: Callable[[Session], UUID]) -> TokenPair:
        """Sign in the account that a function finds or makes, in one transaction."""
        self.search_log.flush()  # lest what a visitor searched for is written once he is no more
        with open_session(self.resources.engine) as writing:
            viewer_id = find_account(writing)
            self._merge_visitor(writing, viewer_id)
            pair = login_sessions.start(writing, viewer_id, tokens=self.tokens)
            writing.commit()
        login_cookies.clear_visitor_cookie(self.request)
        return pair

    def _merge_visitor(self, writing: Session, viewer_id: UUID) -> None:
        if self.visitor is None:
            return
        with suppress(ViewerDeleted), writing.begin_nested():
            merge_visitor(writing, self.visitor.id, into=viewer_id, feature_source=self.catalogue)

    def _limit_registrations(self, address: str) -> None:
        self.rate_limiter.check(TAKEN_EMAILS_PER_ADDRESS, address)
        self.rate_limiter.record_attempt(REGISTRATIONS_PER_ADDRESS, address)

    def _limit_logins(self, address: str, email: str) -> None:
        self.rate_limiter.record_attempt(LOGINS_PER_ADDRESS, address)
        self.rate_limiter.record_attempt(LOGINS_PER_ADDRESS_AND_EMAIL, address, email)
        self.rate_limiter.record_attempt(LOGINS_PER_EMAIL, email)

    def _find_credentials(self, email: str) -> tuple[UUID | None, str | None]:
        with open_session(self.resources.engine) as reading:
            account = rows.find_by_email(reading, email)
        return (account.viewer_id, account.password_hash) if account else (None, None)

    def _complete_login(self, viewer_id: UUID, new_hash: str | None, email: str) -> TokenPair:
        def whose(writing: Session) -> UUID:
            if new_hash is not None:
                rows.set_password(writing, viewer_id, new_hash)
            return viewer_id

        pair = self.start_session(whose)
        self.rate_limiter.clear(
            LOGINS_PER_ADDRESS_AND_EMAIL, rate_limit_address(self.request), email
        )
        self.rate_limiter.clear(LOGINS_PER_EMAIL, email)
        return pair


async def authenticator(
    request: Request,
    resources: ResourcesDep,
    rate_limiter: RateLimiterDep,
    cpu_limiter: CpuLimiterDep,
    visitor: VisitorDep,
    catalogue: FeatureSourceDep,
    search_log: SearchLogDep,
) -> Authenticator:
    """Return the way in for who asks."""
    tokens: TokenSigner = request.app.state.tokens
    return Authenticator(
        request, resources, tokens, rate_limiter, cpu_limiter, visitor, catalogue, search_log
    )


AuthenticatorDep = Annotated[Authenticator, Depends(authenticator)]
