"""Simulated viewers, whose likes are known to the simulation and to no recommender.

A viewer lives in a region and understands one to three languages. They have one to four interests,
each around a random title, and a title is worth to them

    the best over their interests of  strength x (content + genres + people + language + era)
    + a little for fame + noise

with individual weights for the five, since some follow a star and others a kind of story. They like
the few titles that are worth most among those they understand. They are shown titles by fame and at
random and react to ten of them, according to their worth. A recommender sees these ten reactions
and the region. The other likes are hidden; the feed has to find them.

Content is the cosine of the same vectors that the recommender uses, which favours it. In
`METADATA_WORLD` content counts nothing, so that likes are independent of vectors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from catalog import regions
from recommend.title_state import TitleEvent
from scripts.evaluate.simulation_catalogue import Numbers, Rows, SimulationCatalogue
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Event

NOW = datetime(2026, 1, 10, 14, 30, tzinfo=UTC)  # Saturday, eight in the evening in India
HISTORY_DAYS = 30

MAX_INTERESTS = 4
MAX_LANGUAGES = 3
MIN_UNDERSTOOD_TITLES = 100  # viewers who understand fewer learn another language
LIKED_SHARE = 0.01  # of the titles they understand
MIN_LIKED_TITLES = 16  # in a small catalogue
NEUTRAL_SHARE = 0.3  # of the titles they understand: the next best
REACTIONS_PER_VIEWER = 10
FAME_EXPOSURE_SHARE = 0.7  # of the titles they are shown; the rest are random

REACTION_SHARES = {"liked": 0.6, "neutral": 0.2, "disliked": 0.2}  # most choose what they will like

EventValues = tuple[Event, float | None, float | None]
"""Event, value, progress."""

EVENTS_BY_OPINION: Mapping[str, Sequence[EventValues]] = {
    "liked": (
        (Event.LIKE, None, None),
        (Event.COMPLETE, None, None),
        (Event.FAVORITE, None, None),
        (Event.RATE, 4.5, None),
        (Event.WATCH, None, 0.95),
    ),
    "neutral": (
        (Event.VIEW, None, None),
        (Event.WATCH, None, 0.5),
        (Event.RATE, 3.0, None),
    ),
    "disliked": (
        (Event.DISLIKE, None, None),
        (Event.DISMISS, None, None),
        (Event.RATE, 1.5, None),
        (Event.WATCH, None, 0.1),
    ),
}

# Of individual weights around those of the world; a lower value makes viewers more different.
DIRICHLET_CONCENTRATION = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What viewers care about on average; the five similarities are 0..1 each."""

    name: str
    content: float
    genres: float
    people: float
    language: float
    era: float
    fame: float = 0.1
    noise: float = 0.1  # standard deviation

    def weights(self) -> Numbers:
        """Return the weights of the five, in order."""
        return np.array([self.content, self.genres, self.people, self.language, self.era])


CONTENT_AND_METADATA_WORLD = World(
    name="content and metadata", content=0.4, genres=0.2, people=0.2, language=0.1, era=0.1
)
METADATA_WORLD = World(
    name="metadata alone", content=0.0, genres=0.35, people=0.35, language=0.15, era=0.15
)
FAME_WORLD = World(
    name="fame counts more", content=0.4, genres=0.2, people=0.2, language=0.1, era=0.1, fame=0.3
)
WORLDS = (CONTENT_AND_METADATA_WORLD, METADATA_WORLD, FAME_WORLD)


@dataclass(frozen=True, slots=True)
class ViewerHistory:
    """All that a recommender knows of a viewer."""

    number: int
    region: Region
    reactions: tuple[TitleEvent, ...]  # in order of time


@dataclass(frozen=True, slots=True)
class EvaluationViewer:
    """A viewer, and the titles they like without having reacted to them."""

    history: ViewerHistory
    hidden_likes: frozenset[TitleId]


def draw_viewer(
    titles: SimulationCatalogue, world: World, *, seed: int, number: int
) -> EvaluationViewer:
    """Return a viewer; the same for the same titles, world, seed and number."""
    rng = np.random.default_rng([seed, number])
    region, understood = _draw_region(titles, rng)
    worth = _title_worth(titles, world, understood, rng)
    ranked = understood[np.argsort(-worth, kind="stable")]
    liked = max(MIN_LIKED_TITLES, round(LIKED_SHARE * len(ranked)))
    neutral = liked + round(NEUTRAL_SHARE * len(ranked))
    tiers = {
        "liked": ranked[:liked],
        "neutral": ranked[liked:neutral],
        "disliked": ranked[neutral:],
    }
    reactions = tuple(_draw_reactions(titles, tiers, rng))
    reacted_ids = {event.title_id for event in reactions}
    hidden = frozenset(titles.ids[tiers["liked"]].tolist()) - reacted_ids
    return EvaluationViewer(ViewerHistory(number, region, reactions), hidden)


