"""Test users with their own HTTP client, with and without an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from api.auth.visitor_cookie import VISITOR_COOKIE, Visitor
from api.state import app_state
from db.engine import open_session
from viewers import accounts, login_sessions
from vocabulary.kinds import Role

TRUNCATE_VIEWERS = "TRUNCATE viewer, forgotten, search_query CASCADE"


@dataclass(frozen=True, slots=True)
class ViewerClient:
    """A viewer, their HTTP client, and the e-mail of their account."""

    id: UUID
    http: httpx.Client
    email: str = ""


class ViewerFactory:
    """Creates viewers of a running application."""

    def __init__(self, app: FastAPI, address: httpx.URL) -> None:
        self.app = app
        self.engine = app_state(app).resources.engine
        self._base_url = address
        self._clients: list[httpx.Client] = []

    def with_account(self, *, name: str | None = None, role: Role = Role.USER) -> ViewerClient:
        """Return a new account that sends a bearer token."""
        email = f"{uuid4().hex[:12]}@example.com"
        with open_session(self.engine) as session:
            viewer_id = accounts.create(session, email, password_hash=None, name=name, role=role)
            token_pair = login_sessions.start(session, viewer_id, tokens=app_state(self.app).tokens)
            session.commit()
        browser = self._open_client({"authorization": f"Bearer {token_pair.access}"})
        return ViewerClient(viewer_id, browser, email)

    def visitor(self, viewer_id: UUID | None = None, **headers: str) -> ViewerClient:
        """Return a visitor with a cookie."""
        return self.visitor_with_headers(viewer_id or uuid4(), headers)

    def visitor_with_headers(self, viewer_id: UUID, headers: dict[str, str]) -> ViewerClient:
        """Return a visitor whose client sends headers."""
        browser = self._open_client(headers)
        cookie = app_state(self.app).visitor_cookies.sign(Visitor(viewer_id))
        browser.cookies.set(VISITOR_COOKIE, cookie, domain=self._base_url.host)
        return ViewerClient(viewer_id, browser)

    def anonymous_client(self, **headers: str) -> httpx.Client:
        """Return a client without cookies."""
        return self._open_client(headers)

    def close(self) -> None:
        """Close the clients and delete all viewers."""
        for browser in self._clients:
            browser.close()
        app_state(self.app).search_log.flush()
        with self.engine.begin() as connection:
            connection.execute(text(TRUNCATE_VIEWERS))

    def _open_client(self, headers: dict[str, str]) -> httpx.Client:
        browser = httpx.Client(base_url=self._base_url, headers=headers, timeout=30)
        self._clients.append(browser)
        return browser


@contextmanager
def viewer_factory(app: FastAPI, address: httpx.URL) -> Iterator[ViewerFactory]:
    """Create viewers in an empty database, and delete them afterwards."""
    factory = ViewerFactory(app, address)
    with factory.engine.begin() as connection:
        connection.execute(text(TRUNCATE_VIEWERS))
    yield factory
    factory.close()
