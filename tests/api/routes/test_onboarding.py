"""To begin with: a wall of titles that people know, and picks from which a taste follows."""

from collections import Counter
from typing import Any

import httpx

from catalog.regions import language_weights
from tests.viewer_clients import ViewerFactory

TitleCards = list[dict[str, Any]]


def onboarding_titles(browser: httpx.Client, **params: object) -> TitleCards:
    answer = browser.get("/api/user/onboarding", params={k: str(v) for k, v in params.items()})
    assert answer.status_code == 200, answer.text
    items: TitleCards = answer.json()["items"]
    return items


def test_the_choice_is_of_many_languages_genres_and_people(viewers: ViewerFactory) -> None:
    items = onboarding_titles(viewers.anonymous_client(), region="IN-TG", limit=30)
    assert len({each["id"] for each in items}) == 30
    spoken = Counter(each["language"] for each in items)
    weights = language_weights("IN-TG")
    assert spoken.most_common(1)[0][0] == max(weights, key=weights.__getitem__)
    assert {"te", "hi", "ta", "ml", "kn", "en"} <= set(spoken)
    genres = Counter(each["genres"][0] for each in items)
    assert len(genres) >= 6
    assert genres.most_common(1)[0][1] <= 12
    assert all(each["terms"]["popularity"] > 0 for each in items)
    assert onboarding_titles(viewers.anonymous_client(), region="IN-TG", limit=30) == items


def test_the_choice_is_in_the_languages_asked_for_or_said(viewers: ViewerFactory) -> None:
    stranger, visitor = viewers.anonymous_client(), viewers.visitor().http
    assert {each["language"] for each in onboarding_titles(stranger, language="ta", limit=12)} == {
        "ta"
    }
    visitor.put("/api/user/profile", json={"languages": ["kn", "ml"]})
    spoken = Counter(each["language"] for each in onboarding_titles(visitor, limit=12))
    assert spoken == {"kn": 6, "ml": 6}
    assert len(onboarding_titles(stranger, language="xx", limit=12)) == 12  # what is known anywhere
    assert not stranger.cookies


def test_a_child_is_offered_nothing_above_its_age(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor().http
    visitor.put("/api/user/profile", json={"birth_year": 2018, "languages": ["en"]})
    items = onboarding_titles(visitor, limit=60)
    assert items
    assert not any({"horror", "erotic"} & set(each["genres"]) for each in items)


def test_picks_are_likes_once_and_for_all(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor().http
    ids = [each["id"] for each in onboarding_titles(visitor, limit=4)]
    first = visitor.put("/api/user/picks", json={"content_ids": ids[:3]})
    assert first.json() == {"picked": 3, "repeated": 0}
    again = visitor.put("/api/user/picks", json={"content_ids": [*ids, ids[0]]})
    assert again.json() == {"picked": 1, "repeated": 3}
    told = visitor.get("/api/user/interactions").json()["items"]
    assert {(each["event"], each["row"]) for each in told} == {("like", "onboarding")}
    assert {each["content_id"] for each in told} == set(ids)
    feed = visitor.get("/api/recommendations/personalized", params={"limit": 10}).json()
    assert feed["ladder"][0] == "picks"
    assert not set(ids) & {each["id"] for each in feed["items"]}


def test_what_cannot_be_picked_is_refused_and_nothing_is_kept(viewers: ViewerFactory) -> None:
    visitor = viewers.visitor().http
    for ids, status in (([1, 2**31 - 1], 404), ([], 422), ([0], 422), (list(range(1, 102)), 422)):
        answer = visitor.put("/api/user/picks", json={"content_ids": ids})
        assert answer.status_code == status, ids
    assert visitor.get("/api/user/interactions").json()["items"] == []
    wish = viewers.visitor(dnt="1").http
    assert wish.put("/api/user/picks", json={"content_ids": [1]}).status_code == 403
