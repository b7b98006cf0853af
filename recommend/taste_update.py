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
    """A change of the opinion of a title, -1..1, and the title's vector and features.

    `at` is when the new opinion was formed, `previous_at` when the previous one was, if there was
    one. `vector` is none for a title without a vector and for a deleted one.
    """

    before: float
    after: float
    at: datetime
    vector: Vector | None
    features: TasteFeatures
    previous_at: datetime | None = None

    @property
    def latest_at(self) -> datetime:
        """The later of the two moments."""
        return self.at if self.previous_at is None else max(self.at, self.previous_at)

    def delta(self, now: datetime, half_life: timedelta) -> "OpinionDelta":
        """Return the change of sums that are decayed to `now`."""
        before = self.before * _decay_factor(now - (self.previous_at or self.at), half_life)
        after = self.after * _decay_factor(now - self.at, half_life)
        return OpinionDelta(before, after)


@dataclass(frozen=True, slots=True)
class OpinionDelta:
    """The previous and the new opinion of a title, -1..1, both decayed to the same moment."""

    before: float
    after: float

    @property
    def like_delta(self) -> float:
        """The increase of liking."""
        return max(self.after, 0.0) - max(self.before, 0.0)

    @property
    def dislike_delta(self) -> float:
        """The increase of dislike."""
        return max(-self.after, 0.0) - max(-self.before, 0.0)


def compare_opinions(
    before: TitleState, after: TitleState, *, vector: Vector | None, features: TasteFeatures
) -> OpinionChange | None:
    """Return the change of opinion between two states; none if it did not change."""
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
    """Return the taste after a change of opinion; a late event counts as old."""
    now = (
        opinion_change.latest_at
        if taste.as_of is None
        else max(taste.as_of, opinion_change.latest_at)
    )
    taste = decay_taste(taste, now)
    change = opinion_change.delta(now, HALF_LIFE)
    if opinion_change.vector is not None:
        vector = opinion_change.vector.astype(np.float32)
        session_change = opinion_change.delta(now, SESSION_HALF_LIFE)
        taste = replace(
            taste,
            long_term=_add_weighted(taste.long_term, vector, change.like_delta),
            session=_add_weighted(taste.session, vector, session_change.like_delta),
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
    """Return a taste decayed to a later moment."""
    if taste.as_of is None or now <= taste.as_of:
        return replace(taste, as_of=now) if taste.as_of is None else taste
    decay = _decay_factor(now - taste.as_of, HALF_LIFE)
    session = _decay_factor(now - taste.as_of, SESSION_HALF_LIFE)
    interests = (
        Interest(each.vector_sum * np.float32(decay), each.weight * decay)
        for each in taste.interests
    )
    return Taste(
        as_of=now,
        long_term=_scale(taste.long_term, decay),
        session=_scale(taste.session, session),
        aversion=_scale(taste.aversion, decay),
        interests=tuple(each for each in interests if each.weight >= MIN_WEIGHT),
        affinities={key: value * decay for key, value in taste.affinities.items()},
        mass=taste.mass * decay,
    )


def _update_interests(
    interests: tuple[Interest, ...], vector: Vector, weight: float
) -> tuple[Interest, ...]:
    """Return the groups with a vector added to its group or subtracted from it."""
    if not weight:
        return interests
    similarities = [float(each.direction @ vector) for each in interests]
    nearest = int(np.argmax(similarities)) if similarities else None
    if nearest is not None and (similarities[nearest] >= MIN_SAME_INTEREST_COSINE or weight < 0):
        group = interests[nearest]
        updated = Interest(group.vector_sum + np.float32(weight) * vector, group.weight + weight)
        changed = (*interests[:nearest], updated, *interests[nearest + 1 :])
        return tuple(each for each in changed if each.weight >= MIN_WEIGHT)
    if weight < MIN_WEIGHT:
        return interests
    return _merge_excess_interests((*interests, Interest(np.float32(weight) * vector, weight)))


def _merge_excess_interests(interests: tuple[Interest, ...]) -> tuple[Interest, ...]:
    """Merge the two groups whose union costs the least, while there are too many."""
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
    """Return what merging two groups adds to the variance within groups (Ward 1963)."""
    difference = first.vector_sum / np.float32(first.weight) - second.vector_sum / np.float32(
        second.weight
    )
    return (
        first.weight
        * second.weight
        / (first.weight + second.weight)
        * float(difference @ difference)
    )


def _update_affinities(
    affinities: Mapping[str, float], weights: Mapping[str, float], change: OpinionDelta
) -> dict[str, float]:
    """Return the affinities after a title's change; a dropped affinity starts from zero."""
    changed = dict(affinities)
    for name, weight in weights.items():
        if name in changed:
            changed[name] += weight * (change.after - change.before)
        else:
            changed[name] = weight * change.after
    return _strongest_affinities(changed)


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
