"""What a feed is like in itself: told to administrators, of one feed and of all together."""

import pytest

from tests.viewer_clients import ViewerFactory
from vocabulary.kinds import Role

FEED_PATH = "/api/recommendations/personalized"


def test_an_administrator_is_told_how_a_feed_is_and_how_all_of_them_are(
    viewers: ViewerFactory,
) -> None:
    admin = viewers.with_account(role=Role.ADMIN).http
    before = admin.get(FEED_PATH, params={"explain": True, "region": "IN-TG"}).json()["measures"]
    other = viewers.visitor().http
    other.put("/api/user/profile", json={"languages": {"ta": 1.0}})
    other.get(FEED_PATH, params={"region": "IN-TN"})
    measures = admin.get(FEED_PATH, params={"explain": True, "region": "IN-TG"}).json()["measures"]
    assert 0 < measures["intra_list_diversity"] <= 2
    assert 0 <= measures["novelty_bits"] <= 10
    assert 0 <= measures["serendipity"] <= 1
    assert 0 < measures["freshness"] <= 1
    assert before["coverage"] < measures["coverage"] <= 1
    assert before["personalisation"] < measures["personalisation"] <= 1


@pytest.mark.parametrize("role", [Role.USER, Role.CURATOR])
def test_nobody_else_is(viewers: ViewerFactory, role: Role) -> None:
    member = viewers.with_account(role=role).http
    assert member.get(FEED_PATH, params={"explain": True}).json()["measures"] is None
