"""People who use the service: with an account, or without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from api.auth.visitor_cookie import COOKIE, Visitor
from db.engine import open_session
from viewers import accounts, login_sessions
from vocabulary.kinds import Role

EVERYTHING = "TRUNCATE viewer, forgotten, search_query CASCADE"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's number and browser, and the e-mail of his account."""

    id: UUID
    browser: httpx.Client
    email: str = ""


class People:
    """Lets people in to a served application."""

    def __init__(self, app: FastAPI, address: httpx.URL) -> None:
        self.app = app
        self.engine = app.state.resources.engine
        self._address = address
        self._browsers: list[httpx.Client] = []

    def member(self, *, name: str | None = None, role: Role = Role.USER) -> Person:
        """Return somebody with an account, signed in, with no cookie."""
        email = f"{uuid4().hex[:12]}@example.com"
        with open_session(self.engine) as writing:
            number = accounts.add(writing, email, password_hash=None, name=name, role=role)
            pair = login_sessions.begin(writing, number, tokens=self.app.state.tokens)
            writing.commit()
        browser = self._browser({"authorization": f"Bearer {pair.access}"})
        return Person(number, browser, email)

    def visitor(self, number: UUID | None = None, **headers: str) -> Person:
        """Return somebody without an account, who came before."""
        return self.bringing(number or uuid4(), headers)

    def bringing(self, number: UUID, headers: dict[str, str]) -> Person:
        """Return the visitor of a number, whose browser sends these headers."""
        browser = self._browser(headers)
        cookie = self.app.state.visitors.written(Visitor(number))
        browser.cookies.set(COOKIE, cookie, domain=self._address.host)
        return Person(number, browser)

    def stranger(self, **headers: str) -> httpx.Client:
        """Return the browser of somebody who was never here."""
        return self._browser(headers)

    def leave(self) -> None:
        """Close the browsers, and forget everybody."""
        for browser in self._browsers:
            browser.close()
        self.app.state.search_log.flush()
        with self.engine.begin() as connection:
            connection.execute(text(EVERYTHING))

    def _browser(self, headers: dict[str, str]) -> httpx.Client:
        browser = httpx.Client(base_url=self._address, headers=headers, timeout=30)
        self._browsers.append(browser)
        return browser


@contextmanager
def people(app: FastAPI, address: httpx.URL) -> Iterator[People]:
    """Let people in where nobody has been, and forget them afterwards."""
    found = People(app, address)
    with found.engine.begin() as connection:
        connection.execute(text(EVERYTHING))
    yield found
    found.leave()
