"""Who wants to be forgotten is: at once, from every table, and whatever is under way meanwhile."""

import re
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import httpx
import redis
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from api.auth import login_cookies
from api.auth.visitor_cookie import VISITOR_COOKIE
from api.state import app_state
from db import viewer_lifecycle
from db.engine import open_session
from tests.viewer_clients import ViewerClient, ViewerFactory
from viewers import login_sessions

SELECT_TABLE_NAMES = text(
    """
    SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    """
)
TABLES_WITHOUT_VIEWER_ID = {
    "public.refresh_token",
    "public.search_click",
}  # they name their parents


def viewer_tables() -> set[str]:
    """Return the tables that hold something of a viewer, and those that hang on them."""
    found, before = {"viewer", "search_query"}, set[str]()
    while found != before:
        before = set(found)
        found |= {
            table.name
            for table in SQLModel.metadata.tables.values()
            if any(key.column.table.name in before for key in table.foreign_keys)
        }
    return {f"public.{name}" for name in found}


def tables_containing(engine: Engine, *needles: str) -> set[str]:
    """Return the tables with a row that holds one of these texts, in whatever column."""
    found = set()
    with engine.connect() as connection:
        for table in connection.execute(SELECT_TABLE_NAMES).scalars().all():
            for needle in needles:
                query = text(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE :like")
                if connection.execute(query, {"like": f"%{needle}%"}).scalar():
                    found.add(table)
    return found


def row_counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in sorted(viewer_tables())
        }


def valkey_contents(client: "redis.Redis") -> Iterator[bytes]:
    """Yield all that a Valkey holds, jobs unpacked."""
    readers: dict[bytes, Callable[[bytes], Any]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    for key in client.scan_iter():
        yield key
        kind = bytes(client.type(key))  # type: ignore[arg-type]  # a synchronous client
        value = readers[kind](key) if kind in readers else b""
        held = value.values() if isinstance(value, dict) else value
        for each in [held] if isinstance(held, bytes) else held or ():
            yield each
            with suppress(zlib.error):
                yield zlib.decompress(each)


def perform_all_actions(viewer: ViewerClient, engine: Engine) -> None:
    """Do all that can be done."""
    browser, found = viewer.http, {"content_id": 1}

    def done(answer: httpx.Response) -> httpx.Response:
        assert answer.status_code in (200, 201, 202), answer.text
        return answer

    done(browser.put("/api/user/profile", json={"region": "IN-TG", "name": "Asha"}))
    done(browser.put("/api/user/picks", json={"content_ids": [2, 3]}))
    for event in ("impression", "like", "watchlist", "favorite"):
        done(browser.post("/api/user/interactions", json={**found, "event": event}))
    viewing = done(browser.post("/api/user/viewings", json=found)).json()
    done(browser.post(f"/api/user/viewings/{viewing['id']}/stop", json={"progress": 0.5}))
    searched = done(browser.get("/api/search?q=eega")).headers["x-search-id"]
    click = {**found, "search_id": searched, "position": 1}
    done(browser.post("/api/search/clicks", json=click))
    if viewer.email:
        done(browser.post("/api/content/1/reviews", json={"text": "The fly is the hero."}))
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO provider_identity VALUES ('https://i.example', :s, :id)"),
                {"s": uuid4().hex, "id": viewer.id},
            )
    done(browser.get("/api/search/history"))  # the log is written


def test_of_who_has_an_account_no_row_is_left_and_nothing_of_others_is_lost(
    viewers: ViewerFactory,
) -> None:
    engine, other = viewers.engine, viewers.with_account()
    perform_all_actions(other, engine)
    before = row_counts(engine)
    assert min(before.values()) > 0, before
    person = viewers.with_account()
    perform_all_actions(person, engine)
    guessed = {"email": person.email, "password": "not the one of this account"}
    assert viewers.anonymous_client().post("/api/auth/login", json=guessed).status_code == 401
    needles = (str(person.id), person.id.hex, person.email)
    assert tables_containing(engine, *needles) == viewer_tables() - TABLES_WITHOUT_VIEWER_ID
    assert person.http.delete("/api/user/profile").status_code == 204
    assert tables_containing(engine, *needles) == set()
    assert row_counts(engine) == before
    assert not [
        each
        for each in valkey_contents(app_state(viewers.app).resources.redis)
        if contains_identity(each, needles)
    ]
    assert person.http.get("/api/user/profile").status_code == 401


