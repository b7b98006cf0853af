"""What is kept of somebody, for him to take away: all of it, nothing of others."""

import json
from typing import Any

from sqlalchemy import text
from sqlmodel import SQLModel

from db.personal_data import SECTIONS
from tests.viewer_clients import ViewerClient, ViewerFactory

NOT_EXPORTED_COLUMNS = {
    "viewer_id",
    "visitor_id",
    "password_hash",
    "sign_in_id",
    "search_id",
    "vectors",
}

ExportDocument = dict[str, Any]


def export(viewer: ViewerClient) -> ExportDocument:
    answer = viewer.http.get("/api/user/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert "attachment" in answer.headers["content-disposition"]
    found: ExportDocument = answer.json()
    return found


def record_activity(viewer: ViewerClient) -> None:
    browser, title = viewer.http, {"content_id": 1}
    browser.put("/api/user/profile", json={"name": "ఆశ", "languages": ["te"]})
    for event in ("like", "watchlist"):
        browser.post("/api/user/interactions", json={**title, "event": event})
    browser.post("/api/user/viewings", json={**title, "device": "tv"})
    searched = browser.get("/api/search?q=eega").headers["x-search-id"]
    click = {**title, "search_id": searched, "position": 1}
    browser.post("/api/search/clicks", json=click)
    browser.post("/api/content/1/reviews", json={"text": 'They said "fly", I flew.'})


def test_all_that_somebody_said_and_did_is_told(viewers: ViewerFactory) -> None:
    asha, ravi = viewers.with_account(), viewers.with_account()
    for person in (asha, ravi):
        record_activity(person)
    found = export(asha)
    assert list(found) == ["form", "exported_at", *(section.name for section in SECTIONS)]
    assert found["viewer"]["id"] == str(asha.id)
    assert (found["account"]["email"], found["account"]["name"]) == (asha.email, "ఆశ")
    assert found["account"]["has_password"] is False
    assert found["profile"]["languages"] == {"te": 1.0}
    assert [each["event"] for each in found["interactions"]] == ["like", "watchlist"]
    assert found["interactions"][0]["title"] == found["titles"][0]["title"] is not None
    assert found["titles"][0]["watchlist_at"].endswith("+00:00")
    assert any(name.startswith("genre:") for name in found["taste"][0]["numbers"]["affinities"])
    assert found["viewings"][0]["device"] == "tv"
    assert found["reviews"][0]["text"] == 'They said "fly", I flew.'
    (search,) = found["searches"]
    assert (search["text"], search["opened"][0]["title_id"]) == ("eega", 1)
    assert len(found["sign_ins"][0]["refreshed"]) == 1
    whole = json.dumps(found)
    assert str(ravi.id) not in whole
    assert ravi.email not in whole


def test_a_visitor_has_what_he_did(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor()
    visitor.http.post("/api/user/interactions", json={"content_id": 1, "event": "like"})
    found = export(visitor)
    assert (found["account"], found["profile"], found["sign_ins"]) == (None, None, [])
    assert len(found["interactions"]) == 1


def test_of_who_did_nothing_nothing_is_held_and_nobody_gets_nothing(
    viewers: ViewerFactory,
) -> None:
    found = export(viewers.visitor())
    assert [found[section.name] or None for section in SECTIONS] == [None] * len(SECTIONS)
    refused = viewers.anonymous_client().get("/api/user/export")
    assert (refused.status_code, refused.json()["type"]) == (
        401,
        "urn:rasika:problem:not-signed-in",
    )


def test_a_long_life_is_told_whole(viewers: ViewerFactory) -> None:
    asha = viewers.with_account()
    with viewers.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO interaction (client_id, viewer_id, title_id, event, at, received_at)"
                " SELECT gen_random_uuid(), :id, n, 'impression', now(), now()"
                " FROM generate_series(1, 5000) AS n"
            ),
            {"id": asha.id},
        )
    assert [each["title_id"] for each in export(asha)["interactions"]] == list(range(1, 5001))


def test_no_table_and_no_column_is_forgotten(viewers: ViewerFactory) -> None:
    """A later table that hangs on a viewer has to be told too, or this fails."""
    of_viewers, before = {"viewer", "search_query"}, set[str]()
    while of_viewers != before:
        before = set(of_viewers)
        of_viewers |= {
            table.name
            for table in SQLModel.metadata.tables.values()
            if any(key.column.table.name in before for key in table.foreign_keys)
        }
    assert {table for section in SECTIONS for table in section.tables} == of_viewers

    asha = viewers.with_account()
    record_activity(asha)
    with viewers.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO provider_identity VALUES ('https://i.example', 's', :id)"),
            {"id": asha.id},
        )
    found = export(asha)
    inner = {"refresh_token": ("sign_ins", "refreshed"), "search_click": ("searches", "opened")}
    for section in SECTIONS:
        for table in section.tables:
            rows: Any = found[section.name]
            if table in inner:
                name, part = inner[table]
                rows = found[name][0][part]
            row = rows[0] if isinstance(rows, list) else rows
            columns = {column.name for column in SQLModel.metadata.tables[table].columns}
            if table == "standing":  # of many moments, those that were
                assert {"title_id", "liked_at", "watchlist_at"} <= set(row)
            else:
                assert columns - NOT_EXPORTED_COLUMNS <= set(row), table
