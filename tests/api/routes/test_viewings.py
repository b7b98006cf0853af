"""Watching a title, from start to stop: it counts once, and as far as it got."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from db.engine import open_session
from runtime.catalogue_view import CatalogueView
from runtime.title_features import ServedTitleFeatures
from tests.viewer_clients import ViewerClient, ViewerFactory
from viewers import viewings

ViewingDocument = dict[str, Any]


@pytest.fixture
def ravi(viewers: ViewerFactory) -> ViewerClient:
    return viewers.visitor()


def start_viewing(viewer: ViewerClient, *, title: int = 1, **fields: object) -> ViewingDocument:
    answer = viewer.http.post("/api/user/viewings", json={"content_id": title, **fields})
    assert answer.status_code == 201, answer.text
    viewing: ViewingDocument = answer.json()
    return viewing


def update_progress(
    viewer: ViewerClient, viewing: ViewingDocument, progress: float
) -> httpx.Response:
    address = f"/api/user/viewings/{viewing['id']}"
    return viewer.http.patch(address, json={"progress": progress})


def stop_viewing(
    viewer: ViewerClient, viewing: ViewingDocument, **fields: object
) -> ViewingDocument:
    answer = viewer.http.post(f"/api/user/viewings/{viewing['id']}/stop", json=fields)
    assert answer.status_code == 200, answer.text
    stopped: ViewingDocument = answer.json()
    return stopped


def stored_interactions(viewers: ViewerFactory) -> list[tuple[str, int, float | None, str | None]]:
    with viewers.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT event, title_id, progress, device FROM interaction ORDER BY id")
        )
        return [tuple(row) for row in rows]


def test_what_was_watched_counts_once_as_far_as_it_got(
    viewers: ViewerFactory, ravi: ViewerClient
) -> None:
    viewing = start_viewing(ravi, device="tv")
    assert (viewing["completion"], viewing["completed"], viewing["stopped_at"]) == (0, False, None)
    assert viewing["title"]
    assert update_progress(ravi, viewing, 0.6).json()["completion"] == 0.6
    assert update_progress(ravi, viewing, 0.2).json()["completion"] == 0.6
    assert stored_interactions(viewers) == []
    stopped = stop_viewing(ravi, viewing)
    assert (stopped["completion"], stopped["completed"]) == (0.6, False)
    assert stop_viewing(ravi, viewing, progress=1.0) == stopped
    assert stored_interactions(viewers) == [("watch", 1, 0.6, "tv")]
    history = ravi.http.get("/api/user/history").json()["items"]
    assert [each["id"] for each in history] == [1]


def test_who_comes_to_the_credits_has_seen_it(viewers: ViewerFactory, ravi: ViewerClient) -> None:
    assert stop_viewing(ravi, start_viewing(ravi), progress=0.93)["completed"]
    assert stored_interactions(viewers) == [("complete", 1, None, None)]


def test_who_saw_nothing_did_not_give_it_up(viewers: ViewerFactory, ravi: ViewerClient) -> None:
    viewing = start_viewing(ravi)
    answer = ravi.http.post(f"/api/user/viewings/{viewing['id']}/stop")
    assert answer.json()["stopped_at"] is not None
    assert stored_interactions(viewers) == []


def test_a_viewing_started_twice_is_one(viewers: ViewerFactory, ravi: ViewerClient) -> None:
    same = {"id": str(uuid4()), "content_id": 1}
    first = ravi.http.post("/api/user/viewings", json=same)
    again = ravi.http.post("/api/user/viewings", json=same)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    for other, told_of in ((ravi, {**same, "content_id": 2}), (viewers.with_account(), same)):
        answer = other.http.post("/api/user/viewings", json=told_of)
        assert (answer.status_code, answer.json()["type"]) == (
            409,
            "urn:rasika:problem:viewing-taken",
        )


def test_a_viewing_that_is_over_does_not_go_on(ravi: ViewerClient) -> None:
    viewing = start_viewing(ravi)
    stop_viewing(ravi, viewing, progress=0.5)
    answer = update_progress(ravi, viewing, 0.7)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rasika:problem:viewing-over")


def test_nobody_sees_or_moves_anothers_viewing(viewers: ViewerFactory, ravi: ViewerClient) -> None:
    viewing = start_viewing(ravi)
    for other in (viewers.with_account(), viewers.visitor()):
        assert update_progress(other, viewing, 0.9).status_code == 404
        address = f"/api/user/viewings/{viewing['id']}/stop"
        assert other.http.post(address).status_code == 404
        assert other.http.get("/api/user/viewings").json()["items"] == []
    assert update_progress(ravi, viewing, 0.1).json()["completion"] == 0.1


def test_the_last_begun_come_first_with_how_many_came_to_the_end(ravi: ViewerClient) -> None:
    for title, progress in ((1, 1.0), (2, 0.3), (3, 0.95)):
        stop_viewing(ravi, start_viewing(ravi, title=title), progress=progress)
    start_viewing(ravi, title=4)
    page = ravi.http.get("/api/user/viewings", params={"limit": 2}).json()
    assert [each["content_id"] for each in page["items"]] == [4, 3]
    assert (page["total"], page["completion_rate"]) == (4, pytest.approx(2 / 3))


def test_operators_see_what_is_watched_to_the_end(
    viewers: ViewerFactory, ravi: ViewerClient
) -> None:
    asha = viewers.with_account()
    for person, title, progress in ((ravi, 1, 1.0), (asha, 1, 0.5), (asha, 2, 0.1)):
        stop_viewing(person, start_viewing(person, title=title), progress=progress)
    start_viewing(ravi, title=2)
    operator = viewers.anonymous_client()
    first, second = operator.get("/api/admin/viewings").json()
    assert (first["content_id"], first["viewings"], first["viewers"]) == (1, 2, 2)
    assert (first["completion_rate"], first["mean_progress"]) == (0.5, 0.75)
    assert (second["content_id"], second["viewings"]) == (2, 1)
    (one,) = operator.get("/api/admin/viewings", params={"content_id": 2}).json()
    assert one == second
    assert operator.get("/api/admin/viewings?since=2999-01-01").json() == []
    elsewhere = {"origin": "https://elsewhere.example"}
    assert asha.http.get("/api/admin/viewings", headers=elsewhere).status_code == 403


def test_what_cannot_be_is_refused(viewers: ViewerFactory, ravi: ViewerClient) -> None:
    viewing = start_viewing(ravi)
    for progress in (-0.1, 1.1, "NaN", None):
        answer = ravi.http.patch(f"/api/user/viewings/{viewing['id']}", json={"progress": progress})
        assert answer.status_code == 422
    for said, status in (
        ({"content_id": 2**31 - 1}, 404),
        ({"content_id": 0}, 422),
        ({"content_id": 1, "device": "t\0v"}, 422),
        ({"content_id": 1, "id": "x"}, 422),
    ):
        assert ravi.http.post("/api/user/viewings", json=said).status_code == status
    wish = viewers.visitor(dnt="1")
    refused = wish.http.post("/api/user/viewings", json={"content_id": 1})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:rasika:problem:nothing-kept")


def test_a_viewing_that_falls_silent_ends_where_it_was(
    viewers: ViewerFactory, ravi: ViewerClient, catalogue_view: CatalogueView
) -> None:
    silent, going = start_viewing(ravi, title=1), start_viewing(ravi, title=2)
    for viewing in (silent, going):
        update_progress(ravi, viewing, 0.7)
    with viewers.engine.begin() as connection:
        connection.execute(
            text("UPDATE viewing SET updated_at = updated_at - interval '7 hours' WHERE id = :id"),
            {"id": silent["id"]},
        )
    with open_session(viewers.engine) as writing:
        shelf = ServedTitleFeatures(catalogue_view)
        closed = [
            viewings.close_idle(writing, ravi.id, UUID(viewing["id"]), feature_source=shelf)
            for viewing in (silent, silent, going)
        ]
        writing.commit()
    assert closed == [True, False, False]
    assert stored_interactions(viewers) == [("watch", 1, 0.7, None)]
    assert update_progress(ravi, silent, 0.8).status_code == 409
    assert update_progress(ravi, going, 0.8).status_code == 200
