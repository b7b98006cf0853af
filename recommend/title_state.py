"""The state of a title for a viewer, and the opinion that follows from it.

A state is folded from events in the order in which they arrive, each in constant time. A late event
never undoes a newer one; of two at the same moment the one received last counts. The opinion is a
function of the state alone, so an event adds to a taste the difference that it makes: liking twice
counts once, a changed rating replaces the old one, and `unfavorite` takes back only what `favorite`
gave.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from vocabulary.kinds import Event

# Opinions are on a scale of -1..1; a favourite is 1.
FAVORITE_SCORE = 1.0
LIKED_SCORE = 0.8
COMPLETED_SCORE = 0.6
SHARED_SCORE = 0.6
WATCHLIST_SCORE = 0.4
WATCHED_SCORE = 0.3  # with unknown progress
VIEWED_SCORE = 0.05  # opened the page
ABANDONED_SCORE = -0.3
DISMISSED_SCORE = -0.7
DISLIKED_SCORE = -1.0

MIN_RATING_STARS, NEUTRAL_RATING_STARS, MAX_RATING_STARS = 0.5, 2.75, 5.0
MAX_ABANDONED_PROGRESS = 0.2  # of 1; stopping before that counts as abandoning
MIN_COMPLETED_PROGRESS = 0.9  # of 1; the rest is credits


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleEvent:
    """Something that a viewer did with a title."""

    title_id: int
    event: Event
    at: datetime
    value: float | None = None  # for `rate`: 0.5..5
    progress: float | None = None  # for `watch`: 0..1


class Opinion(NamedTuple):
    """The opinion of a title, -1..1, and since when; 0 and none without one."""

    score: float
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleState:
    """When the viewer last did what with a title; initially nothing."""

    rating: float | None = None  # 0.5..5
    progress: float | None = None  # 0..1, where the viewer last stopped
    rated_at: datetime | None = None
    liked_at: datetime | None = None
    disliked_at: datetime | None = None
    dismissed_at: datetime | None = None  # none after `undismiss`
    undismissed_at: datetime | None = None
    favorite_at: datetime | None = None  # none after the opposite event
    unfavorite_at: datetime | None = None
    watchlist_at: datetime | None = None  # none after the opposite event
    unwatchlist_at: datetime | None = None
    watched_at: datetime | None = None
    completed_at: datetime | None = None
    viewed_at: datetime | None = None
    shared_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether it need not be recommended: watched, judged, or on a list of the viewer."""
        return (
            self.watched_at is not None
            or self.completed_at is not None
            or self.favorite_at is not None
            or self.watchlist_at is not None
            or self.verdict_at is not None
        )

    @property
    def was_watched(self) -> bool:
        """Whether it was watched and not abandoned at once."""
        abandoned = self.progress is not None and self.progress < MAX_ABANDONED_PROGRESS
        return self.watched_at is not None and not abandoned

    @property
    def in_progress(self) -> bool:
        """Whether the viewer stopped in the middle and has not dismissed it since."""
        if self.watched_at is None or self.progress is None:
            return False
        not_dismissed = self.dismissed_at is None or self.dismissed_at < self.watched_at
        return not_dismissed and MAX_ABANDONED_PROGRESS <= self.progress < MIN_COMPLETED_PROGRESS

    @property
    def verdict_at(self) -> datetime | None:
        """When the viewer last judged it."""
        return max((at for at, _ in self._verdicts()), default=None)

    def _verdicts(self) -> Iterator[tuple[datetime, float]]:
        if self.rated_at is not None and self.rating is not None:
            yield self.rated_at, rating_score(self.rating)
        for at, score in (
            (self.liked_at, LIKED_SCORE),
            (self.disliked_at, DISLIKED_SCORE),
            (self.dismissed_at, DISMISSED_SCORE),
        ):
            if at is not None:
                yield at, score


EMPTY_STATE = TitleState()

VERDICT_FIELDS = {
    Event.RATE: "rated_at",
    Event.LIKE: "liked_at",
    Event.DISLIKE: "disliked_at",
    Event.DISMISS: "dismissed_at",
}
WITHDRAWAL_FIELDS = {"dismissed_at": "undismissed_at"}
EXCLUSIVE_VERDICT_FIELDS = ("liked_at", "disliked_at", "dismissed_at")
TIMESTAMP_FIELDS = {
    Event.VIEW: "viewed_at",
    Event.SEARCH_CLICK: "viewed_at",
    Event.SHARE: "shared_at",
}
LIST_FIELDS = {
    Event.FAVORITE: ("favorite_at", "unfavorite_at"),
    Event.UNFAVORITE: ("unfavorite_at", "favorite_at"),
    Event.UNDISMISS: ("undismissed_at", "dismissed_at"),
    Event.WATCHLIST: ("watchlist_at", "unwatchlist_at"),
    Event.UNWATCHLIST: ("unwatchlist_at", "watchlist_at"),
}
"""The field of each event, and the field of the opposite event."""


