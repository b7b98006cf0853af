"""Route by route, from the OpenAPI document: nobody reads or changes what is another person's."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import redis
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import SQLModel

from api.app import create_app
from api.state import app_state
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from tests.running_app import running_app
from tests.viewer_clients import ViewerClient, ViewerFactory, viewer_factory
from vocabulary.kinds import Role

ADMIN_PREFIX = "/api/admin/"
CURATOR_PREFIX = "/api/admin/reviews"
PUBLIC_PATHS = (
    "/livez",
    "/readyz",
    "/api/content/{id}/details",
    "/api/search/suggest",
)  # to anybody alike
LOGIN_PATHS = ("/api/auth/register", "/api/auth/login", "/api/auth/refresh", "/api/auth/oidc")
LOGOUT_OPERATION = ("POST", "/api/auth/logout")  # twice is no error
KEY = "the secret key of the tests"
PAGES = ("/", "/feed", "/feed/cards", "/history", "/profile", "/welcome", "/search", "/title/7")
TITLE, OTHER_TITLE = 7, 9
REVIEW_TEXT = "the words of Ravi alone, on a fly"
DEVICE_NAME, SESSION_NAME = "the telly of Ravi", "an evening of Ravi"

Operation = tuple[str, str]


@dataclass(frozen=True)
class OwnedData:
    """What somebody has, and where each of it is found."""

    owner: ViewerClient
    tokens: Mapping[str, str]
    viewing: str
    review: int
    search: str
    interaction: str

    def private_values(self) -> set[str]:
        """Return what no answer to anybody else may hold."""
        return {
            *(str(self.owner.id), self.owner.email, "Ravi Kumar", REVIEW_TEXT, "a search of Ravi"),
            *(DEVICE_NAME, SESSION_NAME),
            *(self.viewing, self.search, self.interaction, *self.tokens.values()),
        }

    def path_ids(self) -> dict[str, str]:
        """Return what to put in the place of an id, by the path that asks for it."""
        return {
            "/api/user/viewings/{id}": self.viewing,
            "/api/user/viewings/{id}/stop": self.viewing,
            "/api/user/reviews/{id}": str(self.review),
            "/api/admin/reviews/{id}": str(self.review),
            "/api/search/history/{id}": self.search,
            "/api/content/{id}/reviews": str(TITLE),
            "/api/content/{id}/details": str(TITLE),
            "/api/content/{id}/similar": str(TITLE),
            "/api/admin/jobs/{id}": "none",
        }


@pytest.fixture
def app(
    seeded_resources: Resources, catalogue_view: CatalogueView, valkey: "redis.Redis"
) -> FastAPI:
    """The service with a secret key and without `local_admin`."""
    settings = seeded_resources.settings.model_copy(
        update={"secret_key": SecretStr(KEY), "local_admin": False}
    )
    return create_app(replace(seeded_resources, redis=valkey, settings=settings), catalogue_view)


@pytest.fixture
def viewers(app: FastAPI) -> Iterator[ViewerFactory]:
    with running_app(app) as client, viewer_factory(app, client.base_url) as found:
        yield found


def create_owner(guests: ViewerFactory) -> OwnedData:
    """Return somebody who did all there is to do."""
    owner = guests.with_account(name="Ravi Kumar")
    browser, viewing, interaction = owner.http, str(uuid4()), str(uuid4())
    events = [
        {"id": interaction, "content_id": TITLE, "event": "favorite", "session_id": SESSION_NAME},
        {"content_id": TITLE, "event": "rate", "value": 4.5},
        {"content_id": OTHER_TITLE, "event": "watchlist"},
        {"content_id": OTHER_TITLE, "event": "watch", "progress": 0.5},
    ]
    expect_success(browser.post("/api/user/interactions", json={"interactions": events}))
    expect_success(
        browser.put("/api/user/profile", json={"name": "Ravi Kumar", "birth_year": 1971})
    )
    watched = {"id": viewing, "content_id": TITLE, "device": DEVICE_NAME}
    expect_success(browser.post("/api/user/viewings", json=watched))
    expect_success(browser.put("/api/user/picks", json={"content_ids": [11]}))
    written = expect_success(
        browser.post(f"/api/content/{TITLE}/reviews", json={"text": REVIEW_TEXT})
    )
    found = browser.get("/api/search", params={"q": "a search of Ravi"})
    opened = {"search_id": found.headers["x-search-id"], "content_id": TITLE, "position": 1}
    expect_success(browser.post("/api/search/clicks", json=opened))
    app_state(guests.app).search_log.flush()
    access = str(browser.headers["authorization"]).removeprefix("Bearer ")
    return OwnedData(
        owner=owner,
        tokens={"access_token": access},
        viewing=viewing,
        review=int(written.json()["id"]),
        search=found.headers["x-search-id"],
        interaction=interaction,
    )


def expect_success(response: httpx.Response) -> httpx.Response:
    assert response.status_code < 300, response.text
    return response


def operations(app: FastAPI, *prefixes: str) -> list[Operation]:
    """Return every operation of the document, or those under some paths."""
    return [
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        if path.startswith(prefixes or "/")
        for method in methods
    ]


def request_bodies(owned: OwnedData) -> dict[Operation, Any]:
    """Return what somebody would send to get at another's, wherever something can be sent."""
    return {
        ("POST", "/api/auth/register"): {"email": owned.owner.email, "password": "mango lassi 9"},
        ("POST", "/api/auth/login"): {"email": owned.owner.email, "password": "mango lassi 9"},
        ("POST", "/api/auth/refresh"): {"refresh_token": owned.tokens["access_token"]},
        ("POST", "/api/auth/logout"): {"refresh_token": owned.tokens["access_token"]},
        ("POST", "/api/auth/logout-everywhere"): None,
        ("POST", "/api/user/interactions"): {
            "id": owned.interaction,
            "viewer_id": str(owned.owner.id),
            "content_id": TITLE,
            "event": "unfavorite",
        },
        ("PUT", "/api/user/profile"): {"name": "Mallory", "viewer_id": str(owned.owner.id)},
        ("DELETE", "/api/user/profile"): None,
        ("PUT", "/api/user/picks"): {"content_ids": [TITLE], "viewer_id": str(owned.owner.id)},
        ("POST", "/api/user/viewings"): {"id": owned.viewing, "content_id": TITLE},
        ("PATCH", "/api/user/viewings/{id}"): {"progress": 1.0},
        ("POST", "/api/user/viewings/{id}/stop"): {"progress": 1.0},
        ("POST", "/api/content/{id}/reviews"): {
            "text": "Words of somebody else",
            "id": owned.review,
        },
        ("DELETE", "/api/user/reviews/{id}"): None,
        ("POST", "/api/search/clicks"): {
            "search_id": owned.search,
            "content_id": TITLE,
            "position": 1,
        },
        ("DELETE", "/api/search/history"): None,
        ("DELETE", "/api/search/history/{id}"): None,
        ("POST", "/api/admin/reindex"): None,
        ("PATCH", "/api/admin/reviews/{id}"): {"state": "approved"},
    }


