"""What stands between a person and a title, and the opinion of it that this tells.

A standing is folded from events in the order they arrive, each in constant time. An event told
late never undoes what was said after it. The opinion is a function of the standing alone, so what
an event adds to a taste is the difference that it makes: liking twice counts once, a changed rating
replaces the old one, and `unfavorite` takes back no more than `favorite` gave.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from db.kinds import Event

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """When a person last did what; nothing at first."""

    rating: float | None = None  # 0.5..5
    progress: float | None = None  # 0..1, where he last stopped
    rated_at: datetime | None = None
    liked_at: datetime | None = None
    disliked_at: datetime | None = None
    dismissed_at: datetime | None = None
    favorite_at: datetime | None = None
    watchlist_at: datetime | None = None
    watched_at: datetime | None = None
    completed_at: datetime | None = None
    viewed_at: datetime | None = None
    shared_at: datetime | None = None

    @property
    def known(self) -> bool:
        """Whether he needs nobody to tell him of it: seen, judged, or already on a list of his."""
        return any((self.watched_at, self.completed_at, self.verdict_at, self.favorite_at)) or bool(
            self.watchlist_at
        )

    @property
    def under_way(self) -> bool:
        """Whether he stopped somewhere in the middle."""
        if self.watched_at is None or self.progress is None or self.dismissed_at is not None:
            return False
        return ABANDONED_BEFORE <= self.progress < COMPLETED_FROM

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

MOMENTS = {
    Event.VIEW: "viewed_at",
    Event.SEARCH_CLICK: "viewed_at",
    Event.LIKE: "liked_at",
    Event.DISLIKE: "disliked_at",
    Event.DISMISS: "dismissed_at",
    Event.FAVORITE: "favorite_at",
    Event.WATCHLIST: "watchlist_at",
    Event.SHARE: "shared_at",
    Event.RATE: "rated_at",
    Event.WATCH: "watched_at",
    Event.COMPLETE: "completed_at",
}
UNDONE = {Event.UNFAVORITE: "favorite_at", Event.UNWATCHLIST: "watchlist_at"}


def after(standing: Standing, done: Done) -> Standing:
    """Return the standing once an event is heard."""
    if done.event in UNDONE:
        name = UNDONE[done.event]
        since = getattr(standing, name)
        return standing if since is None or done.at < since else replace(standing, **{name: None})
    moment = MOMENTS.get(done.event)
    before = None if moment is None else getattr(standing, moment)
    if moment is None or (before is not None and done.at < before):
        return standing
    heard = replace(standing, **{moment: done.at})  # type: ignore[arg-type]  # a moment's name
    if done.event is Event.RATE:
        return replace(heard, rating=done.value)
    if done.event is Event.COMPLETE:
        return replace(heard, progress=1.0)
    if done.event is Event.WATCH and done.progress is not None:
        whole = done.progress >= COMPLETED_FROM
        completed = done.at if whole else heard.completed_at
        return replace(heard, progress=done.progress, completed_at=completed)
    return heard


def opinion(standing: Standing) -> float:
    """Return what a person thinks of a title, -1..1: what he said of it, else what he did."""
    said = max(standing._verdicts(), default=None)
    if standing.favorite_at is not None and (
        said is None or said[1] > 0 or said[0] <= standing.favorite_at
    ):
        return FAVORITE
    return said[1] if said is not None else _shown(standing)


def stars(rating: float) -> float:
    """Return what a rating of 0.5..5 stars is worth, -1..1."""
    return (rating - NEUTRAL_RATING) / (BEST_RATING - NEUTRAL_RATING)


def _shown(standing: Standing) -> float:
    """Return what he let us see without saying it: the best of it, for few do more than needed."""
    worth = [
        COMPLETED if standing.completed_at else 0.0,
        SHARED if standing.shared_at else 0.0,
        WATCHLISTED if standing.watchlist_at else 0.0,
        VIEWED if standing.viewed_at else 0.0,
        _watched(standing),
    ]
    best = max(worth)
    return min(worth) if best <= VIEWED else best


def _watched(standing: Standing) -> float:
    if standing.watched_at is None:
        return 0.0
    if standing.progress is None:
        return WATCHED
    return ABANDONED if standing.progress < ABANDONED_BEFORE else COMPLETED * standing.progress
