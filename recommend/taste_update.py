"""How an event changes a taste, in constant time.

A taste is a set of sums, each decaying by half in a half-life, so that an update costs the same
after ten events and after ten thousand.

A title adds the change of the opinion of it (`recommend.title_state`): what the previous opinion
added, as far as it has not decayed, is subtracted, and what the new one is worth is added. So each
sum is, except for rounding, that of all current opinions, each decayed since it was formed, in
whatever order the events came.

PinnerSage (Pal et al., KDD 2020, arXiv 2007.03634) groups the last ninety days in batches by Ward's
method. Here the groups are updated online: a liked title joins the group it is near enough to or
starts a new one; when there are too many, the two whose union costs the least by Ward are merged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

import numpy as np

from recommend.taste import MIN_WEIGHT, Interest, Taste, TasteFeatures
from recommend.title_state import TitleState, opinion_of
from vocabulary.arrays import Vector

HALF_LIFE = timedelta(days=90)  # tastes in films change with the seasons
SESSION_HALF_LIFE = timedelta(hours=2)  # one film, or an evening of looking for one

MAX_INTERESTS = 5
MIN_SAME_INTEREST_COSINE = 0.3  # three pairs of titles in a thousand are nearer
MAX_AFFINITIES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionChange:
    """A change of the opinion of a title, -1..1 each, and what is known of the title.

    `at` is when the opinion was formed that is held now, `since` when the one before was; none
    where there was none, or just now. `vector` is none for a title that waits for one, or has gone.
    """

    before: float
    after: float
    at: datetime
    vector: Vector | None
    features: TasteFeatures
    previous_at: datetime | None = None

    @property
    def latest_at(self) -> datetime:
        """The moment to which all of it has been."""
        return self.at if self.previous_at is None else max(self.at, self.previous_at)

    def delta(self, now: datetime, half_life: timedelta) -> "OpinionDelta":
        """Return what it changes of sums that are decayed to `now`."""
        before = self.before * _decay_factor(now - (self.previous_at or self.at), half_life)
        after = self.after * _decay_factor(now - self.at, half_life)
        return OpinionDelta(before, after)


@dataclass(frozen=True, slots=True)
class OpinionDelta:
    """What a title's opinion was worth and what it is worth, -1..1, both at the same moment."""

    before: float
    after: float

    @property
    def like_delta(self) -> float:
        """How much more it is liked."""
        return max(self.after, 0.0) - max(self.before, 0.0)

    @property
    def dislike_delta(self) -> float:
        """How much more it is disliked."""
        return max(-self.after, 0.0) - max(-self.before, 0.0)


def compare_opinions(
    before: TitleState, after: TitleState, *, vector: Vector | None, features: TasteFeatures
) -> OpinionChange | None:
    """Return what a change of a standing tells of a taste; none if it tells nothing."""
    was, now = opinion_of(before), opinion_of(after)
    at = now.since or was.since
    if was == now or at is None:
        return None
    return OpinionChange(
        before=was.score,
        after=now.score,
        at=at,
        previous_at=was.since,
        vector=vector,
        features=features,
    )


def update_taste(taste: Taste, opinion_change: OpinionChange) -> Taste:
    """Return the taste once a change of opinion is heard; what is told late counts as old."""
    now = (
        opinion_change.latest_at
        if taste.as_of is None
        else max(taste.as_of, opinion_change.latest_at)
    )
    taste = decay_taste(taste, now)
    change = opinion_change.delta(now, HALF_LIFE)
    if opinion_change.vector is not None:
        vector = opinion_change.vector.astype(np.float32)
        lately = opinion_change.delta(now, SESSION_HALF_LIFE)
        taste = replace(
            taste,
            long_term=_add_weighted(taste.long_term, vector, change.like_delta),
            session=_add_weighted(taste.session, vector, lately.like_delta),
            aversion=_add_weighted(taste.aversion, vector, change.dislike_delta),
            interests=_update_interests(taste.interests, vector, change.like_delta),
        )
    mass = taste.mass + abs(change.after) - abs(change.before)
    return replace(
        taste,
        affinities=_update_affinities(taste.affinities, opinion_change.features.weights(), change),
        mass=mass if mass >= MIN_WEIGHT else 0.0,
    )