def send_as_if_owner(
    browser: httpx.Client, operation: Operation, owned: OwnedData
) -> httpx.Response:
    """Ask for something as if one were its owner."""
    method, path = operation
    known = owned.path_ids()
    address = path.replace("{id}", known.get(path, "")).replace("{name}", "home")
    assert "{" not in address
    assert "{id}" not in path or path in known, f"{path}: say what of somebody's is there"
    if method == "GET":
        whose = {"viewer_id": str(owned.owner.id), "user_id": str(owned.owner.id), "q": "a search"}
        return browser.get(address, params=whose)
    sent = request_bodies(owned)
    assert operation in sent, f"{operation}: say what somebody would send to get at another's"
    return browser.request(method, address, json=sent[operation])


def stored_rows(guests: ViewerFactory, viewer_id: UUID) -> dict[str, list[str]]:
    """Return all that is kept of a viewer, by table."""
    kept: dict[str, list[str]] = {}
    app_state(guests.app).search_log.flush()
    with guests.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            whose = {"viewer_id", "visitor_id"} & set(table.columns.keys())
            for where in [f"{column} = :id" for column in whose] or INDIRECT_OWNERSHIP.get(
                table.name, []
            ):
                query = text(f"SELECT t::text FROM {table.name} t WHERE {where} ORDER BY 1")
                kept[table.name] = list(connection.execute(query, {"id": viewer_id}).scalars())
    return kept


