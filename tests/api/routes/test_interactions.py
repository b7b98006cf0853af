"""What people tell they do: counted once, checked, theirs alone, and seen at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from api.auth.visitor_cookie import VISITOR_COOKIE
from api.state import app_state
from db import title_states
from db.engine import DatabaseUnavailable, open_session
from runtime.title_features import ServedTitleFeatures
from tests.viewer_clients import ViewerFactory
from viewers import interactions

INTERACTIONS_PATH = "/api/user/interactions"
UNKNOWN_TITLE_ID = 2_000_000_000  # no title has it
EEGA_ID, OTHER_ID, THIRD = 1, 2, 3


def post_interactions(browser: httpx.Client, body: object) -> dict[str, object]:
    answer = browser.post(INTERACTIONS_PATH, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def validation_errors(browser: httpx.Client, body: object) -> dict[str, str]:
    """Return what is wrong, by field."""
    answer = browser.post(INTERACTIONS_PATH, json=body)
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


def like_event(title_id: int = EEGA_ID, **fields: object) -> dict[str, object]:
    return {"content_id": title_id, "event": "like", **fields}


def get_list(
    browser: httpx.Client, path: str = INTERACTIONS_PATH, **params: int
) -> dict[str, object]:
    answer = browser.get(path, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, object] = answer.json()
    return found


def response_items(response: dict[str, object]) -> list[dict[str, Any]]:
    listed = response["items"]
    assert isinstance(listed, list)
    return listed


def response_ids(response: dict[str, object]) -> list[int]:
    return [each.get("content_id", each["id"]) for each in response_items(response)]


def test_one_thing_or_several_are_stored_once(viewers: ViewerFactory) -> None:
    browser = viewers.with_account().http
    number = str(uuid4())
    none_refused = {"refused": [], "kept": True}
    assert post_interactions(browser, like_event(id=number)) == {
        "stored": 1,
        "repeated": 0,
        **none_refused,
    }
    several = [like_event(id=number), {"content_id": OTHER_ID, "event": "view"}]
    assert post_interactions(browser, several) == {"stored": 1, "repeated": 1, **none_refused}
    assert post_interactions(browser, {"interactions": several[:1]}) == {
        "stored": 0,
        "repeated": 1,
        **none_refused,
    }
    assert post_interactions(browser, []) == {"stored": 0, "repeated": 0, **none_refused}
    assert response_ids(get_list(browser)) == [OTHER_ID, EEGA_ID]


def test_what_is_told_is_told_again(viewers: ViewerFactory) -> None:
    browser = viewers.with_account().http
    told = {
        "id": str(uuid4()),
        "content_id": EEGA_ID,
        "event": "watch",
        "progress": 0.25,
        "at": "2026-01-02T03:04:05.678901Z",
        "session_id": "abc",
        "device": "tv",
        "row": "because:7",
        "position": 3,
    }
    told["at"] = (datetime.now(UTC) - timedelta(days=3)).isoformat().replace("+00:00", "Z")
    post_interactions(browser, told)
    assert get_list(browser)["items"] == [{**told, "value": None}]
    post_interactions(browser, like_event(OTHER_ID, value=3.0, progress=0.5))
    latest, _ = response_items(get_list(browser))
    assert (latest["value"], latest["progress"]) == (None, None)  # not of this event


def test_a_new_visitor_is_known_from_then_on(viewers: ViewerFactory) -> None:
    stranger = viewers.anonymous_client()
    assert get_list(stranger)["total"] == 0
    assert not stranger.cookies
    post_interactions(stranger, like_event())
    assert VISITOR_COOKIE in stranger.cookies
    assert response_ids(get_list(stranger)) == [EEGA_ID]


@pytest.mark.parametrize("header", ["dnt", "sec-gpc"])
def test_of_who_asks_not_to_be_followed_nothing_is_kept(
    viewers: ViewerFactory, header: str
) -> None:
    for browser in (
        viewers.anonymous_client(**{header: "1"}),
        viewers.visitor(None, **{header: "1"}).http,
    ):
        assert post_interactions(browser, like_event()) == {
            "stored": 0,
            "repeated": 0,
            "refused": [],
            "kept": False,
        }
        assert "set-cookie" not in browser.post(INTERACTIONS_PATH, json=like_event()).headers
        assert get_list(browser)["total"] == 0
    member = viewers.with_account()
    member.http.headers[header] = "1"
    assert post_interactions(member.http, like_event())["kept"] is True


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
    viewers: ViewerFactory, given: dict[str, object], field: str, message: str
) -> None:
    browser = viewers.with_account().http
    wrong = {**like_event(), **given}
    found = validation_errors(browser, wrong)
    assert list(found) == [field or "body"]
    assert message in found[field or "body"]
    assert list(validation_errors(browser, [like_event(), wrong])) == [
        f"1.{field}" if field else "1"
    ]
    in_batch = f"interactions.1.{field}" if field else "interactions.1"
    assert list(validation_errors(browser, {"interactions": [like_event(), wrong]})) == [in_batch]
    assert get_list(browser)["total"] == 0


def test_more_than_five_hundred_or_something_else_is_refused(viewers: ViewerFactory) -> None:
    browser = viewers.with_account().http
    assert "500" in validation_errors(browser, [like_event()] * 501)["body"]
    for body in (7, "like", None, {"interactions": 7}):
        assert browser.post(INTERACTIONS_PATH, json=body).status_code == 422
    assert post_interactions(browser, [like_event() for _ in range(500)])["stored"] == 500


def test_a_clock_that_is_a_little_ahead_is_set_right(viewers: ViewerFactory) -> None:
    browser = viewers.with_account().http
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    post_interactions(browser, like_event(at=ahead.isoformat()))
    (only,) = response_items(get_list(browser))
    assert datetime.fromisoformat(only["at"]) <= datetime.now(UTC)
    late = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    assert "future" in validation_errors(browser, like_event(at=late))["at"]


def test_of_titles_that_are_not_there_one_is_an_error_and_others_are_named(
    viewers: ViewerFactory,
) -> None:
    browser = viewers.with_account().http
    answer = browser.post(INTERACTIONS_PATH, json=like_event(UNKNOWN_TITLE_ID))
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:rasika:problem:title-not-found"
    found = post_interactions(browser, [like_event(UNKNOWN_TITLE_ID), like_event(OTHER_ID)])
    assert found["stored"] == 1
    assert found["refused"] == [{"index": 0, "detail": f"there is no title {UNKNOWN_TITLE_ID}"}]
    assert response_ids(get_list(browser)) == [OTHER_ID]


def test_nobody_sees_or_changes_what_another_did(viewers: ViewerFactory) -> None:
    mine, other = viewers.with_account().http, viewers.visitor().http
    number = str(uuid4())
    post_interactions(mine, like_event(id=number))
    assert get_list(other)["total"] == 0
    assert (
        post_interactions(other, {"id": number, "content_id": OTHER_ID, "event": "dislike"})[
            "stored"
        ]
        == 1
    )
    assert response_ids(get_list(mine)) == [EEGA_ID]


def test_the_log_is_paged(viewers: ViewerFactory) -> None:
    browser = viewers.with_account().http
    post_interactions(browser, [like_event(each) for each in (1, 2, 3, 4, 5)])
    found = get_list(browser, limit=2, offset=1)
    assert response_ids(found) == [4, 3]
    assert (found["total"], found["limit"], found["offset"]) == (5, 2, 1)


def test_taste_and_title_states_change_in_the_same_transaction(viewers: ViewerFactory) -> None:
    person = viewers.with_account()
    post_interactions(
        person.http, [like_event(EEGA_ID), {"content_id": OTHER_ID, "event": "dismiss"}]
    )
    live = app_state(viewers.app).catalogue
    with open_session(viewers.engine) as reading:
        learnt = interactions.read_taste(reading, person.id, live.model)
        assert set(interactions.read_title_states(reading, person.id)) == {EEGA_ID, OTHER_ID}
        assert learnt.long_term is not None
        assert learnt.aversion is not None
        interactions.rebuild_viewer_state(reading, person.id, ServedTitleFeatures(live))
        assert interactions.read_taste(reading, person.id, live.model).mass == learnt.mass


def test_interactions_are_counted_in_metrics(viewers: ViewerFactory) -> None:
    def counted() -> float:
        metrics = app_state(viewers.app).metrics.registry
        return float(metrics.get_sample_value("rasika_interactions_total", {"event": "like"}) or 0)

    before, browser, told = counted(), viewers.with_account().http, like_event(id=str(uuid4()))
    for _ in range(2):
        post_interactions(browser, told)
    assert counted() == before + 1


def test_a_lost_connection_leaves_nothing_stored(
    viewers: ViewerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = viewers.with_account()

    def broken(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("INSERT", {}, psycopg.OperationalError("the server went away"))

    with monkeypatch.context() as failing:
        failing.setattr(title_states, "store", broken)
        assert person.http.post(INTERACTIONS_PATH, json=like_event()).status_code == 503
    assert get_list(person.http)["total"] == 0


def iso_days_ago(number: int) -> str:
    return (datetime.now(UTC) - timedelta(days=number)).isoformat()


def test_lists_show_the_latest_first(viewers: ViewerFactory) -> None:
    browser = viewers.with_account().http
    post_interactions(
        browser,
        [
            {"content_id": 1, "event": "watchlist", "at": iso_days_ago(3)},
            {"content_id": 2, "event": "watchlist", "at": iso_days_ago(2)},
            {"content_id": 3, "event": "watchlist", "at": iso_days_ago(2)},
            {"content_id": 3, "event": "unwatchlist", "at": iso_days_ago(1)},
            {"content_id": 4, "event": "favorite"},
            {"content_id": 5, "event": "rate", "value": 2, "at": iso_days_ago(2)},
            {"content_id": 5, "event": "rate", "value": 4.5, "at": iso_days_ago(1)},
            {"content_id": 6, "event": "watch", "progress": 0.5, "at": iso_days_ago(5)},
            {"content_id": 7, "event": "complete", "at": iso_days_ago(4)},
            {"content_id": 8, "event": "watch", "progress": 0.4},
        ],
    )
    assert response_ids(get_list(browser, "/api/user/watchlist")) == [2, 1]
    assert response_ids(get_list(browser, "/api/user/favorites")) == [4]
    assert response_ids(get_list(browser, "/api/user/history")) == [8, 7, 6]
    assert response_ids(get_list(browser, "/api/user/continue")) == [8, 6]
    ratings = get_list(browser, "/api/user/ratings")
    (rated,) = response_items(ratings)
    assert (rated["id"], rated["rating"], rated["progress"]) == (5, 4.5, None)
    assert {"title", "kind", "year", "language", "genres", "poster_url", "at"} <= set(rated)
    page = get_list(browser, "/api/user/history", limit=1, offset=1)
    assert (response_ids(page), page["total"]) == ([7], 3)
    assert response_ids(get_list(browser, "/api/user/continue", limit=1, offset=1)) == [6]


@pytest.mark.parametrize("name", ["watchlist", "favorites", "history", "ratings", "continue"])
def test_unknown_viewers_have_empty_lists_and_removed_titles_are_on_none(
    viewers: ViewerFactory, name: str
) -> None:
    assert get_list(viewers.anonymous_client(), f"/api/user/{name}")["total"] == 0
    person = viewers.visitor()
    gone = title_states.StoredTitleState(
        UNKNOWN_TITLE_ID,
        4.0,
        0.5,
        *[datetime.now(UTC) if "un" not in each else None for each in title_states.TIME_FIELDS],
    )._replace(dismissed_at=None)
    with open_session(viewers.engine) as writing:
        interactions.record_interactions(
            writing, person.id, [], ServedTitleFeatures(app_state(viewers.app).catalogue)
        )
        title_states.store(writing, person.id, [gone])
        writing.commit()
    found = get_list(person.http, f"/api/user/{name}")
    assert (found["items"], found["total"]) == ([], 0)
