"""What stands between a person and a title, and the opinion of it that this tells.

A standing is folded from events in the order they arrive, each in constant time. An event told
late never undoes what was said after it; of two at the same moment the one told last counts. The
opinion is a function of the standing alone, so what an event adds to a taste is the difference
that it makes: liking twice counts once, a changed rating replaces the old one, and `unfavorite`
takes back no more than `favorite` gave.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from vocabulary.kinds import Event

# Opinions are on a scale of -1..1, a favourite being 1.
FAVORITE_SCORE = 1.0
LIKED_SCORE = 0.8
COMPLETED_SCORE = 0.6
SHARED_SCORE = 0.6
WATCHLIST_SCORE = 0.4
WATCHED_SCORE = 0.3  # how far is not known
VIEWED_SCORE = 0.05  # its page, out of curiosity
ABANDONED_SCORE = -0.3
DISMISSED_SCORE = -0.7
DISLIKED_SCORE = -1.0

MIN_RATING_STARS, NEUTRAL_RATING_STARS, MAX_RATING_STARS = 0.5, 2.75, 5.0  # stars
MAX_ABANDONED_PROGRESS = 0.2  # of a title; who stops there did not want it
MIN_COMPLETED_PROGRESS = 0.9  # of a title; the rest is credits


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleEvent:
    """An event: something that a person did with a title."""

    title_id: int
    event: Event
    at: datetime
    value: float | None = None  # of `rate`, 0.5..5
    progress: float | None = None  # of `watch`, 0..1


class Opinion(NamedTuple):
    """What a person thinks of a title, -1..1, and since when; 0 and no moment without one."""

    score: float
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleState:
    """When a person last did what; nothing at first."""

    rating: float | None = None  # 0.5..5
    progress: float | None = None  # 0..1, where he last stopped
    rated_at: datetime | None = None
    liked_at: datetime | None = None
    disliked_at: datetime | None = None
    dismissed_at: datetime | None = None  # None after `undismiss`
    undismissed_at: datetime | None = None
    favorite_at: datetime | None = None  # none once it is taken back
    unfavorite_at: datetime | None = None
    watchlist_at: datetime | None = None  # none once it is taken back
    unwatchlist_at: datetime | None = None
    watched_at: datetime | None = None
    completed_at: datetime | None = None
    viewed_at: datetime | None = None
    shared_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether he needs nobody to tell him of it: seen, judged, or already on a list of his."""
        return (
            self.watched_at is not None
            or self.completed_at is not None
            or self.favorite_at is not None
            or self.watchlist_at is not None
            or self.verdict_at is not None
        )

    @property
    def was_watched(self) -> bool:
        """Whether he watched it, and did not give it up at once."""
        given_up = self.progress is not None and self.progress < MAX_ABANDONED_PROGRESS
        return self.watched_at is not None and not given_up

    @property
    def in_progress(self) -> bool:
        """Whether he stopped somewhere in the middle, and has not had enough of it since."""
        if self.watched_at is None or self.progress is None:
            return False
        gone_on = self.dismissed_at is None or self.dismissed_at < self.watched_at
        return gone_on and MAX_ABANDONED_PROGRESS <= self.progress < MIN_COMPLETED_PROGRESS

    @property
    def verdict_at(self) -> datetime | None:
        """When he last judged it."""
        return max((at for at, _ in self._verdicts()), default=None)

    def _verdicts(self) -> Iterator[tuple[datetime, float]]:
        if self.rated_at is not None and self.rating is not None:
            yield self.rated_at, rating_score(self.rating)
        for at, worth in (
            (self.liked_at, LIKED_SCORE),
            (self.disliked_at, DISLIKED_SCORE),
            (self.dismissed_at, DISMISSED_SCORE),
        ):
            if at is not None:
                yield at, worth


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
"""The moment of each event, and that of its opposite."""


def apply_event(state: TitleState, title_event: TitleEvent) -> TitleState:
    """Return the standing once an event is heard."""
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
    """Return what a person thinks of a title, -1..1: what he said of it, else what he did."""
    return opinion_of(state).score