INDIRECT_OWNERSHIP = {
    "refresh_token": ["sign_in_id IN (SELECT id FROM sign_in WHERE viewer_id = :id)"],
    "search_click": ["search_id IN (SELECT id FROM search_query WHERE visitor_id = :id)"],
}
"""What hangs on a viewer by way of something else of his."""

MakeAttacker = Callable[[ViewerFactory], httpx.Client]
ATTACKERS: dict[str, MakeAttacker] = {
    "another account": lambda guests: guests.with_account().http,
    "a visitor": lambda guests: guests.visitor().http,
    "nobody": lambda guests: guests.anonymous_client(),
    "nobody to be followed": lambda guests: guests.anonymous_client(dnt="1"),
}


@pytest.mark.parametrize("who", ATTACKERS)
def test_no_one_else_can_read_or_change_a_users_data(viewers: ViewerFactory, who: str) -> None:
    his = create_owner(viewers)
    before = stored_rows(viewers, his.owner.id)
    assert all(before[name] for name in ("interaction", "taste", "viewing", "review", "profile"))
    assert all(before[name] for name in ("search_query", "search_click", "refresh_token"))
    for operation in operations(viewers.app):
        response = send_as_if_owner(ATTACKERS[who](viewers), operation, his)
        assert response.status_code < 500, (operation, response.text)
        assert not leaked_values(his, response), operation
        assert stored_rows(viewers, his.owner.id) == before, operation
        if operation[1].startswith(ADMIN_PREFIX):
            assert response.status_code == 403, operation
    for page in PAGES:
        assert not leaked_values(
            his, ATTACKERS[who](viewers).get(page, params={"q": "a search"})
        ), page
    assert his.owner.http.get("/api/auth/me").json()["id"] == str(his.owner.id)


def leaked_values(owned: OwnedData, response: httpx.Response) -> set[str]:
    """Return what of somebody's an answer holds that was not in the question."""
    sent = f"{response.request.url}{response.request.read().decode()}"
    return {each for each in owned.private_values() if each in response.text and each not in sent}


def test_his_own_token_opens_all_of_it_and_no_cache_keeps_it(viewers: ViewerFactory) -> None:
    """What the test above looks for is there to be found."""
    his = create_owner(viewers)
    reads = [each for each in operations(viewers.app) if each[0] == "GET"]
    answers = [send_as_if_owner(his.owner.http, each, his) for each in reads]
    seen = "".join(each.text for each in answers)
    assert {each for each in his.private_values() if each not in seen} == set(his.tokens.values())
    assert {each.headers["cache-control"] for each in answers} == {"no-store"}


@pytest.mark.parametrize("role", [Role.USER, Role.CURATOR])
def test_what_administrators_do_is_theirs(viewers: ViewerFactory, role: Role) -> None:
    his = create_owner(viewers)
    before = stored_rows(viewers, his.owner.id)
    for operation in operations(viewers.app, ADMIN_PREFIX):
        if role is Role.CURATOR and operation[1].startswith(CURATOR_PREFIX):
            continue
        response = send_as_if_owner(viewers.with_account(role=role).http, operation, his)
        assert response.status_code == 403, operation
        assert response.json()["type"] == "urn:rasika:problem:not-administrator"
    assert stored_rows(viewers, his.owner.id) == before


def test_nothing_opens_to_a_token_that_is_good_no_more(viewers: ViewerFactory) -> None:
    his = create_owner(viewers)
    before = stored_rows(viewers, his.owner.id)
    gone = viewers.with_account()
    expect_success(gone.http.delete("/api/user/profile"))
    left = viewers.with_account()
    expect_success(left.http.post("/api/auth/logout"))
    for operation in operations(viewers.app):
        if operation == LOGOUT_OPERATION or operation[1].startswith((*PUBLIC_PATHS, *LOGIN_PATHS)):
            continue
        for browser in (gone.http, left.http):
            response = send_as_if_owner(browser, operation, his)
            assert response.status_code == 401, (operation, response.text)
            assert response.headers["content-type"] == "application/problem+json"
    assert stored_rows(viewers, his.owner.id) == before
