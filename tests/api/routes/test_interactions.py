"""What people tell they do: counted once, checked, theirs alone, and seen at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from api.auth.visitor_cookie import VISITOR_COOKIE
from db import title_states
from db.engine import open_session
from runtime.title_features import LiveShelf
from tests.viewer_clients import ViewerFactory
from viewers import interactions

INTERACTIONS = "/api/user/interactions"
NOWHERE = 2_000_000_000  # no title has it
EEGA, OTHER, THIRD = 1, 2, 3


def post(browser: httpx.Client, body: object) -> dict[str, object]:
    answer = browser.post(INTERACTIONS, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def refused(browser: httpx.Client, body: object) -> dict[str, str]:
    """Return what is wrong, by field."""
    answer = browser.post(INTERACTIONS, json=body)
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


def like(title_id: int = EEGA, **given: object) -> dict[str, object]:
    return {"content_id": title_id, "event": "like", **given}


def listed(browser: httpx.Client, path: str = INTERACTIONS, **asked: int) -> dict[str, object]:
    answer = browser.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, object] = answer.json()
    return found


def items(found: dict[str, object]) -> list[dict[str, Any]]:
    listed = found["items"]
    assert isinstance(listed, list)
    return listed


def ids(found: dict[str, object]) -> list[int]:
    return [each.get("content_id", each["id"]) for each in items(found)]


def test_one_thing_or_several_are_stored_once(everybody: ViewerFactory) -> None:
    browser = everybody.with_account().http
    number = str(uuid4())
    none_refused = {"refused": [], "kept": True}
    assert post(browser, like(id=number)) == {"stored": 1, "repeated": 0, **none_refused}
    several = [like(id=number), {"content_id": OTHER, "event": "view"}]
    assert post(browser, several) == {"stored": 1, "repeated": 1, **none_refused}
    assert post(browser, {"interactions": several[:1]}) == {
        "stored": 0,
        "repeated": 1,
        **none_refused,
    }
    assert post(browser, []) == {"stored": 0, "repeated": 0, **none_refused}
    assert ids(listed(browser)) == [OTHER, EEGA]


def test_what_is_told_is_told_again(everybody: ViewerFactory) -> None:
    browser = everybody.with_account().http
    told = {
        "id": str(uuid4()),
        "content_id": EEGA,
        "event": "watch",
        "progress": 0.25,
        "at": "2026-01-02T03:04:05.678901Z",
        "session_id": "abc",
        "device": "tv",
        "row": "because:7",
        "position": 3,
    }
    told["at"] = (datetime.now(UTC) - timedelta(days=3)).isoformat().replace("+00:00", "Z")
    post(browser, told)
    assert listed(browser)["items"] == [{**told, "value": None}]
    post(browser, like(OTHER, value=3.0, progress=0.5))
    latest, _ = items(listed(browser))
    assert (latest["value"], latest["progress"]) == (None, None)  # not of this event


def test_a_new_visitor_is_known_from_then_on(everybody: ViewerFactory) -> None:
    stranger = everybody.anonymous_client()
    assert listed(stranger)["total"] == 0
    assert not stranger.cookies
    post(stranger, like())
    assert VISITOR_COOKIE in stranger.cookies
    assert ids(listed(stranger)) == [EEGA]


@pytest.mark.parametrize("header", ["dnt", "sec-gpc"])
def test_of_who_asks_not_to_be_followed_nothing_is_kept(
    everybody: ViewerFactory, header: str
) -> None:
    for browser in (
        everybody.anonymous_client(**{header: "1"}),
        everybody.visitor(None, **{header: "1"}).http,
    ):
        assert post(browser, like()) == {
            "stored": 0,
            "repeated": 0,
            "refused": [],
            "kept": False,
        }
        assert "set-cookie" not in browser.post(INTERACTIONS, json=like()).headers
        assert listed(browser)["total"] == 0
    member = everybody.with_account()
    member.http.headers[header] = "1"
    assert post(member.http, like())["kept"] is True


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"event": "sing"}, "event", "impression"),
        ({"content_id": 0}, "content_id", "greater"),
        ({"content_id": 2**31}, "content_id", "less"),
        ({"event": "rate"}, "", "needs a `value`"),
        ({"event": "rate", "value": 0}, "value", "greater than or equal to 0.5"),
        ({"event": "rate", "value": 5.5}, "value", "less than or equal to 5"),
        ({"event": "rate", "value": 3.3}, "value", "steps of 0.5"),
        ({"event": "rate", "value": "NaN"}, "value", ""),
        ({"event": "watch", "progress": 1.01}, "progress", "less than or equal to 1"),
        ({"event": "watch", "progress": "NaN"}, "progress", ""),
        ({"at": "2026-11-01T12:00:00"}, "at", "timezone"),
        ({"at": "yesterday"}, "at", ""),
        ({"at": "1999-12-31T00:00:00Z"}, "at", "two years"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at", "two years"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "at", "future"),
        ({"id": "7"}, "id", "UUID"),
        ({"position": 0}, "position", "greater"),
        ({"session_id": "a\u0000b"}, "session_id", "pattern"),
        ({"row": "😀"}, "row", "pattern"),
        ({"device": "x" * 101}, "device", "100"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_place(
    everybody: ViewerFactory, given: dict[str, object], field: str, message: str
) -> None:
    browser = everybody.with_account().http
    wrong = {**like(), **given}
    found = refused(browser, wrong)
    assert list(found) == [field or "body"]
    assert message in found[field or "body"]
    assert list(refused(browser, [like(), wrong])) == [f"1.{field}" if field else "1"]
    in_batch = f"interactions.1.{field}" if field else "interactions.1"
    assert list(refused(browser, {"interactions": [like(), wrong]})) == [in_batch]
    assert listed(browser)["total"] == 0


def test_more_than_five_hundred_or_something_else_is_refused(everybody: ViewerFactory) -> None:
    browser = everybody.with_account().http
    assert "500" in refused(browser, [like()] * 501)["body"]
    for body in (7, "like", None, {"interactions": 7}):
        assert browser.post(INTERACTIONS, json=body).status_code == 422
    assert post(browser, [like() for _ in range(500)])["stored"] == 500


def test_a_clock_that_is_a_little_ahead_is_set_right(everybody: ViewerFactory) -> None:
    browser = everybody.with_account().http
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    post(browser, like(at=ahead.isoformat()))
    (only,) = items(listed(browser))
    assert datetime.fromisoformat(only["at"]) <= datetime.now(UTC)
    late = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    assert "future" in refused(browser, like(at=late))["at"]


def test_of_titles_that_are_not_there_one_is_an_error_and_others_are_named(
    everybody: ViewerFactory,
) -> None:
    browser = everybody.with_account().http
    answer = browser.post(INTERACTIONS, json=like(NOWHERE))
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:rasika:problem:title-not-found"
    found = post(browser, [like(NOWHERE), like(OTHER)])
    assert found["stored"] == 1
    assert found["refused"] == [{"index": 0, "detail": f"there is no title {NOWHERE}"}]
    assert ids(listed(browser)) == [OTHER]


def test_nobody_sees_or_changes_what_another_did(everybody: ViewerFactory) -> None:
    mine, other = everybody.with_account().http, everybody.visitor().http
    number = str(uuid4())
    post(mine, like(id=number))
    assert listed(other)["total"] == 0
    assert post(other, {"id": number, "content_id": OTHER, "event": "dislike"})["stored"] == 1
    assert ids(listed(mine)) == [EEGA]


def test_the_log_is_paged(everybody: ViewerFactory) -> None:
    browser = everybody.with_account().http
    post(browser, [like(each) for each in (1, 2, 3, 4, 5)])
    found = listed(browser, limit=2, offset=1)
    assert ids(found) == [4, 3]
    assert (found["total"], found["limit"], found["offset"]) == (5, 2, 1)


def test_taste_and_standings_follow_in_the_same_transaction(everybody: ViewerFactory) -> None:
    person = everybody.with_account()
    post(person.http, [like(EEGA), {"content_id": OTHER, "event": "dismiss"}])
    live = everybody.app.state.live
    with open_session(everybody.engine) as reading:
        learnt = interactions.read_taste(reading, person.id, live.model)
        assert set(interactions.read_title_states(reading, person.id)) == {EEGA, OTHER}
        assert learnt.long_term is not None
        assert learnt.aversion is not None
        interactions.rebuild_viewer_state(reading, person.id, LiveShelf(live))
        assert interactions.read_taste(reading, person.id, live.model).mass == learnt.mass


def test_what_viewers_do_is_counted(everybody: ViewerFactory) -> None:
    def counted() -> float:
        metrics = everybody.app.state.metrics.registry
        return float(metrics.get_sample_value("rasika_interactions_total", {"event": "like"}) or 0)

    before, browser, told = counted(), everybody.with_account().http, like(id=str(uuid4()))
    for _ in range(2):
        post(browser, told)
    assert counted() == before + 1


def test_a_database_that_goes_away_on_the_way_leaves_nothing(
    everybody: ViewerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = everybody.with_account()

    def broken(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, ConnectionError("the server went away"))

    with monkeypatch.context() as failing:
        failing.setattr(title_states, "store", broken)
        assert person.http.post(INTERACTIONS, json=like()).status_code == 503
    assert listed(person.http)["total"] == 0


def days_ago(number: int) -> str:
    return (datetime.now(UTC) - timedelta(days=number)).isoformat()


def test_lists_follow_from_what_was_told_the_latest_first(everybody: ViewerFactory) -> None:
    browser = everybody.with_account().http
    post(
        browser,
        [
            {"content_id": 1, "event": "watchlist", "at": days_ago(3)},
            {"content_id": 2, "event": "watchlist", "at": days_ago(2)},
            {"content_id": 3, "event": "watchlist", "at": days_ago(2)},
            {"content_id": 3, "event": "unwatchlist", "at": days_ago(1)},
            {"content_id": 4, "event": "favorite"},
            {"content_id": 5, "event": "rate", "value": 2, "at": days_ago(2)},
            {"content_id": 5, "event": "rate", "value": 4.5, "at": days_ago(1)},
            {"content_id": 6, "event": "watch", "progress": 0.5, "at": days_ago(5)},
            {"content_id": 7, "event": "complete", "at": days_ago(4)},
            {"content_id": 8, "event": "watch", "progress": 0.4},
        ],
    )
    assert ids(listed(browser, "/api/user/watchlist")) == [2, 1]
    assert ids(listed(browser, "/api/user/favorites")) == [4]
    assert ids(listed(browser, "/api/user/history")) == [8, 7, 6]
    assert ids(listed(browser, "/api/user/continue")) == [8, 6]
    ratings = listed(browser, "/api/user/ratings")
    (rated,) = items(ratings)
    assert (rated["id"], rated["rating"], rated["progress"]) == (5, 4.5, None)
    assert {"title", "kind", "year", "language", "genres", "poster_url", "at"} <= set(rated)
    page = listed(browser, "/api/user/history", limit=1, offset=1)
    assert (ids(page), page["total"]) == ([7], 3)
    assert ids(listed(browser, "/api/user/continue", limit=1, offset=1)) == [6]


@pytest.mark.parametrize("name", ["watchlist", "favorites", "history", "ratings", "continue"])
def test_lists_of_a_stranger_are_empty_and_titles_that_went_are_on_none(
    everybody: ViewerFactory, name: str
) -> None:
    assert listed(everybody.anonymous_client(), f"/api/user/{name}")["total"] == 0
    person = everybody.visitor()
    gone = title_states.StoredTitleState(
        NOWHERE,
        4.0,
        0.5,
        *[datetime.now(UTC) if "un" not in each else None for each in title_states.TIME_FIELDS],
    )._replace(dismissed_at=None)
    with open_session(everybody.engine) as writing:
        interactions.record_interactions(
            writing, person.id, [], LiveShelf(everybody.app.state.live)
        )
        title_states.store(writing, person.id, [gone])
        writing.commit()
    found = listed(person.http, f"/api/user/{name}")
    assert (found["items"], found["total"]) == ([], 0)