def opinion_of(state: TitleState) -> Opinion:
    """Return the opinion that a person holds of a title."""
    said = max(state._verdicts(), default=None)
    favorite_at = state.favorite_at
    if favorite_at is not None and (said is None or said[1] > 0 or said[0] <= favorite_at):
        return Opinion(FAVORITE_SCORE, favorite_at)
    return _implicit_opinion(state) if said is None else Opinion(said[1], said[0])


def rating_score(rating: float) -> float:
    """Return what a rating of 0.5..5 stars is worth, -1..1."""
    return (rating - NEUTRAL_RATING_STARS) / (MAX_RATING_STARS - NEUTRAL_RATING_STARS)


def _apply_verdict(state: TitleState, title_event: TitleEvent) -> TitleState:
    moment = VERDICT_FIELDS[title_event.event]
    withdrawal = WITHDRAWAL_FIELDS.get(moment)
    if _is_outdated(state, moment, title_event.at) or (
        title_event.event is Event.RATE and title_event.value is None
    ):
        return state
    if withdrawal and _is_outdated(state, withdrawal, title_event.at):
        return state
    opposed = EXCLUSIVE_VERDICT_FIELDS if moment in EXCLUSIVE_VERDICT_FIELDS else ()
    changed: dict[str, datetime | None]
    changed = dict.fromkeys(each for each in opposed if getattr(state, each) == title_event.at)
    changed[moment] = title_event.at
    if withdrawal:
        changed[withdrawal] = None
    heard = replace(state, **changed)  # type: ignore[arg-type]  # moments' names
    return replace(heard, rating=title_event.value) if title_event.event is Event.RATE else heard


def _apply_list_change(state: TitleState, title_event: TitleEvent) -> TitleState:
    moment, opposite = LIST_FIELDS[title_event.event]
    if _is_outdated(state, opposite, title_event.at):
        return state
    heard = _set_if_later(state, moment, title_event.at)
    return replace(heard, **{opposite: None})


def _apply_watch(state: TitleState, at: datetime, progress: float | None) -> TitleState:
    heard = state
    if progress is not None and progress >= MIN_COMPLETED_PROGRESS:
        heard = _set_if_later(heard, "completed_at", at)
    if _is_outdated(state, "watched_at", at):
        return heard
    return replace(heard, watched_at=at, progress=state.progress if progress is None else progress)


def _set_if_later(state: TitleState, field: str, at: datetime) -> TitleState:
    if _is_outdated(state, field, at):
        return state
    return replace(state, **{field: at})  # type: ignore[arg-type]  # a moment's name


def _is_outdated(state: TitleState, field: str, at: datetime) -> bool:
    since: datetime | None = getattr(state, field)
    return since is not None and at < since


def _implicit_opinion(state: TitleState) -> Opinion:
    """Return what he let us see without saying it: the best of it, for few do more than needed.

    Who gives a title up takes back that he put it on his list or looked at its page.
    """
    abandoned_at = None
    found: list[tuple[float, datetime | None]] = [
        (COMPLETED_SCORE, state.completed_at),
        (SHARED_SCORE, state.shared_at),
    ]
    if state.progress is not None and state.progress < MAX_ABANDONED_PROGRESS:
        abandoned_at = state.watched_at
        found.append((ABANDONED_SCORE, abandoned_at))
    elif state.progress is not None:
        found.append((COMPLETED_SCORE * min(state.progress, 1.0), state.watched_at))
    else:
        found.append((WATCHED_SCORE, state.watched_at))
    for worth, at in ((WATCHLIST_SCORE, state.watchlist_at), (VIEWED_SCORE, state.viewed_at)):
        if at is not None and (
            abandoned_at is None or (at > abandoned_at and worth > VIEWED_SCORE)
        ):
            found.append((worth, at))
    told = [(worth, at) for worth, at in found if at is not None]
    return Opinion(*max(told)) if told else Opinion(0.0, None)