def apply_event(state: TitleState, title_event: TitleEvent) -> TitleState:
    """Return the state after an event."""
    if title_event.event in VERDICT_FIELDS:
        return _apply_verdict(state, title_event)
    if title_event.event in LIST_FIELDS:
        return _apply_list_change(state, title_event)
    if title_event.event is Event.WATCH:
        return _apply_watch(state, title_event.at, title_event.progress)
    if title_event.event is Event.COMPLETE:
        return _apply_watch(state, title_event.at, 1.0)
    if title_event.event in TIMESTAMP_FIELDS:
        return _set_if_later(state, TIMESTAMP_FIELDS[title_event.event], title_event.at)
    return state


def opinion_score(state: TitleState) -> float:
    """Return the opinion of a title, -1..1: by explicit judgement, else by behaviour."""
    return opinion_of(state).score


def opinion_of(state: TitleState) -> Opinion:
    """Return the opinion of a title, with its moment."""
    verdict = max(state._verdicts(), default=None)
    favorite_at = state.favorite_at
    if favorite_at is not None and (verdict is None or verdict[1] > 0 or verdict[0] <= favorite_at):
        return Opinion(FAVORITE_SCORE, favorite_at)
    return _implicit_opinion(state) if verdict is None else Opinion(verdict[1], verdict[0])


def rating_score(rating: float) -> float:
    """Return the opinion of a rating of 0.5..5 stars, -1..1."""
    return (rating - NEUTRAL_RATING_STARS) / (MAX_RATING_STARS - NEUTRAL_RATING_STARS)


def _apply_verdict(state: TitleState, title_event: TitleEvent) -> TitleState:
    field = VERDICT_FIELDS[title_event.event]
    withdrawal = WITHDRAWAL_FIELDS.get(field)
    if _is_outdated(state, field, title_event.at) or (
        title_event.event is Event.RATE and title_event.value is None
    ):
        return state
    if withdrawal and _is_outdated(state, withdrawal, title_event.at):
        return state
    opposed = EXCLUSIVE_VERDICT_FIELDS if field in EXCLUSIVE_VERDICT_FIELDS else ()
    changed: dict[str, datetime | None]
    changed = dict.fromkeys(each for each in opposed if getattr(state, each) == title_event.at)
    changed[field] = title_event.at
    if withdrawal:
        changed[withdrawal] = None
    changed_state = replace(state, **changed)  # type: ignore[arg-type]  # moments' names
    return (
        replace(changed_state, rating=title_event.value)
        if title_event.event is Event.RATE
        else changed_state
    )


def _apply_list_change(state: TitleState, title_event: TitleEvent) -> TitleState:
    field, opposite = LIST_FIELDS[title_event.event]
    if _is_outdated(state, opposite, title_event.at):
        return state
    changed_state = _set_if_later(state, field, title_event.at)
    return replace(changed_state, **{opposite: None})


def _apply_watch(state: TitleState, at: datetime, progress: float | None) -> TitleState:
    changed_state = state
    if progress is not None and progress >= MIN_COMPLETED_PROGRESS:
        changed_state = _set_if_later(changed_state, "completed_at", at)
    if _is_outdated(state, "watched_at", at):
        return changed_state
    return replace(
        changed_state, watched_at=at, progress=state.progress if progress is None else progress
    )


def _set_if_later(state: TitleState, field: str, at: datetime) -> TitleState:
    if _is_outdated(state, field, at):
        return state
    return replace(state, **{field: at})  # type: ignore[arg-type]  # a moment's name


def _is_outdated(state: TitleState, field: str, at: datetime) -> bool:
    since: datetime | None = getattr(state, field)
    return since is not None and at < since


def _implicit_opinion(state: TitleState) -> Opinion:
    """Return the opinion shown by behaviour: that of the strongest signal.

    Abandoning a title outweighs having put it on a list or opened its page before.
    """
    abandoned_at = None
    signals: list[tuple[float, datetime | None]] = [
        (COMPLETED_SCORE, state.completed_at),
        (SHARED_SCORE, state.shared_at),
    ]
    if state.progress is not None and state.progress < MAX_ABANDONED_PROGRESS:
        abandoned_at = state.watched_at
        signals.append((ABANDONED_SCORE, abandoned_at))
    elif state.progress is not None:
        signals.append((COMPLETED_SCORE * min(state.progress, 1.0), state.watched_at))
    else:
        signals.append((WATCHED_SCORE, state.watched_at))
    for score, at in ((WATCHLIST_SCORE, state.watchlist_at), (VIEWED_SCORE, state.viewed_at)):
        if at is not None and (
            abandoned_at is None or (at > abandoned_at and score > VIEWED_SCORE)
        ):
            signals.append((score, at))
    dated_signals = [(score, at) for score, at in signals if at is not None]
    return Opinion(*max(dated_signals)) if dated_signals else Opinion(0.0, None)
