"""What events leave between a person and a title, and the opinion that this tells."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommend.title_state import (
    ABANDONED,
    COMPLETED,
    DISLIKED,
    DISMISSED,
    FAVORITE,
    LIKED,
    NOTHING,
    SHARED,
    VIEWED,
    WATCHED,
    WATCHLISTED,
    Done,
    Opinion,
    Standing,
    after,
    held,
    opinion,
    stars,
)
from vocabulary.kinds import Event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def done(event: Event | str, at: int = 0, number: float | None = None) -> Done:
    """Return an event at a minute, with its rating or its progress."""
    event = Event(event)
    return Done(
        title_id=7,
        event=event,
        at=minute(at),
        value=number if event is Event.RATE else None,
        progress=number if event is Event.WATCH else None,
    )


def standing(*events: Done) -> Standing:
    found = NOTHING
    for each in events:
        found = after(found, each)
    return found


@st.composite
def history(draw: st.DrawFn) -> list[Done]:
    """Events of one title at moments of their own."""
    minutes = draw(st.lists(st.integers(0, 500), unique=True, max_size=12))
    events = []
    for at in minutes:
        event = draw(st.sampled_from(Event))
        number = draw(st.sampled_from([0.5, 1.0])) if event is Event.RATE else None
        if event is Event.WATCH:
            number = draw(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9, 1.0]))
        events.append(done(event, at, number))
    return events


@given(events=history(), random=st.randoms(use_true_random=False))
def test_what_is_told_late_leads_to_what_the_right_order_leads_to(
    events: list[Done], random: Random
) -> None:
    told = [*events]
    random.shuffle(told)
    assert standing(*told) == standing(*sorted(events, key=lambda each: each.at))


@given(events=history())
def test_hearing_it_all_again_changes_nothing(events: list[Done]) -> None:
    events.sort(key=lambda each: each.at)
    assert standing(*events, *events) == standing(*events)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Opinion(0.0, None)),
        ([done("impression", 1)], Opinion(0.0, None)),
        ([done("view", 1)], Opinion(VIEWED, minute(1))),
        ([done("search_click", 1)], Opinion(VIEWED, minute(1))),
        ([done("watchlist", 1)], Opinion(WATCHLISTED, minute(1))),
        ([done("watchlist", 1), done("unwatchlist", 2)], Opinion(0.0, None)),
        ([done("watch", 1)], Opinion(WATCHED, minute(1))),
        ([done("watch", 1, 0.1)], Opinion(ABANDONED, minute(1))),
        ([done("view", 0), done("watch", 1, 0.1)], Opinion(ABANDONED, minute(1))),
        ([done("watchlist", 0), done("watch", 1, 0.1)], Opinion(ABANDONED, minute(1))),
        ([done("watch", 1, 0.1), done("watchlist", 2)], Opinion(WATCHLISTED, minute(2))),
        ([done("watch", 1, 0.1), done("view", 2)], Opinion(ABANDONED, minute(1))),
        ([done("watch", 1, 0.1), done("watch", 2, 0.5)], Opinion(COMPLETED * 0.5, minute(2))),
        ([done("watch", 1, 0.95)], Opinion(COMPLETED, minute(1))),
        ([done("complete", 1), done("watch", 9, 0.1)], Opinion(COMPLETED, minute(1))),
        ([done("complete", 1), done("share", 2)], Opinion(SHARED, minute(2))),
        ([done("complete", 1), done("dislike", 2)], Opinion(DISLIKED, minute(2))),
        ([done("like", 1), done("complete", 2)], Opinion(LIKED, minute(1))),
        ([done("like", 1), done("like", 2)], Opinion(LIKED, minute(2))),
        ([done("like", 1), done("dismiss", 2)], Opinion(DISMISSED, minute(2))),
        ([done("dismiss", 1), done("like", 2)], Opinion(LIKED, minute(2))),
        ([done("rate", 1, 5.0), done("rate", 2, 0.5)], Opinion(-1.0, minute(2))),
        ([done("rate", 2, 5.0), done("rate", 1, 0.5)], Opinion(1.0, minute(2))),
        ([done("favorite", 1), done("rate", 2, 3.0)], Opinion(FAVORITE, minute(1))),
        ([done("favorite", 1), done("dislike", 2)], Opinion(DISLIKED, minute(2))),
        ([done("dislike", 1), done("favorite", 2)], Opinion(FAVORITE, minute(2))),
        ([done("like", 1), done("favorite", 2), done("unfavorite", 3)], Opinion(LIKED, minute(1))),
        ([done("unfavorite", 3), done("favorite", 2)], Opinion(0.0, None)),
    ],
)
def test_the_opinion_is_what_was_said_last_or_the_best_of_what_was_done(
    events: list[Done], expected: Opinion
) -> None:
    found = held(standing(*events))
    assert found.worth == pytest.approx(expected.worth)
    assert found.since == expected.since
    assert opinion(standing(*events)) == found.worth


def test_of_two_verdicts_at_one_moment_the_one_told_last_counts() -> None:
    assert opinion(standing(done("like"), done("dislike"))) == DISLIKED
    assert opinion(standing(done("dislike"), done("like"))) == LIKED
    assert standing(done("rate", 0, 4.0), done("dislike")).rating == 4.0


def test_stars_are_worth_what_they_are_from_the_middle() -> None:
    assert [stars(each) for each in (0.5, 2.75, 5.0)] == [-1.0, 0.0, 1.0]
    assert stars(2.5) < 0 < stars(3.0)


@pytest.mark.parametrize("event", ["watch", "complete", "like", "dislike", "dismiss", "favorite"])
def test_what_was_seen_or_judged_is_known(event: str) -> None:
    assert standing(done(event)).known
    assert standing(done("rate", 0, 3.0)).known
    assert standing(done("watchlist")).known


@pytest.mark.parametrize("event", ["impression", "view", "search_click", "share", "unfavorite"])
def test_what_was_shown_or_opened_is_not_known(event: str) -> None:
    assert not standing(done(event)).known


def test_who_stopped_in_the_middle_is_under_way_until_he_has_enough_of_it() -> None:
    begun = standing(done("watch", 1, 0.5))
    assert begun.under_way
    assert not after(begun, done("dismiss", 2)).under_way
    assert after(after(begun, done("dismiss", 2)), done("watch", 3, 0.6)).under_way
    assert not after(begun, done("complete", 2)).under_way
    assert after(begun, done("complete", 0)).under_way  # to the end before, and begun again
    assert not standing(done("watch", 1, 0.1)).under_way
    assert not standing(done("watch", 1, 0.95)).under_way
