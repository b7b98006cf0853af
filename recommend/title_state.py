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
FAVORITE = 1.0
LIKED = 0.8
COMPLETED = 0.6
SHARED = 0.6
WATCHLISTED = 0.4
WATCHED = 0.3  # how far is not known
VIEWED = 0.05  # its page, out of curiosity
ABANDONED = -0.3
DISMISSED = -0.7
DISLIKED = -1.0

LEAST_RATING, NEUTRAL_RATING, BEST_RATING = 0.5, 2.75, 5.0  # stars
ABANDONED_BEFORE = 0.2  # of a title; who stops there did not want it
COMPLETED_FROM = 0.9  # of a title; the rest is credits


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An event: something that a person did with a title."""

    title_id: int
    event: Event
    at: datetime
    value: float | None = None  # of `rate`, 0.5..5
    progress: float | None = None  # of `watch`, 0..1


class Opinion(NamedTuple):
    """What a person thinks of a title, -1..1, and since when; 0 and no moment without one."""

    worth: float
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """When a person last did what; nothing at first."""

    rating: float | None = None  # 0.5..5
    progress: float | None = None  # 0..1, where he last stopped
    rated_at: datetime | None = None
    liked_at: datetime | None = None
    disliked_at: datetime | None = None
    dismissed_at: datetime | None = None
    favorite_at: datetime | None = None  # none once it is taken back
    unfavorite_at: datetime | None = None
    watchlist_at: datetime | None = None  # none once it is taken back
    unwatchlist_at: datetime | None = None
    watched_at: datetime | None = None
    completed_at: datetime | None = None
    viewed_at: datetime | None = None
    shared_at: datetime | None = None

    @property
    def known(self) -> bool:
        """Whether he needs nobody to tell him of it: seen, judged, or already on a list of his."""
        return (
            self.watched_at is not None
            or self.completed_at is not None
            or self.favorite_at is not None
            or self.watchlist_at is not None
            or self.verdict_at is not None
        )

    @property
    def has_lasted(self) -> bool:
        """Whether he watched it, and did not give it up at once."""
        given_up = self.progress is not None and self.progress < ABANDONED_BEFORE
        return self.watched_at is not None and not given_up

    @property
    def under_way(self) -> bool:
        """Whether he stopped somewhere in the middle, and has not had enough of it since."""
        if self.watched_at is None or self.progress is None:
            return False
        gone_on = self.dismissed_at is None or self.dismissed_at < self.watched_at
        return gone_on and ABANDONED_BEFORE <= self.progress < COMPLETED_FROM

    @property
    def verdict_at(self) -> datetime | None:
        """When he last judged it."""
        return max((at for at, _ in self._verdicts()), default=None)

    def _verdicts(self) -> Iterator[tuple[datetime, float]]:
        if self.rated_at is not None and self.rating is not None:
            yield self.rated_at, stars(self.rating)
        for at, worth in (
            (self.liked_at, LIKED),
            (self.disliked_at, DISLIKED),
            (self.dismissed_at, DISMISSED),
        ):
            if at is not None:
                yield at, worth


NOTHING = Standing()

VERDICTS = {
    Event.RATE: "rated_at",
    Event.LIKE: "liked_at",
    Event.DISLIKE: "disliked_at",
    Event.DISMISS: "dismissed_at",
}
OPPOSED = ("liked_at", "disliked_at", "dismissed_at")
MOMENTS = {
    Event.VIEW: "viewed_at",
    Event.SEARCH_CLICK: "viewed_at",
    Event.SHARE: "shared_at",
}
LISTS = {
    Event.FAVORITE: ("favorite_at", "unfavorite_at"),
    Event.UNFAVORITE: ("unfavorite_at", "favorite_at"),
    Event.WATCHLIST: ("watchlist_at", "unwatchlist_at"),
    Event.UNWATCHLIST: ("unwatchlist_at", "watchlist_at"),
}
"""The moment of each event, and that of its opposite."""


def after(standing: Standing, done: Done) -> Standing:
    """Return the standing once an event is heard."""
    if done.event in VERDICTS:
        return _judged(standing, done)
    if done.event in LISTS:
        return _listed(standing, done)
    if done.event is Event.WATCH:
        return _watched(standing, done.at, done.progress)
    if done.event is Event.COMPLETE:
        return _watched(standing, done.at, 1.0)
    if done.event in MOMENTS:
        return _later(standing, MOMENTS[done.event], done.at)
    return standing


def opinion(standing: Standing) -> float:
    """Return what a person thinks of a title, -1..1: what he said of it, else what he did."""
    return held(standing).worth


def held(standing: Standing) -> Opinion:
    """Return the opinion that a person holds of a title."""
    said = max(standing._verdicts(), default=None)
    favorite_at = standing.favorite_at
    if favorite_at is not None and (said is None or said[1] > 0 or said[0] <= favorite_at):
        return Opinion(FAVORITE, favorite_at)
    return _shown(standing) if said is None else Opinion(said[1], said[0])


def stars(rating: float) -> float:
    """Return what a rating of 0.5..5 stars is worth, -1..1."""
    return (rating - NEUTRAL_RATING) / (BEST_RATING - NEUTRAL_RATING)


def _judged(standing: Standing, done: Done) -> Standing:
    moment = VERDICTS[done.event]
    if _is_late(standing, moment, done.at) or (done.event is Event.RATE and done.value is None):
        return standing
    opposed = OPPOSED if moment in OPPOSED else ()
    changed: dict[str, datetime | None]
    changed = dict.fromkeys(each for each in opposed if getattr(standing, each) == done.at)
    changed[moment] = done.at
    heard = replace(standing, **changed)  # type: ignore[arg-type]  # moments' names
    return replace(heard, rating=done.value) if done.event is Event.RATE else heard


def _listed(standing: Standing, done: Done) -> Standing:
    moment, opposite = LISTS[done.event]
    if _is_late(standing, opposite, done.at):
        return standing
    heard = _later(standing, moment, done.at)
    return replace(heard, **{opposite: None})


def _watched(standing: Standing, at: datetime, progress: float | None) -> Standing:
    heard = standing
    if progress is not None and progress >= COMPLETED_FROM:
        heard = _later(heard, "completed_at", at)
    if _is_late(standing, "watched_at", at):
        return heard
    return replace(
        heard, watched_at=at, progress=standing.progress if progress is None else progress
    )


def _later(standing: Standing, moment: str, at: datetime) -> Standing:
    if _is_late(standing, moment, at):
        return standing
    return replace(standing, **{moment: at})  # type: ignore[arg-type]  # a moment's name


def _is_late(standing: Standing, moment: str, at: datetime) -> bool:
    since: datetime | None = getattr(standing, moment)
    return since is not None and at < since


def _shown(standing: Standing) -> Opinion:
    """Return what he let us see without saying it: the best of it, for few do more than needed.

    Who gives a title up takes back that he put it on his list or looked at its page.
    """
    abandoned_at = None
    found: list[tuple[float, datetime | None]] = [
        (COMPLETED, standing.completed_at),
        (SHARED, standing.shared_at),
    ]
    if standing.progress is not None and standing.progress < ABANDONED_BEFORE:
        abandoned_at = standing.watched_at
        found.append((ABANDONED, abandoned_at))
    elif standing.progress is not None:
        found.append((COMPLETED * min(standing.progress, 1.0), standing.watched_at))
    else:
        found.append((WATCHED, standing.watched_at))
    for worth, at in ((WATCHLISTED, standing.watchlist_at), (VIEWED, standing.viewed_at)):
        if at is not None and (abandoned_at is None or (at > abandoned_at and worth > VIEWED)):
            found.append((worth, at))
    told = [(worth, at) for worth, at in found if at is not None]
    return Opinion(*max(told)) if told else Opinion(0.0, None)