def contains_identity(content: bytes, needles: tuple[str, ...]) -> bool:
    return (
        any(needle.encode() in content for needle in needles) or UUID(needles[0]).bytes in content
    )


def test_of_a_visitor_no_row_is_left(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor()
    perform_all_actions(visitor, viewers.engine)
    assert tables_containing(viewers.engine, str(visitor.id))
    assert visitor.http.delete("/api/user/profile").status_code == 204
    assert tables_containing(viewers.engine, str(visitor.id), visitor.id.hex) == set()
    assert set(row_counts(viewers.engine).values()) == {0}


def test_what_somebody_was_shown_is_not_remembered_either(viewers: ViewerFactory) -> None:
    def covered() -> float:
        told = viewers.anonymous_client().get("/metrics").text
        return float(re.findall(r"^rasika_feed_coverage (\S+)$", told, re.MULTILINE)[0])

    person, before = viewers.with_account(), covered()
    assert person.http.get("/api/recommendations/personalized").json()["items"]
    assert covered() > before
    assert person.http.delete("/api/user/profile").status_code == 204
    assert covered() == before


def test_the_browser_forgets_too(viewers: ViewerFactory) -> None:
    visitor, member = viewers.visitor(), viewers.with_account()
    with open_session(viewers.engine) as writing:
        pair = login_sessions.start(writing, member.id, tokens=app_state(viewers.app).tokens)
        writing.commit()
    perform_all_actions(visitor, viewers.engine)
    browser = visitor.http
    for name, token in (
        (login_cookies.ACCESS_COOKIE, pair.access),
        (login_cookies.REFRESH_COOKIE, pair.refresh),
    ):
        browser.cookies.set(name, token, domain=browser.base_url.host)
    assert browser.get("/api/user/profile").json()["email"] == member.email
    assert set(browser.cookies) == {
        login_cookies.ACCESS_COOKIE,
        login_cookies.REFRESH_COOKIE,
        VISITOR_COOKIE,
    }
    assert browser.delete("/api/user/profile").status_code == 204
    assert not browser.cookies
    assert set(row_counts(viewers.engine).values()) == {0}
    assert browser.get("/api/user/profile").json()["email"] is None


def test_who_is_nobody_or_was_forgotten_can_ask_again(viewers: ViewerFactory) -> None:
    stranger, visitor = viewers.anonymous_client(), viewers.visitor()
    for browser in (stranger, visitor.http, visitor.http):
        assert browser.delete("/api/user/profile").status_code == 204
    assert set(row_counts(viewers.engine).values()) == {0}


def test_a_page_elsewhere_deletes_nobody(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor()
    perform_all_actions(visitor, viewers.engine)
    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    assert visitor.http.delete("/api/user/profile", headers=elsewhere).status_code == 403
    assert tables_containing(viewers.engine, str(visitor.id))


def test_whatever_is_under_way_meanwhile_leaves_nothing(viewers: ViewerFactory) -> None:
    for person in (viewers.visitor(), viewers.with_account()):
        browser = person.http
        perform_all_actions(person, viewers.engine)
        work: list[Callable[[httpx.Client], httpx.Response]] = [
            lambda it: it.post("/api/user/interactions", json={"content_id": 5, "event": "like"}),
            lambda it: it.post("/api/user/viewings", json={"content_id": 5}),
            lambda it: it.put("/api/user/profile", json={"region": "IN-KA"}),
            lambda it: it.get("/api/search?q=magadheera"),
            lambda it: it.get("/api/user/export"),
        ]
        with ThreadPoolExecutor(len(work)) as at_once:
            asked = [at_once.submit(repeat_request, browser, each) for each in work]
            assert browser.delete("/api/user/profile").status_code == 204
            answers = set[int]().union(*(each.result(timeout=60) for each in asked))
        assert answers <= {200, 201, 401, 410}, answers
        app_state(viewers.app).search_log.flush()
        with open_session(viewers.engine) as writing:
            viewer_lifecycle.delete_leftovers(writing)
            writing.commit()
        assert tables_containing(viewers.engine, str(person.id)) == set()


def repeat_request(
    browser: httpx.Client, send: Callable[[httpx.Client], httpx.Response]
) -> set[int]:
    """Ask again and again in somebody's name, whatever he does, and return the answers."""
    with httpx.Client(
        base_url=browser.base_url, headers=browser.headers, cookies=dict(browser.cookies)
    ) as beside:
        return {send(beside).status_code for _ in range(30)}
