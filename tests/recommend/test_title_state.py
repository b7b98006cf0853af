"""What events leave between a person and a title, and the opinion that this tells."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommend.title_state import (
    ABANDONED_SCORE,
    COMPLETED_SCORE,
    DISLIKED_SCORE,
    DISMISSED_SCORE,
    EMPTY_STATE,
    FAVORITE_SCORE,
    LIKED_SCORE,
    SHARED_SCORE,
    VIEWED_SCORE,
    WATCHED_SCORE,
    WATCHLIST_SCORE,
    Opinion,
    TitleEvent,
    TitleState,
    apply_event,
    opinion_of,
    opinion_score,
    rating_score,
)
from vocabulary.kinds import Event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def make_event(event: Event | str, at: int = 0, number: float | None = None) -> TitleEvent:
    """Return an event at a minute, with its rating or its progress."""
    event = Event(event)
    return TitleEvent(
        title_id=7,
        event=event,
        at=minute(at),
        value=number if event is Event.RATE else None,
        progress=number if event is Event.WATCH else None,
    )


def fold(*events: TitleEvent) -> TitleState:
    found = EMPTY_STATE
    for each in events:
        found = apply_event(found, each)
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[TitleEvent]:
    """Events of one title at moments of their own."""
    minutes = draw(st.lists(st.integers(0, 500), unique=True, max_size=12))
    events = []
    for at in minutes:
        event = draw(st.sampled_from(Event))
        number = draw(st.sampled_from([0.5, 1.0])) if event is Event.RATE else None
        if event is Event.WATCH:
            number = draw(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9, 1.0]))
        events.append(make_event(event, at, number))
    return events


@given(events=histories(), random=st.randoms(use_true_random=False))
def test_late_events_give_the_same_state_as_the_right_order(
    events: list[TitleEvent], random: Random
) -> None:
    told = [*events]
    random.shuffle(told)
    assert fold(*told) == fold(*sorted(events, key=lambda each: each.at))


@given(events=histories())
def test_applying_all_events_again_changes_nothing(events: list[TitleEvent]) -> None:
    events.sort(key=lambda each: each.at)
    assert fold(*events, *events) == fold(*events)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Opinion(0.0, None)),
        ([make_event("impression", 1)], Opinion(0.0, None)),
        ([make_event("view", 1)], Opinion(VIEWED_SCORE, minute(1))),
        ([make_event("search_click", 1)], Opinion(VIEWED_SCORE, minute(1))),
        ([make_event("watchlist", 1)], Opinion(WATCHLIST_SCORE, minute(1))),
        ([make_event("watchlist", 1), make_event("unwatchlist", 2)], Opinion(0.0, None)),
        ([make_event("watch", 1)], Opinion(WATCHED_SCORE, minute(1))),
        ([make_event("watch", 1, 0.1)], Opinion(ABANDONED_SCORE, minute(1))),
        ([make_event("view", 0), make_event("watch", 1, 0.1)], Opinion(ABANDONED_SCORE, minute(1))),
        (
            [make_event("watchlist", 0), make_event("watch", 1, 0.1)],
            Opinion(ABANDONED_SCORE, minute(1)),
        ),
        (
            [make_event("watch", 1, 0.1), make_event("watchlist", 2)],
            Opinion(WATCHLIST_SCORE, minute(2)),
        ),
        ([make_event("watch", 1, 0.1), make_event("view", 2)], Opinion(ABANDONED_SCORE, minute(1))),
        (
            [make_event("watch", 1, 0.1), make_event("watch", 2, 0.5)],
            Opinion(COMPLETED_SCORE * 0.5, minute(2)),
        ),
        ([make_event("watch", 1, 0.95)], Opinion(COMPLETED_SCORE, minute(1))),
        (
            [make_event("complete", 1), make_event("watch", 9, 0.1)],
            Opinion(COMPLETED_SCORE, minute(1)),
        ),
        ([make_event("complete", 1), make_event("share", 2)], Opinion(SHARED_SCORE, minute(2))),
        ([make_event("complete", 1), make_event("dislike", 2)], Opinion(DISLIKED_SCORE, minute(2))),
        ([make_event("like", 1), make_event("complete", 2)], Opinion(LIKED_SCORE, minute(1))),
        ([make_event("like", 1), make_event("like", 2)], Opinion(LIKED_SCORE, minute(2))),
        ([make_event("like", 1), make_event("dismiss", 2)], Opinion(DISMISSED_SCORE, minute(2))),
        ([make_event("dismiss", 1), make_event("undismiss", 2)], Opinion(0.0, None)),
        ([make_event("undismiss", 2), make_event("dismiss", 1)], Opinion(0.0, None)),
        (
            [make_event("undismiss", 1), make_event("dismiss", 2)],
            Opinion(DISMISSED_SCORE, minute(2)),
        ),
        ([make_event("dismiss", 1), make_event("like", 2)], Opinion(LIKED_SCORE, minute(2))),
        ([make_event("rate", 1, 5.0), make_event("rate", 2, 0.5)], Opinion(-1.0, minute(2))),
        ([make_event("rate", 2, 5.0), make_event("rate", 1, 0.5)], Opinion(1.0, minute(2))),
        (
            [make_event("favorite", 1), make_event("rate", 2, 3.0)],
            Opinion(FAVORITE_SCORE, minute(1)),
        ),
        ([make_event("favorite", 1), make_event("dislike", 2)], Opinion(DISLIKED_SCORE, minute(2))),
        ([make_event("dislike", 1), make_event("favorite", 2)], Opinion(FAVORITE_SCORE, minute(2))),
        (
            [make_event("like", 1), make_event("favorite", 2), make_event("unfavorite", 3)],
            Opinion(LIKED_SCORE, minute(1)),
        ),
        ([make_event("unfavorite", 3), make_event("favorite", 2)], Opinion(0.0, None)),
    ],
)
def test_the_opinion_is_the_last_judgement_or_the_strongest_signal(
    events: list[TitleEvent], expected: Opinion
) -> None:
    found = opinion_of(fold(*events))
    assert found.score == pytest.approx(expected.score)
    assert found.since == expected.since
    assert opinion_score(fold(*events)) == found.score


def test_of_two_verdicts_at_one_moment_the_last_received_counts() -> None:
    assert opinion_score(fold(make_event("like"), make_event("dislike"))) == DISLIKED_SCORE
    assert opinion_score(fold(make_event("dislike"), make_event("like"))) == LIKED_SCORE
    assert fold(make_event("rate", 0, 4.0), make_event("dislike")).rating == 4.0


def test_ratings_are_opinions_relative_to_the_middle() -> None:
    assert [rating_score(each) for each in (0.5, 2.75, 5.0)] == [-1.0, 0.0, 1.0]
    assert rating_score(2.5) < 0 < rating_score(3.0)


@pytest.mark.parametrize("event", ["watch", "complete", "like", "dislike", "dismiss", "favorite"])
def test_watched_and_judged_titles_are_known(event: str) -> None:
    assert fold(make_event(event)).is_known
    assert fold(make_event("rate", 0, 3.0)).is_known
    assert fold(make_event("watchlist")).is_known


@pytest.mark.parametrize("event", ["impression", "view", "search_click", "share", "unfavorite"])
def test_shown_and_opened_titles_are_not_known(event: str) -> None:
    assert not fold(make_event(event)).is_known


def test_a_title_stopped_in_the_middle_is_in_progress_until_dismissed() -> None:
    begun = fold(make_event("watch", 1, 0.5))
    assert begun.in_progress
    assert not apply_event(begun, make_event("dismiss", 2)).in_progress
    assert apply_event(
        apply_event(begun, make_event("dismiss", 2)), make_event("watch", 3, 0.6)
    ).in_progress
    assert not apply_event(begun, make_event("complete", 2)).in_progress
    assert apply_event(
        begun, make_event("complete", 0)
    ).in_progress  # to the end before, and begun again
    assert not fold(make_event("watch", 1, 0.1)).in_progress
    assert not fold(make_event("watch", 1, 0.95)).in_progress
