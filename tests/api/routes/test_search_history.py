"""Searches and clicks of visitors: kept, told, forgotten; and what operators learn of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import create_app
from api.auth.visitor_cookie import VISITOR_COOKIE
from api.state import app_state
from config.resources import Resources
from runtime.catalogue_view import CatalogueView
from runtime.search_log import SearchLog
from tests.running_app import running_app

TABLES = ("search_query", "search_click", "popular_search")


@pytest.fixture
def app(seeded_resources: Resources, catalogue_view: CatalogueView) -> Iterator[FastAPI]:
    """The service, its searches gone afterwards."""
    app = create_app(seeded_resources, catalogue_view)
    yield app
    search_log(app).flush()
    with seeded_resources.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(TABLES)}"))


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    """A program, or a browser that has been nowhere."""
    with running_app(app) as client:
        yield client


@contextmanager
def open_browser(client: httpx.Client, **headers: str) -> Iterator[httpx.Client]:
    """Somebody who opened the homepage."""
    with httpx.Client(base_url=client.base_url, headers=headers, timeout=30) as visitor:
        visitor.get("/")
        yield visitor


@pytest.fixture
def visitor_client(client: httpx.Client) -> Iterator[httpx.Client]:
    with open_browser(client) as visitor:
        yield visitor


def search_log(app: FastAPI) -> SearchLog:
    found: SearchLog = app_state(app).search_log
    return found


def rows(app: FastAPI, table: str = "search_query") -> list[dict[str, object]]:
    search_log(app).flush()
    with app_state(app).resources.engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table}")).mappings()
        return [dict(row) for row in found]


def searched_texts(client: httpx.Client, **asked: int) -> list[str]:
    answer = client.get("/api/search/history", params=asked)
    assert answer.status_code == 200, answer.text
    return [each["text"] for each in answer.json()["items"]]


def search(client: httpx.Client, words: str, **asked: object) -> httpx.Response:
    params = {"q": words, "limit": "5", **{name: str(value) for name, value in asked.items()}}
    answer = client.get("/api/search", params=params)
    assert answer.status_code == 200, answer.text
    return answer


def post_click(client: httpx.Client, **told: object) -> int:
    return client.post("/api/search/clicks", json={"position": 1, **told}).status_code


def test_a_search_of_a_visitor_is_kept_as_typed(app: FastAPI, visitor_client: httpx.Client) -> None:
    answer = search(visitor_client, " Eega! ", region="IN-TG")
    (kept,) = rows(app)
    assert (kept["text"], kept["folded"], kept["region"]) == ("Eega!", "eega", "IN-TG")
    assert (kept["results"], kept["degraded"]) == (5, False)
    assert str(kept["id"]) == answer.headers["x-search-id"]
    assert kept["visitor_id"] is not None
    assert kept["recognised"]
    assert 0 < float(str(kept["took_ms"])) < 60_000


def test_the_history_is_ones_own_the_latest_first(
    visitor_client: httpx.Client, client: httpx.Client
) -> None:
    for words in ("eega", "kantara", "EEGA"):
        search(visitor_client, words)
    with open_browser(client) as other:
        search(other, "enthiran")
        assert searched_texts(other) == ["enthiran"]
    assert searched_texts(visitor_client) == ["EEGA", "kantara"]
    assert searched_texts(visitor_client, limit=1, offset=1) == ["kantara"]
    assert visitor_client.get("/api/search/history").json()["total"] == 2


def test_programs_get_no_cookie_unless_they_ask_for_a_history(
    app: FastAPI, client: httpx.Client
) -> None:
    answers = [search(client, "eega"), client.get("/api/trending"), client.get("/livez")]
    answers.append(client.get("/posters/1.svg"))
    assert not any("set-cookie" in each.headers for each in answers)
    assert [row["visitor_id"] for row in rows(app)] == [None]
    assert searched_texts(client) == []
    search(client, "kantara")
    assert searched_texts(client) == ["kantara"]


def test_a_page_gives_a_cookie_that_scripts_and_other_sites_cannot_use(
    client: httpx.Client,
) -> None:
    given = client.get("/search?q=eega").headers["set-cookie"]
    assert given.startswith(f"{VISITOR_COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(given.split("; "))
    assert "Secure" not in given
    assert "set-cookie" not in client.get("/").headers
    assert searched_texts(client) == ["eega"]


def test_behind_a_proxy_that_speaks_https_the_cookie_is_for_https_alone(
    client: httpx.Client,
) -> None:
    given = client.get("/", headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    assert "Secure" in given.split("; ")


@pytest.mark.parametrize(
    "forged",
    ["", "x", "." * 50, "0" * 32, f"{'0' * 32}.sig", "é", "%00", "a" * 4000, f"{'7' * 32}.AAAA"],
)
def test_a_forged_cookie_is_a_new_visitors(app: FastAPI, client: httpx.Client, forged: str) -> None:
    cookie = {b"cookie": f"{VISITOR_COOKIE}={forged}".encode()}
    answer = client.get("/search?q=eega", headers=cookie)
    assert answer.status_code == 200
    assert answer.headers["set-cookie"].startswith(f"{VISITOR_COOKIE}=")
    assert client.get("/api/search?q=eega", headers=cookie).status_code == 200
    assert client.get("/api/search/history", headers=cookie).json()["items"] == []
    assert [row["recognised"] for row in rows(app)] == [False, False]


def test_a_cookie_with_one_letter_changed_is_nobodys(visitor_client: httpx.Client) -> None:
    search(visitor_client, "eega")
    cookie = visitor_client.cookies[VISITOR_COOKIE]
    other = "1" if cookie[0] == "0" else "0"
    visitor_client.cookies.set(VISITOR_COOKIE, other + cookie[1:])
    with httpx.Client(base_url=visitor_client.base_url) as forger:
        forger.cookies.set(VISITOR_COOKIE, other + cookie[1:])
        assert searched_texts(forger) == []


@pytest.mark.parametrize("wish", [{"dnt": "1"}, {"sec-gpc": "1"}])
def test_of_who_asks_for_it_nothing_is_kept(
    app: FastAPI, client: httpx.Client, visitor_client: httpx.Client, wish: dict[str, str]
) -> None:
    pages = [client.get(path, headers=wish) for path in ("/", "/search?q=eega")]
    pages.append(client.get("/api/search/history", headers=wish))
    pages.append(client.get("/api/search?q=eega", headers=wish))
    assert not any({"set-cookie", "x-search-id"} & set(page.headers) for page in pages)
    visitor_client.get("/api/search?q=eega", headers=wish)
    assert rows(app) == []
    search(visitor_client, "kantara")
    told = {"q": "kantara", "content_id": first_result(visitor_client), "position": 1}
    assert visitor_client.post("/api/search/clicks", json=told, headers=wish).status_code == 202
    assert rows(app, "search_click") == []


def first_result(client: httpx.Client, words: str = "eega") -> int:
    answer = client.get("/api/search", params={"q": words}, headers={"dnt": "1"})
    return int(answer.json()["items"][0]["id"])


def test_results_while_one_types_are_one_search(visitor_client: httpx.Client) -> None:
    for typed in ("ma", "mag", "magad", "magadheera"):
        assert visitor_client.get("/search/results", params={"q": typed}).status_code == 200
    assert searched_texts(visitor_client) == ["magadheera"]


def test_neither_further_pages_nor_browsing_are_searches(
    app: FastAPI, visitor_client: httpx.Client
) -> None:
    search(visitor_client, "love")
    search(visitor_client, "love", offset=5)
    search(visitor_client, "")
    search(visitor_client, " \t ")
    visitor_client.get("/search?q=love&offset=24")
    assert len(rows(app)) == 1


@pytest.mark.parametrize("named", [True, False])
def test_what_was_opened_is_kept_with_its_search(
    app: FastAPI, visitor_client: httpx.Client, named: bool
) -> None:
    answer = search(visitor_client, "Eega")
    number = answer.json()["items"][0]["id"]
    of = {"search_id": answer.headers["x-search-id"]} if named else {"q": "eega"}
    assert post_click(visitor_client, content_id=number, **of) == 202
    (kept,) = rows(app, "search_click")
    assert (str(kept["search_id"]), kept["title_id"]) == (answer.headers["x-search-id"], number)
    (past,) = visitor_client.get("/api/search/history").json()["items"]
    assert past["opened"] == [number]


def test_a_program_without_a_cookie_names_its_search(app: FastAPI, client: httpx.Client) -> None:
    answer = search(client, "eega")
    number = answer.json()["items"][0]["id"]
    assert post_click(client, content_id=number, q="eega") == 202
    assert post_click(client, content_id=number, search_id=answer.headers["x-search-id"]) == 202
    assert len(rows(app, "search_click")) == 1


def test_a_click_sent_twice_is_stored_once(app: FastAPI, visitor_client: httpx.Client) -> None:
    number = search(visitor_client, "eega").json()["items"][0]["id"]
    same = str(uuid4())
    for _ in range(3):
        assert post_click(visitor_client, q="eega", content_id=number, id=same) == 202
        assert len(rows(app, "search_click")) == 1


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"content_id": 1}, 422),
        ({"q": "eega"}, 422),
        ({"q": "eega", "content_id": 0}, 422),
        ({"q": "eega", "content_id": 2**31}, 422),
        ({"q": "eega", "content_id": 2**31 - 1}, 404),
        ({"q": "eega", "content_id": 7, "position": 0}, 422),
        ({"q": "eega", "content_id": 7, "position": 10**12}, 422),
        ({"q": "eega", "content_id": 7, "id": "x"}, 422),
        ({"search_id": "\0", "content_id": 7}, 422),
        ({"q": "\0", "content_id": 7}, 202),
        ({"q": "a" * 10_000, "content_id": 7}, 202),
        ({"q": "ﷺ" * 5000, "content_id": 7}, 202),
        ({"q": "", "content_id": 7}, 202),
    ],
)
def test_an_odd_click_does_no_harm(
    app: FastAPI, visitor_client: httpx.Client, told: dict[str, object], status: int
) -> None:
    assert post_click(visitor_client, **told) == status
    assert rows(app, "search_click") == []


def test_half_a_character_in_a_click_does_no_harm(
    app: FastAPI, visitor_client: httpx.Client
) -> None:
    for body in (b'{"q": "\\ud800", "content_id": 7, "position": 1}', b"\xff", b"[]", b"", b"null"):
        answer = visitor_client.post(
            "/api/search/clicks", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code < 500
    assert rows(app, "search_click") == []


@pytest.mark.parametrize("raw", ["%00", "eega%00", "%ED%A0%80", "%FF", "%00%00a", "%F0%9F%8E%AC"])
def test_odd_texts_are_kept_as_far_as_they_can_be(
    app: FastAPI, visitor_client: httpx.Client, raw: str
) -> None:
    for path in (f"/api/search?q={raw}", f"/search?q={raw}"):
        assert visitor_client.get(path).status_code == 200
    assert all("\0" not in str(row["text"]) for row in rows(app))
    assert visitor_client.get("/api/search/history").status_code == 200


def test_a_text_of_great_length_is_kept_and_told(
    app: FastAPI, visitor_client: httpx.Client
) -> None:
    for words in ("a" * 500, "ﷺ" * 400, "👨‍👩‍👧‍👦" * 60):
        search(visitor_client, words)
    assert len(searched_texts(visitor_client)) == 3


def test_a_forgotten_history_leaves_no_row(app: FastAPI, visitor_client: httpx.Client) -> None:
    for words in ("eega", "kantara"):
        number = search(visitor_client, words).json()["items"][0]["id"]
        post_click(visitor_client, q=words, content_id=number)
    search(visitor_client, "still waiting to be written")
    assert visitor_client.delete("/api/search/history").status_code == 204
    assert searched_texts(visitor_client) == []
    assert rows(app) == rows(app, "search_click") == []


def test_one_text_is_forgotten_alone(
    app: FastAPI, visitor_client: httpx.Client, client: httpx.Client
) -> None:
    for words in ("eega", "kantara"):
        search(visitor_client, words)
        post_click(visitor_client, q=words, content_id=first_result(visitor_client, words))
    number = visitor_client.get("/api/search/history").json()["items"][0]["id"]
    with open_browser(client) as other:
        assert other.delete(f"/api/search/history/{number}").status_code == 204
    assert searched_texts(visitor_client) == ["kantara", "eega"]
    for _ in range(2):
        assert visitor_client.delete(f"/api/search/history/{number}").status_code == 204
    assert searched_texts(visitor_client) == ["eega"]
    assert len(rows(app, "search_click")) == 1
    assert visitor_client.delete("/api/search/history/7").status_code == 422


def test_who_has_no_history_can_forget_it(client: httpx.Client) -> None:
    for path in ("/api/search/history", f"/api/search/history/{uuid4()}"):
        answer = client.delete(path)
        assert answer.status_code == 204
        assert "set-cookie" not in answer.headers


def test_operators_learn_what_is_asked_and_opened(
    app: FastAPI, visitor_client: httpx.Client, client: httpx.Client
) -> None:
    search(visitor_client, "bahubli")
    search(visitor_client, "Baahubali")
    post_click(visitor_client, q="baahubali", content_id=first_result(visitor_client), position=3)
    with open_browser(client) as other:
        search(other, "baahubali")
        search(other, "love", language="xx")
    search_log(app).flush()
    answer = client.get("/api/admin/searches", params={"since": "2020-01-01", "limit": 5})
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["searches"], report["visitors"]) == (4, 2)
    assert (report["click_through"], report["mean_position"]) == (0.25, 3.0)
    best = report["popular"][0]
    assert best["text"].lower() == "baahubali"
    assert (best["searches"], best["visitors"]) == (2, 2)
    assert (best["click_through"], best["mean_position"]) == (0.5, 3.0)
    assert [each["text"] for each in report["zero_results"]] == ["love"]
    assert report["without_results"] == 1
    assert {"text": "bahubli", "then": "Baahubali", "times": 1, "visitors": 1} in report[
        "reformulated"
    ]


def test_of_nothing_operators_learn_nothing(client: httpx.Client) -> None:
    report = client.get("/api/admin/searches").json()
    assert (report["searches"], report["click_through"], report["popular"]) == (0, None, [])


@pytest.mark.parametrize("asked", ["since=yesterday", "limit=0", "limit=101", "since=%00"])
def test_a_report_of_what_cannot_be_is_refused(client: httpx.Client, asked: str) -> None:
    assert client.get(f"/api/admin/searches?{asked}").status_code == 422


@pytest.mark.parametrize(
    "since",
    ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0", "2026-11-01T00Z"],
)
def test_a_report_may_begin_at_any_time(client: httpx.Client, since: str) -> None:
    answer = client.get("/api/admin/searches", params={"since": since})
    assert answer.status_code in (200, 422)


def test_only_administrators_learn_it(client: httpx.Client) -> None:
    answer = client.get("/api/admin/searches", headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
