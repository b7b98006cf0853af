"""A viewer's taste: where it lies in a space, and its affinities; `taste_update` changes it.

- `long_term`: what the viewer liked, over months; `session`: the same over hours;
- `interests`: what they liked, in up to five groups, because few tastes are one point;
- `aversion`: what they disliked, which pushes results away;
- `affinities`: the same for languages, genres, people, eras and lengths, as numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from vocabulary.arrays import Vector

MIN_WEIGHT = 0.001  # smaller sums, such as rounding errors, are dropped
AVERSION_STRENGTH = 0.4  # push away from disliked titles, if they weigh as much as liked ones

BILLING_DECAY = 0.75  # of an actor's weight, for each one billed before

AFFINITY_PRIOR_TITLES = 2.0  # prior of an affinity, in fully liked titles: one title proves little
EPSILON = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class TasteFeatures:
    """The features of a title that a viewer may have an affinity to."""

    languages: Sequence[str] = ()  # ISO 639-1
    genres: Sequence[str] = ()
    people: Sequence[str] = ()  # directors
    cast: Sequence[str] = ()  # the first actors, in billing order
    year: int | None = None
    runtime_minutes: int | None = None

    def weights(self) -> dict[str, float]:
        """Return the features' names, and the share of an opinion that each of them gets."""
        named = {
            f"person:{each}": BILLING_DECAY**place
            for place, each in reversed([*enumerate(self.cast)])
        }
        named |= {f"language:{each}": 1.0 for each in self.languages}
        named |= {f"genre:{each}": 1.0 for each in self.genres}
        named |= {f"person:{each}": 1.0 for each in self.people}
        if self.year is not None:
            named[f"era:{self.year // 10 * 10}"] = 1.0
        if self.runtime_minutes is not None:
            named[f"length:{runtime_class(self.runtime_minutes)}"] = 1.0
        return named

    def traits(self) -> frozenset[str]:
        """Return the features' names."""
        return frozenset(self.weights())


@dataclass(frozen=True, slots=True)
class Interest:
    """A group of liked titles: the sum of their vectors (d,) and of their weights."""

    vector_sum: Vector
    weight: float

    @property
    def direction(self) -> Vector:
        """The mean direction of the group, of unit length."""
        return unit_vector(self.vector_sum)


@dataclass(frozen=True, slots=True)
class Taste:
    """Sums of vectors (d,) and affinities, all decayed to the moment `as_of`; initially empty."""

    as_of: datetime | None = None
    long_term: Vector | None = None
    session: Vector | None = None
    aversion: Vector | None = None
    interests: tuple[Interest, ...] = ()
    affinities: Mapping[str, float] = field(default_factory=dict)
    mass: float = 0.0  # sum of the absolute values of all opinions

    def affinity(self, key: str) -> float:
        """Return the affinity to a feature (`language:te`), -1..1."""
        return self.affinities.get(key, 0.0) / (self.mass + AFFINITY_PRIOR_TITLES)

    def combined_affinity(self, traits: frozenset[str], kinds: Mapping[str, float]) -> float:
        """Return the sum of the strongest affinity of each kind, weighted by kind."""
        best: dict[str, float] = {}
        for name in self.affinities.keys() & traits:
            kind, value = name.partition(":")[0], self.affinities[name]
            known = best.get(kind, 0.0)
            if (abs(value), value) > (abs(known), known):
                best[kind] = value
        total = sum(weight * best[kind] for kind, weight in kinds.items() if kind in best)
        return total / (self.mass + AFFINITY_PRIOR_TITLES)

    def top_affinities(self, kind: str) -> list[tuple[str, float]]:
        """Return the affinities of a kind (`language`), the strongest first."""
        prefix = f"{kind}:"
        named = [
            (key.removeprefix(prefix), self.affinity(key))
            for key, value in self.affinities.items()
            if key.startswith(prefix) and value >= MIN_WEIGHT
        ]
        return sorted(named, key=lambda each: (-each[1], each[0]))

    def steer_from_aversion(self, towards: Vector) -> Vector:
        """Return a unit vector, pushed away from disliked titles."""
        if self.aversion is None:
            return towards
        disliked = float(np.linalg.norm(self.aversion))
        liked = 0.0 if self.long_term is None else float(np.linalg.norm(self.long_term))
        push = AVERSION_STRENGTH * disliked / (disliked + liked + EPSILON) * 2
        return unit_vector(
            towards - np.float32(min(push, AVERSION_STRENGTH)) * unit_vector(self.aversion)
        )


EMPTY_TASTE = Taste()


def runtime_class(runtime_minutes: int) -> str:
    """Return the name of a length."""
    if runtime_minutes < 60:
        return "episode"
    if runtime_minutes < 110:
        return "short"
    return "medium" if runtime_minutes < 150 else "long"


def unit_vector(vector: Vector) -> Vector:
    """Return a vector scaled to unit length."""
    scaled: Vector = (vector / max(float(np.linalg.norm(vector)), EPSILON)).astype(np.float32)
    return scaled
