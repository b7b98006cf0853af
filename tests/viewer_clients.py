"""People who use the service: with an account, or without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from api.auth.visitor_cookie import VISITOR_COOKIE, Visitor
from db.engine import open_session
from viewers import accounts, login_sessions
from vocabulary.kinds import Role

TRUNCATE_VIEWERS = "TRUNCATE viewer, forgotten, search_query CASCADE"


@dataclass(frozen=True, slots=True)
class ViewerClient:
    """Somebody's number and browser, and the e-mail of his account."""

    id: UUID
    http: httpx.Client
    email: str = ""


class ViewerFactory:
    """Lets people in to a served application."""

    def __init__(self, app: FastAPI, address: httpx.URL) -> None:
        self.app = app
        self.engine = app.state.resources.engine
        self._base_url = address
        self._clients: list[httpx.Client] = []

    def with_account(self, *, name: str | None = None, role: Role = Role.USER) -> ViewerClient:
        """Return somebody with an account, signed in, with no cookie."""
        email = f"{uuid4().hex[:12]}@example.com"
        with open_session(self.engine) as writing:
            number = accounts.create(writing, email, password_hash=None, name=name, role=role)
            pair = login_sessions.start(writing, number, tokens=self.app.state.tokens)
            writing.commit()
        browser = self._open_client({"authorization": f"Bearer {pair.access}"})
        return ViewerClient(number, browser, email)

    def visitor(self, viewer_id: UUID | None = None, **headers: str) -> ViewerClient:
        """Return somebody without an account, who came before."""
        return self.visitor_with_headers(viewer_id or uuid4(), headers)

    def visitor_with_headers(self, viewer_id: UUID, headers: dict[str, str]) -> ViewerClient:
        """Return the visitor of a number, whose browser sends these headers."""
        browser = self._open_client(headers)
        cookie = self.app.state.visitors.written(Visitor(viewer_id))
        browser.cookies.set(VISITOR_COOKIE, cookie, domain=self._base_url.host)
        return ViewerClient(viewer_id, browser)

    def anonymous_client(self, **headers: str) -> httpx.Client:
        """Return the browser of somebody who was never here."""
        return self._open_client(headers)

    def close(self) -> None:
        """Close the browsers, and forget everybody."""
        for browser in self._clients:
            browser.close()
        self.app.state.search_log.flush()
        with self.engine.begin() as connection:
            connection.execute(text(TRUNCATE_VIEWERS))

    def _open_client(self, headers: dict[str, str]) -> httpx.Client:
        browser = httpx.Client(base_url=self._base_url, headers=headers, timeout=30)
        self._clients.append(browser)
        return browser


@contextmanager
def viewer_factory(app: FastAPI, address: httpx.URL) -> Iterator[ViewerFactory]:
    """Let people in where nobody has been, and forget them afterwards."""
    found = ViewerFactory(app, address)
    with found.engine.begin() as connection:
        connection.execute(text(TRUNCATE_VIEWERS))
    yield found
    found.close()
