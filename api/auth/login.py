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
    REGISTRATIONS_OF_ADDRESS,
    SIGN_INS_OF_ADDRESS,
    SIGN_INS_OF_BOTH,
    SIGN_INS_OF_EMAIL,
    TAKEN_OF_ADDRESS,
    Throttle,
    ThrottleDep,
    address,
)
from api.auth.visitor_cookie import Visitor, VisitorDep
from api.cpu_limiter import Cores, CoresDep
from api.params import ResourcesDep
from api.routes.search_history import SearchLogDep
from api.state import CatalogueDep
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
class Entrance:
    """Lets whoever made a request in, and takes along what he did as a visitor."""

    request: Request
    resources: Resources
    tokens: TokenSigner
    throttle: Throttle
    cores: Cores
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
        here = address(self.request)
        await run_in_threadpool(self._count_registration, here)
        kept = await self.cores.run(partial(passwords.hash_password, password, email=email))
        make = partial(accounts.create, email=email, password_hash=kept, name=name)
        try:
            return await run_in_threadpool(self.enter, make)
        except EmailTaken:
            await run_in_threadpool(self.throttle.count, TAKEN_OF_ADDRESS, here)
            raise

    async def sign_in(self, email: str, password: str) -> TokenPair:
        """Sign an account in.

        Raises `NotRecognised` and `TooManyAttempts`.
        """
        try:
            email = accounts.normalise_email(email)
        except InvalidEmail:
            email = ""  # nobody's, and it takes as long
        here = address(self.request)
        await run_in_threadpool(self._count_sign_in, here, email)
        viewer_id, kept = await run_in_threadpool(self._known, email)
        known, anew = await self.cores.run(partial(passwords.verify_password, password, kept))
        if viewer_id is None or not known:
            raise InvalidCredentials
        return await run_in_threadpool(self._signed_in, viewer_id, anew, email)

    def enter(self, whose: Callable[[Session], UUID]) -> TokenPair:
        """Sign in the account that a function finds or makes, in one transaction."""
        self.search_log.flush()  # lest what a visitor searched for is written once he is no more
        with open_session(self.resources.engine) as writing:
            viewer_id = whose(writing)
            self._take_along(writing, viewer_id)
            pair = login_sessions.start(writing, viewer_id, tokens=self.tokens)
            writing.commit()
        login_cookies.forget_visitor(self.request)
        return pair

    def _take_along(self, writing: Session, viewer_id: UUID) -> None:
        if self.visitor is None:
            return
        with suppress(ViewerDeleted), writing.begin_nested():
            merge_visitor(writing, self.visitor.id, into=viewer_id, feature_source=self.catalogue)

    def _count_registration(self, here: str) -> None:
        self.throttle.check(TAKEN_OF_ADDRESS, here)
        self.throttle.count(REGISTRATIONS_OF_ADDRESS, here)

    def _count_sign_in(self, here: str, email: str) -> None:
        self.throttle.count(SIGN_INS_OF_ADDRESS, here)
        self.throttle.count(SIGN_INS_OF_BOTH, here, email)
        self.throttle.count(SIGN_INS_OF_EMAIL, email)

    def _known(self, email: str) -> tuple[UUID | None, str | None]:
        with open_session(self.resources.engine) as reading:
            account = rows.find_by_email(reading, email)
        return (account.viewer_id, account.password_hash) if account else (None, None)

    def _signed_in(self, viewer_id: UUID, anew: str | None, email: str) -> TokenPair:
        def whose(writing: Session) -> UUID:
            if anew is not None:
                rows.set_password(writing, viewer_id, anew)
            return viewer_id

        pair = self.enter(whose)
        self.throttle.clear(SIGN_INS_OF_BOTH, address(self.request), email)
        self.throttle.clear(SIGN_INS_OF_EMAIL, email)
        return pair


async def entrance(
    request: Request,
    resources: ResourcesDep,
    throttle: ThrottleDep,
    cores: CoresDep,
    visitor: VisitorDep,
    catalogue: CatalogueDep,
    search_log: SearchLogDep,
) -> Entrance:
    """Return the way in for who asks."""
    tokens: TokenSigner = request.app.state.tokens
    return Entrance(request, resources, tokens, throttle, cores, visitor, catalogue, search_log)


EntranceDep = Annotated[Entrance, Depends(entrance)]