def draw_viewers(
    titles: SimulationCatalogue, world: World, *, seed: int, viewers: int
) -> Iterator[EvaluationViewer]:
    """Yield viewers."""
    for number in range(viewers):
        yield draw_viewer(titles, world, seed=seed, number=number)


def _draw_region(titles: SimulationCatalogue, rng: np.random.Generator) -> tuple[Region, Rows]:
    """Return a region of India and the titles that a viewer there understands.

    The first language is drawn by how much it is watched in the region; further ones half by that
    and half by their titles. Another is added while there are too few titles.
    """
    india = f"{regions.DEFAULT_REGION}-"
    states = [each for each in regions.LANGUAGE_WEIGHTS if each.startswith(india)]
    region = states[int(rng.integers(len(states)))]
    watched = regions.language_weights(region)
    local = _as_probabilities(np.array([watched.get(name, 0.0) for name in titles.languages]))
    mixed = (local + _as_probabilities(titles.spoken.sum(axis=0))) / 2
    languages = {int(rng.choice(len(local), p=local))}
    languages.update(rng.choice(len(mixed), p=mixed, size=rng.integers(MAX_LANGUAGES)).tolist())
    understood = titles.in_any(languages)
    while len(understood) < min(MIN_UNDERSTOOD_TITLES, len(titles)):
        languages.add(int(rng.choice(len(mixed), p=mixed)))
        understood = titles.in_any(languages)
    return region, understood


def _title_worth(
    titles: SimulationCatalogue, world: World, rows: Rows, rng: np.random.Generator
) -> Numbers:
    """Return the worth of titles to a viewer."""
    weights = world.weights()
    own_weights = np.zeros(len(weights))
    own_weights[weights > 0] = rng.dirichlet(
        DIRICHLET_CONCENTRATION * weights[weights > 0] / weights.sum()
    )
    best = np.zeros(len(rows))
    for _ in range(int(rng.integers(1, MAX_INTERESTS + 1))):
        strength = rng.uniform(0.7, 1.0)
        center = int(rows[rng.integers(len(rows))])
        best = np.maximum(best, strength * (own_weights @ titles.similarities(center)[:, rows]))
    noise = world.noise * rng.standard_normal(len(rows))
    total: Numbers = best + world.fame * titles.fame[rows] + noise
    return total


def _draw_reactions(
    titles: SimulationCatalogue, tiers: Mapping[str, Rows], rng: np.random.Generator
) -> Iterator[TitleEvent]:
    """Yield the reactions, each to another title; at least one is to a title they like."""
    names = list(REACTION_SHARES)
    kinds = rng.choice(len(names), size=REACTIONS_PER_VIEWER, p=list(REACTION_SHARES.values()))
    if not (kinds == names.index("liked")).any():
        kinds[0] = names.index("liked")
    ages = np.sort(rng.uniform(0, HISTORY_DAYS, size=REACTIONS_PER_VIEWER))[::-1]
    rows_by_tier = {
        name: iter(_draw_exposed(titles, tiers[name], int((kinds == at).sum()), rng))
        for at, name in enumerate(names)
    }
    for kind, age in zip(kinds.tolist(), ages.tolist(), strict=True):
        row = next(rows_by_tier[names[kind]], None)
        if row is not None:
            events = EVENTS_BY_OPINION[names[kind]]
            event, value, progress = events[int(rng.integers(len(events)))]
            yield TitleEvent(
                title_id=int(titles.ids[row]),
                event=event,
                at=NOW - timedelta(days=age),
                value=value,
                progress=progress,
            )


def _draw_exposed(
    titles: SimulationCatalogue, rows: Rows, size: int, rng: np.random.Generator
) -> list[int]:
    """Return some of the titles, the famous ones more likely."""
    uniform = (1 - FAME_EXPOSURE_SHARE) / len(rows)
    odds = FAME_EXPOSURE_SHARE * _as_probabilities(titles.fame[rows]) + uniform
    draw = rng.choice(rows, size=min(size, len(rows)), replace=False, p=odds)
    return [int(row) for row in draw]


def _as_probabilities(weights: Numbers) -> Numbers:
    """Return weights as probabilities; equal ones if all weights are 0."""
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
