"""The personal feed over HTTP: what was done a moment ago shows, and every reason holds."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.auth.visitor_cookie import VISITOR_COOKIE
from catalog.regions import LANGUAGE_WEIGHTS as LANGUAGES_WATCHED
from config.resources import Resources
from db.engine import open_session
from index.query import Filter
from recommend.explanations import (
    MIN_LIKED_OPINION,
    MIN_LOVED_REGIONAL_SIGNAL,
    MIN_SIMILAR_COSINE,
    MIN_TRENDING_FRESHNESS,
    reaction_code,
)
from recommend.feed_context import MIN_STRONG_AFFINITY, FeedContext
from recommend.feed_plan import MIN_PERSON_AFFINITY
from recommend.moods import MoodTarget, Rasa, genre_mood_weight
from recommend.reason_texts import REASON_LANGUAGES
from recommend.title_state import opinion_score
from runtime.catalogue_reader import freshness, regional_popularity
from runtime.catalogue_view import CatalogueView
from services.feed import FeedRequest, feed_context
from services.title_attributes import content_vectors, ranking_attributes
from viewers.context import read_viewer_context

FEED_PATH = "/api/recommendations/personalized"
INTERACTIONS_PATH = "/api/user/interactions"


@pytest.fixture
def browser(client: httpx.Client) -> Iterator[httpx.Client]:
    """A browser of somebody new."""
    with httpx.Client(base_url=client.base_url, timeout=30) as own:
        yield own


@pytest.fixture(scope="session")
def id_by_title(catalogue_view: CatalogueView) -> dict[str, int]:
    return {listing.title: title_id for title_id, listing in catalogue_view.titles.items()}


def post_interaction(visitor: httpx.Client, content_id: int, event: str, **more: object) -> None:
    response = visitor.post(
        INTERACTIONS_PATH, json={"content_id": content_id, "event": event, **more}
    )
    assert response.status_code == 200, response.text


def get_feed(visitor: httpx.Client, **params: object) -> dict[str, Any]:
    response = visitor.get(FEED_PATH, params=params)  # type: ignore[arg-type]  # httpx writes any value as a string
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def title_ids(answer: dict[str, Any]) -> list[int]:
    return [hit["id"] for hit in answer["items"]]


def visitor_id(visitor: httpx.Client) -> UUID:
    return UUID(visitor.cookies[VISITOR_COOKIE].strip('"').partition(".")[0])


def test_who_is_new_gets_what_the_region_watches_and_is_told_so(browser: httpx.Client) -> None:
    answer = get_feed(browser, region="IN-TN", limit=12)
    assert answer["ladder"] == ["region", "popularity"]
    assert len(answer["items"]) == answer["limit"] == 12
    assert {hit["slot"] for hit in answer["items"]} == {"trending"}
    assert sum(hit["language"] == "ta" for hit in answer["items"]) >= 6


def test_a_like_shows_in_the_very_next_feed(
    browser: httpx.Client, id_by_title: dict[str, int], catalogue_view: CatalogueView
) -> None:
    before = get_feed(browser)
    post_interaction(browser, id_by_title["Eega"], "like")
    after = get_feed(browser)
    assert after["ladder"][0] == "taste"
    assert title_ids(after) != title_ids(before)
    assert id_by_title["Eega"] not in title_ids(after)
    close = [catalogue_view.titles[hit["id"]] for hit in after["items"] if hit["slot"] == "close"]
    assert sum(listing.language == "te" for listing in close) >= len(close) / 2


@pytest.mark.parametrize("event", ["dismiss", "dislike", "complete", "rate"])
def test_what_was_dismissed_judged_or_seen_does_not_come_back(
    browser: httpx.Client, id_by_title: dict[str, int], event: str
) -> None:
    post_interaction(browser, id_by_title["Eega"], "like")
    first = title_ids(get_feed(browser))
    post_interaction(browser, first[0], event, **({"value": 4.5} if event == "rate" else {}))
    assert first[0] not in title_ids(get_feed(browser))


def test_terms_add_up_and_the_list_is_as_long_as_asked(
    browser: httpx.Client, id_by_title: dict[str, int]
) -> None:
    post_interaction(browser, id_by_title["Eega"], "favorite")
    answer = get_feed(browser, limit=40, mood="wonder")
    assert len(set(title_ids(answer))) == 40
    for hit in answer["items"]:
        assert hit["score"] == pytest.approx(sum(hit["terms"].values()))


def test_titles_shown_already_make_room(browser: httpx.Client, id_by_title: dict[str, int]) -> None:
    post_interaction(browser, id_by_title["Eega"], "like")
    first = title_ids(get_feed(browser))
    assert not set(first) & set(title_ids(get_feed(browser, exclude=first)))


@pytest.mark.parametrize("number", [-1, 0, 2**31, 2**63, 10**30])
@pytest.mark.parametrize("path", [FEED_PATH, "/feed", "/feed/cards"])
def test_what_is_no_titles_number_is_refused(browser: httpx.Client, path: str, number: int) -> None:
    assert browser.get(path, params={"exclude": number}).status_code == 422


def test_a_screen_settles_the_length(browser: httpx.Client) -> None:
    assert len(get_feed(browser, device="phone")["items"]) == 12
    assert len(get_feed(browser, device="tv")["items"]) == 30


def test_what_one_likes_is_not_called_different_for_what_else_one_dislikes(
    browser: httpx.Client, id_by_title: dict[str, int]
) -> None:
    for title in ("Stree", "Bhool Bhulaiyaa"):  # horror, and comedies too
        post_interaction(browser, id_by_title[title], "dislike")
    for title in ("3 Idiots", "Munna Bhai M.B.B.S.", "Hera Pheri"):  # comedies
        post_interaction(browser, id_by_title[title], "like")
    items = get_feed(browser, region="IN-MH", limit=40)["items"]
    assert sum("horror" in hit["genres"] for hit in items) <= 1
    different = [hit for hit in items if hit["source"] == "other_genre"]
    assert different
    assert not [hit["title"] for hit in different if "comedy" in hit["genres"]]


def test_who_dislikes_as_much_of_a_language_as_he_likes_still_watches_it(
    browser: httpx.Client, id_by_title: dict[str, int], catalogue_view: CatalogueView
) -> None:
    for title in ("Stree", "Bhool Bhulaiyaa"):
        post_interaction(browser, id_by_title[title], "dislike")
    for title in ("3 Idiots", "Hera Pheri"):
        post_interaction(browser, id_by_title[title], "like")
    items = get_feed(browser, region="IN-KA")["items"]
    foreign = [hit for hit in items if "hi" not in catalogue_view.titles[hit["id"]].languages]
    assert {hit["source"] for hit in foreign} <= {"other_language", "person"}


@pytest.mark.parametrize("mood", ["fear", "scary", "भयानक", "bhayanakam"])
def test_a_mood_in_any_words_bends_the_feed(
    browser: httpx.Client, id_by_title: dict[str, int], mood: str
) -> None:
    post_interaction(browser, id_by_title["Eega"], "like")
    answer = get_feed(browser, mood=mood)
    assert answer["mood"] == "fear"
    fearful = {"horror", "thriller", "supernatural", "mystery"}
    assert sum(bool(fearful & {*hit["genres"]}) for hit in answer["items"]) >= 12


@pytest.mark.parametrize("mood", Rasa)
def test_a_mood_goes_before_what_one_usually_likes(
    browser: httpx.Client, id_by_title: dict[str, int], mood: Rasa
) -> None:
    for title in ("Drishyam", "Ratsasan", "Vikram Vedha", "Mumbai Police", "Kaithi"):
        post_interaction(browser, id_by_title[title], "like")
    items = get_feed(browser, mood=mood, region="IN-KL")["items"]
    carrying = [genre_mood_weight(mood, hit["genres"]) >= 0.4 for hit in items]
    assert sum(carrying) >= 10, [hit["title"] for hit in items]
    named = [hit for hit in items if hit["reason"]["code"] == "mood"]
    assert all(genre_mood_weight(mood, hit["genres"]) > 0 for hit in named)
    assert named


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"mood": "purple"}, "mood"),
        ({"limit": 0}, "limit"),
        ({"region": "Nowhere"}, "region"),
        ({"device": "toaster"}, "device"),
    ],
)
def test_what_cannot_be_is_named(
    browser: httpx.Client, given: dict[str, object], field: str
) -> None:
    response = browser.get(FEED_PATH, params=given)  # type: ignore[arg-type]  # as above
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_nobody_elses_cache_keeps_a_feed(browser: httpx.Client) -> None:
    assert browser.get(FEED_PATH).headers["cache-control"] == "no-store"


def test_measures_are_not_for_everybody(browser: httpx.Client) -> None:
    assert get_feed(browser, explain=True)["measures"] is None
    assert "rasika_feed_coverage" in browser.get("/metrics").text


@pytest.mark.parametrize(
    ("language", "mood"),
    [*((each, None) for each in REASON_LANGUAGES), ("en", "peace"), ("en", "fear")],
)
def test_every_reason_holds_by_what_is_stored(
    browser: httpx.Client,
    seeded_resources: Resources,
    catalogue_view: CatalogueView,
    id_by_title: dict[str, int],
    language: str,
    mood: str | None,
) -> None:
    for title, event, more in (
        ("Eega", "like", {}),
        ("Magadheera", "favorite", {}),
        ("Drishyam", "complete", {}),
        ("3 Idiots", "rate", {"value": 5}),
        ("Sholay", "watchlist", {}),
        ("RRR", "dislike", {}),
    ):
        post_interaction(browser, id_by_title[title], event, **more)
    saying = {"languages": {"te": 1.0, "hi": 0.5}, "favourite_genres": ["romance", "war"]}
    assert browser.put("/api/user/profile", json=saying).status_code == 200
    asked = {"mood": mood} if mood else {}
    answer = get_feed(browser, region="IN-TG", lang=language, limit=30, **asked)
    state = replace(
        stored_context(browser, seeded_resources, catalogue_view),
        mood=MoodTarget(Rasa(mood), None) if mood else None,
    )
    told_of = {"mood"} if mood else {"liked", "watched", "favorite"}
    assert {hit["reason"]["code"] for hit in answer["items"]} & told_of
    for hit in answer["items"]:
        assert reason_holds(hit, state, catalogue_view), hit
        assert hit["reason"]["text"]


def stored_context(visitor: httpx.Client, resources: Resources, live: CatalogueView) -> FeedContext:
    """Return the person as PostgreSQL holds him."""
    with open_session(resources.engine) as reading:
        today = datetime.now(UTC).date()
        known = read_viewer_context(reading, visitor_id(visitor), model=live.model, today=today)
    wish = FeedRequest(region="IN-TG", filter=Filter(), limit=30, now=datetime.now(UTC))
    return feed_context(live, known, wish)


def reason_holds(hit: dict[str, Any], context: FeedContext, live: CatalogueView) -> bool:
    """Work a reason out again from the state, by its own definition."""
    reason, listing = hit["reason"], live.titles[hit["id"]]
    known = ranking_attributes(live, hit["id"])
    assert known is not None
    code, text = reason["code"], reason["text"]
    checks: dict[str, Callable[[], bool]] = {
        "more_from": lambda: any(
            name in text and context.taste.affinity(f"person:{name}") >= MIN_PERSON_AFFINITY
            for name in (*listing.directors, *listing.stars)
        ),
        "leaning_genre": lambda: any(
            context.taste.affinity(f"genre:{genre}") >= MIN_STRONG_AFFINITY
            for genre in listing.genres
        ),
        "leaning_language": lambda: (
            context.taste.affinity(f"language:{listing.language}") >= MIN_STRONG_AFFINITY
        ),
        "different": lambda: (
            listing.language not in context.own_languages
            if hit["source"] == "other_language"
            else not {*context.familiar_genres} & {*listing.genres}
            and context.taste.affinity(f"genre:{listing.genres[0]}") < MIN_STRONG_AFFINITY
        ),
        "trending_language": lambda: freshness(listing) >= MIN_TRENDING_FRESHNESS,
        "popular_language": lambda: freshness(listing) < MIN_TRENDING_FRESHNESS,
        "trending_region": lambda: freshness(listing) >= MIN_TRENDING_FRESHNESS,
        "loved_in": lambda: (
            regional_popularity(listing, LANGUAGES_WATCHED)[context.region]
            >= MIN_LOVED_REGIONAL_SIGNAL
        ),
        "regional": lambda: freshness(listing) < MIN_TRENDING_FRESHNESS,
        "mood": lambda: (
            context.mood is not None and genre_mood_weight(context.mood.rasa, listing.genres) > 0
        ),
        "popular_genre": lambda: bool({*context.familiar_genres} & {*listing.genres}),
        "popular": lambda: hit["terms"]["popularity"] > 0,
        "taste": lambda: hit["terms"]["similarity"] > 0,
    }
    if reason["title_id"] is None:
        return checks[code]()
    liked = context.title_states[reason["title_id"]]
    own, other = content_vectors(live, [hit["id"], reason["title_id"]])
    return (
        reaction_code(liked) == code
        and opinion_score(liked) >= MIN_LIKED_OPINION
        and float(own @ other) >= MIN_SIMILAR_COSINE
    )


def test_the_homepage_begins_with_ones_own_rows(
    browser: httpx.Client, id_by_title: dict[str, int]
) -> None:
    post_interaction(browser, id_by_title["Eega"], "like")
    post_interaction(browser, id_by_title["Drishyam"], "watch", progress=0.5)
    post_interaction(browser, id_by_title["Sholay"], "watchlist")
    post_interaction(browser, id_by_title["RRR"], "dismiss")
    page = browser.get("/api/recommendations/homepage", params={"region": "IN-TG"}).json()
    rows = {row["key"]: row for row in page["rows"]}
    assert list(rows)[:3] == ["for_you", "continue", "watchlist"]
    assert rows["continue"]["items"][0]["progress"] == 0.5
    assert [hit["id"] for hit in rows["watchlist"]["items"]] == [id_by_title["Sholay"]]
    assert rows[f"because:{id_by_title['Eega']}"]["title"] == "Because you liked Eega"
    everything = [hit["id"] for row in page["rows"] for hit in row["items"]]
    assert len(everything) == len(set(everything))
    assert not {id_by_title["RRR"], id_by_title["Eega"]} & set(everything)


def test_the_homepage_is_of_where_somebody_says_he_is_and_of_his_languages(
    browser: httpx.Client, id_by_title: dict[str, int]
) -> None:
    said = {"region": "IN-KA", "languages": {"te": 1.0}}
    assert browser.put("/api/user/profile", json=said).status_code == 200
    page = browser.get("/api/recommendations/homepage")
    rows = {row["key"]: row["title"] for row in page.json()["rows"]}
    assert page.json()["region"] == "IN-KA"
    assert rows["trending"] == "Trending in Karnataka"
    assert [key for key in rows if key.startswith("language:")][:2] == [
        "language:te",
        "language:kn",
    ]
    assert page.headers["cache-control"] == "no-store"
    assert "Trending in Karnataka" in browser.get("/").text
    assert "Trending in Kerala" in browser.get("/?region=IN-KL").text


def test_taste_is_a_small_term_of_a_search_and_can_be_left_out(
    browser: httpx.Client, id_by_title: dict[str, int]
) -> None:
    def search(**given: object) -> list[dict[str, Any]]:
        asked = {"q": "a revenge story"} | given
        response = browser.get("/api/search", params=asked)  # type: ignore[arg-type]  # as above
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    plain = search()
    post_interaction(browser, id_by_title["Eega"], "like")
    own = search()
    kept = browser.get("/api/search", params={"q": "a revenge story"}).headers["cache-control"]
    assert kept == "no-store"
    assert any(hit["terms"]["personal"] for hit in own)
    assert all(abs(hit["terms"]["personal"]) <= 0.0501 for hit in own)
    assert [hit["id"] for hit in search(personal=False)] == [hit["id"] for hit in plain]


def test_a_child_finds_nothing_that_is_rated_above_his_age(
    browser: httpx.Client, catalogue_view: CatalogueView
) -> None:
    forbidden = [each for each in catalogue_view.titles.values() if (each.minimum_age or 0) >= 16]
    born = datetime.now(UTC).year - 12

    def found(name: str) -> list[int]:
        items = browser.get("/api/search", params={"q": name}).json()["items"]
        return [hit["id"] for hit in items]

    assert forbidden[0].id in found(forbidden[0].title)
    assert browser.put("/api/user/profile", json={"birth_year": born}).status_code == 200
    ids = {each.id for each in forbidden}
    similar = browser.get(f"/api/content/{forbidden[0].id}/similar", params={"limit": 100}).json()
    trending = browser.get("/api/trending", params={"limit": 100}).json()
    assert not ids & set(found(forbidden[0].title))
    assert not ids & {hit["id"] for hit in [*similar["items"], *trending["items"]]}
    assert not ids & set(title_ids(get_feed(browser, limit=100)))
