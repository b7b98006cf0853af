"""Reviews: one of each title by who has an account, seen by others once approved."""

from typing import Any

import httpx
import pytest

from tests.viewer_clients import ViewerClient, ViewerFactory
from vocabulary.kinds import Role

TEXT = "A fly takes revenge, and you are on its side."

ReviewDocument = dict[str, Any]


@pytest.fixture
def asha(viewers: ViewerFactory) -> ViewerClient:
    return viewers.with_account(name="Asha")


@pytest.fixture
def moderator(viewers: ViewerFactory) -> httpx.Client:
    """Somebody on this machine, who may moderate."""
    return viewers.anonymous_client()


def post_review(
    viewer: ViewerClient, text: str = TEXT, *, title: int = 1, **fields: object
) -> httpx.Response:
    return viewer.http.post(f"/api/content/{title}/reviews", json={"text": text, **fields})


def list_reviews(browser: httpx.Client, title: int = 1) -> list[ReviewDocument]:
    answer = browser.get(f"/api/content/{title}/reviews")
    assert answer.status_code == 200, answer.text
    items: list[ReviewDocument] = answer.json()["items"]
    assert answer.json()["total"] == len(items)
    return items


def set_state(
    moderator: httpx.Client, review: ReviewDocument, state: str, **fields: object
) -> httpx.Response:
    return moderator.patch(f"/api/admin/reviews/{review['id']}", json={"state": state, **fields})


def list_by_state(moderator: httpx.Client, state: str = "pending") -> list[ReviewDocument]:
    answer = moderator.get("/api/admin/reviews", params={"state": state})
    assert answer.status_code == 200, answer.text
    items: list[ReviewDocument] = answer.json()["items"]
    return items


def test_a_review_waits_and_is_then_seen_under_its_authors_name(
    viewers: ViewerFactory, asha: ViewerClient, moderator: httpx.Client
) -> None:
    stranger, ravi = viewers.anonymous_client(), viewers.with_account(name="Ravi")
    written = post_review(asha, f"  {TEXT}\r\nAnd it flies.", language="EN", spoiler=True)
    assert written.status_code == 201, written.text
    review = written.json()
    assert (review["text"], review["language"]) == (f"{TEXT}\nAnd it flies.", "en")
    assert (review["state"], review["own"], review["spoiler"]) == ("pending", True, True)
    assert list_reviews(asha.http) == [review]
    assert list_reviews(stranger) == list_reviews(ravi.http) == []

    assert [each["id"] for each in list_by_state(moderator)] == [review["id"]]
    assert set_state(moderator, review, "approved").json()["state"] == "approved"
    (shown,) = list_reviews(stranger)
    assert (shown["author"], shown["own"], shown["content_id"]) == ("Asha", False, 1)
    assert asha.email not in stranger.get("/api/content/1/reviews").text
    assert list_reviews(stranger, title=2) == []


def test_to_write_again_is_to_edit_and_to_wait_again(
    asha: ViewerClient, viewers: ViewerFactory, moderator: httpx.Client
) -> None:
    first = post_review(asha).json()
    set_state(moderator, first, "approved")
    again = post_review(asha, "On second thoughts, it is about the wife.")
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert again.json()["created_at"] == first["created_at"]
    assert list_reviews(viewers.anonymous_client()) == []
    (own,) = list_reviews(asha.http)
    assert (own["state"], own["text"][:2]) == ("pending", "On")


def test_a_curator_approves_no_text_that_he_did_not_read(
    asha: ViewerClient, moderator: httpx.Client
) -> None:
    read = post_review(asha).json()
    post_review(asha, "Something else entirely, which nobody read.")
    late = set_state(moderator, read, "approved", updated_at=read["updated_at"])
    assert (late.status_code, late.json()["type"]) == (409, "urn:rasika:problem:review-changed")
    (now,) = list_by_state(moderator)
    assert set_state(moderator, now, "rejected", updated_at=now["updated_at"]).status_code == 200
    assert [each["id"] for each in list_by_state(moderator, "rejected")] == [read["id"]]