def decay_taste(taste: Taste, now: datetime) -> Taste:
    """Return a taste as it is at a later moment."""
    if taste.as_of is None or now <= taste.as_of:
        return replace(taste, as_of=now) if taste.as_of is None else taste
    left = _decay_factor(now - taste.as_of, HALF_LIFE)
    session = _decay_factor(now - taste.as_of, SESSION_HALF_LIFE)
    interests = (
        Interest(each.vector_sum * np.float32(left), each.weight * left) for each in taste.interests
    )
    return Taste(
        as_of=now,
        long_term=_scale(taste.long_term, left),
        session=_scale(taste.session, session),
        aversion=_scale(taste.aversion, left),
        interests=tuple(each for each in interests if each.weight >= MIN_WEIGHT),
        affinities={key: value * left for key, value in taste.affinities.items()},
        mass=taste.mass * left,
    )


def _update_interests(
    interests: tuple[Interest, ...], vector: Vector, weight: float
) -> tuple[Interest, ...]:
    """Return the groups with a vector added to its own, or taken from it."""
    if not weight:
        return interests
    likenesses = [float(each.direction @ vector) for each in interests]
    nearest = int(np.argmax(likenesses)) if likenesses else None
    if nearest is not None and (likenesses[nearest] >= MIN_SAME_INTEREST_COSINE or weight < 0):
        group = interests[nearest]
        joined = Interest(group.vector_sum + np.float32(weight) * vector, group.weight + weight)
        changed = (*interests[:nearest], joined, *interests[nearest + 1 :])
        return tuple(each for each in changed if each.weight >= MIN_WEIGHT)
    if weight < MIN_WEIGHT:
        return interests
    return _merge_excess_interests((*interests, Interest(np.float32(weight) * vector, weight)))


def _merge_excess_interests(interests: tuple[Interest, ...]) -> tuple[Interest, ...]:
    """Join the two groups whose union loses the least, while there are too many."""
    while len(interests) > MAX_INTERESTS:
        first, second = min(
            combinations(range(len(interests)), 2),
            key=lambda pair: _ward_distance(interests[pair[0]], interests[pair[1]]),
        )
        union = Interest(
            interests[first].vector_sum + interests[second].vector_sum,
            interests[first].weight + interests[second].weight,
        )
        others = (each for at, each in enumerate(interests) if at not in (first, second))
        interests = (*others, union)
    return interests


def _ward_distance(first: Interest, second: Interest) -> float:
    """Return what joining two groups adds to the variance within (Ward 1963)."""
    apart = first.vector_sum / np.float32(first.weight) - second.vector_sum / np.float32(
        second.weight
    )
    return first.weight * second.weight / (first.weight + second.weight) * float(apart @ apart)


def _update_affinities(
    affinities: Mapping[str, float], weights: Mapping[str, float], change: OpinionDelta
) -> dict[str, float]:
    """Return the affinities with a title's changed; of one that was forgotten nothing is left."""
    leant = dict(affinities)
    for name, weight in weights.items():
        if name in leant:
            leant[name] += weight * (change.after - change.before)
        else:
            leant[name] = weight * change.after
    return _strongest_affinities(leant)


def _strongest_affinities(affinities: dict[str, float]) -> dict[str, float]:
    if len(affinities) <= MAX_AFFINITIES:
        return affinities
    strongest = sorted(affinities.items(), key=lambda each: (-abs(each[1]), each[0]))
    return dict(strongest[:MAX_AFFINITIES])


def _decay_factor(age: timedelta, half_life: timedelta) -> float:
    return float(0.5 ** (age / half_life))


def _add_weighted(total: Vector | None, vector: Vector, weight: float) -> Vector | None:
    if not weight:
        return total
    added = np.float32(weight) * vector
    return _drop_negligible(added if total is None else total + added)


def _scale(total: Vector | None, by: float) -> Vector | None:
    return None if total is None else _drop_negligible(total * np.float32(by))


def _drop_negligible(total: Vector) -> Vector | None:
    return total if float(np.linalg.norm(total)) >= MIN_WEIGHT else None