def test_the_stars_of_the_author_stand_beside_his_review(asha: ViewerClient) -> None:
    asha.http.post(
        "/api/user/interactions", json={"content_id": 1, "event": "rate", "value": 4.5}
    ).raise_for_status()
    assert post_review(asha).json()["rating"] == 4.5


def test_only_who_has_an_account_writes_and_only_the_author_deletes(
    viewers: ViewerFactory, asha: ViewerClient, moderator: httpx.Client
) -> None:
    refused = post_review(viewers.visitor())
    assert (refused.status_code, refused.json()["type"]) == (
        401,
        "urn:rasika:problem:not-signed-in",
    )
    review = post_review(asha).json()
    address = f"/api/user/reviews/{review['id']}"
    assert viewers.with_account().http.delete(address).status_code == 404
    assert viewers.visitor().http.delete(address).status_code == 401
    assert asha.http.delete(address).status_code == 204
    assert asha.http.delete(address).status_code == 404
    assert set_state(moderator, review, "approved").status_code == 404
    assert list_reviews(asha.http) == []


def test_what_is_no_plain_text_of_some_length_is_refused(asha: ViewerClient) -> None:
    for text in (
        "",
        "too short",
        " " * 100,
        "x" * 5001,
        "see <a href='https://example.com'>this</a>",
        "and <script>alert(1)</script>",
        "an image <img src=x onerror=alert(1)>",
        "with a nul \0 inside",
        "with a bell \x07 inside",
    ):
        answer = post_review(asha, text)
        assert answer.status_code == 422, text
        assert answer.json()["errors"][0]["field"] == "text"
    assert post_review(asha, language="Klingonese").json()["errors"][0]["field"] == "language"
    for text in ("I <3 this film, 10 > 9 of 10", "ఈగ ఒక అద్భుతమైన సినిమా", "x" * 5000):
        assert post_review(asha, text).status_code in (200, 201), text


def test_a_title_that_is_not_there_has_no_reviews(asha: ViewerClient) -> None:
    assert post_review(asha, title=2**31 - 1).status_code == 404
    assert asha.http.get(f"/api/content/{2**31 - 1}/reviews").status_code == 404
    assert asha.http.get("/api/content/0/reviews").status_code == 422


def test_pages_of_reviews_begin_with_ones_own(
    viewers: ViewerFactory, asha: ViewerClient, moderator: httpx.Client
) -> None:
    post_review(asha)
    for number in range(3):
        review = post_review(viewers.with_account(name=f"Member {number}")).json()
        set_state(moderator, review, "approved")
    asked = {"limit": 2, "offset": 0}
    page = asha.http.get("/api/content/1/reviews", params=asked).json()
    assert ([each["author"] for each in page["items"]], page["total"]) == (["Asha", "Member 2"], 4)
    rest = asha.http.get("/api/content/1/reviews", params={**asked, "offset": 2}).json()
    assert [each["author"] for each in rest["items"]] == ["Member 1", "Member 0"]


def test_a_curator_moderates_and_does_nothing_else_of_operators(
    viewers: ViewerFactory, asha: ViewerClient
) -> None:
    curator = viewers.with_account(role=Role.CURATOR).http
    elsewhere = {"x-forwarded-for": "203.0.113.5"}
    review = post_review(asha).json()
    answer = curator.patch(
        f"/api/admin/reviews/{review['id']}", json={"state": "approved"}, headers=elsewhere
    )
    assert answer.json()["state"] == "approved"
    assert curator.get("/api/admin/viewings", headers=elsewhere).status_code == 403


def test_others_do_not_moderate(asha: ViewerClient, viewers: ViewerFactory) -> None:
    review = post_review(asha).json()
    elsewhere = {"origin": "https://elsewhere.example"}
    for person in (asha, viewers.with_account(), viewers.visitor()):
        browser = person.http
        assert browser.get("/api/admin/reviews", headers=elsewhere).status_code == 403
        answer = browser.patch(
            f"/api/admin/reviews/{review['id']}", json={"state": "approved"}, headers=elsewhere
        )
        assert answer.status_code == 403
