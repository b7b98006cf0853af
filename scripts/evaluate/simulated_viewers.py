"""Simulated people: what they like is known here, and to no recommender.

A person lives in a region and understands one to three languages. He has one to four interests,
each around a title that he may love for any reason, and to him a title is worth

    the best over his interests of  strength x (content + genres + people + language + era)
    + a little for fame + noise

with weights of his own for the five, for some follow a star and others a kind of story. He likes
the few titles that are worth most to him among those he understands. He is shown titles by fame and
by chance; ten of them he reacts to, as his worth of them says, and a recommender sees these ten
reactions and his region. What else he likes is hidden, and is what a feed is to find.

Content is the cosine of the same vectors that the recommender has, which favours it. In the world
`METADATA` content counts nothing, so that what is liked has nothing to do with vectors.
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
HISTORY_DAYS = 30  # that the first reactions are spread over

MAX_INTERESTS = 4
MAX_LANGUAGES = 3
MIN_UNDERSTOOD_TITLES = 100  # titles; who understands fewer does not come
LIKED_SHARE = 0.01  # of what he understands: a film in a hundred is one for him
MIN_LIKED_TITLES = 16  # where the catalogue is small
NEUTRAL_SHARE = 0.3  # of what he understands: the next best, neither liked nor disliked
REACTIONS_PER_VIEWER = 10
FAME_EXPOSURE_SHARE = 0.7  # share of what he is shown that comes by fame, the rest by chance

REACTION_SHARES = {
    "liked": 0.6,
    "even": 0.2,
    "disliked": 0.2,
}  # people mostly choose what they will like
EVENTS_BY_OPINION: Mapping[
    str, Sequence[tuple[Event, float | None, float | None]]
] = {  # value, progress
    "liked": (
        (Event.LIKE, None, None),
        (Event.COMPLETE, None, None),
        (Event.FAVORITE, None, None),
        (Event.RATE, 4.5, None),
        (Event.WATCH, None, 0.95),
    ),
    "even": (
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

DIRICHLET_CONCENTRATION = (
    8.0  # of people's own weights around the world's; less makes them more unlike
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What moves people, in the mean; the five likenesses are 0..1 each."""

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
    """All that a service knows of a person."""

    number: int
    region: Region
    reactions: tuple[TitleEvent, ...]  # in the order of time


@dataclass(frozen=True, slots=True)
class EvaluationViewer:
    """A guest, and the titles that he likes beside those that he reacted to."""

    history: ViewerHistory
    hidden_likes: frozenset[TitleId]


def draw_viewer(
    titles: SimulationCatalogue, world: World, *, seed: int, number: int
) -> EvaluationViewer:
    """Return a person; the same for the same shelf, world, seed and number."""
    rng = np.random.default_rng([seed, number])
    region, understood = _draw_region(titles, rng)
    worth = _title_worth(titles, world, understood, rng)
    ranked = understood[np.argsort(-worth, kind="stable")]
    liked = max(MIN_LIKED_TITLES, round(LIKED_SHARE * len(ranked)))
    even = liked + round(NEUTRAL_SHARE * len(ranked))
    tiers = {"liked": ranked[:liked], "even": ranked[liked:even], "disliked": ranked[even:]}
    history = tuple(_draw_reactions(titles, tiers, rng))
    heard = {done.title_id for done in history}
    hidden = frozenset(titles.ids[tiers["liked"]].tolist()) - heard
    return EvaluationViewer(ViewerHistory(number, region, history), hidden)


def draw_viewers(
    titles: SimulationCatalogue, world: World, *, seed: int, viewers: int
) -> Iterator[EvaluationViewer]:
    """Yield people."""
    for number in range(viewers):
        yield draw_viewer(titles, world, seed=seed, number=number)


def _draw_region(shelf: SimulationCatalogue, rng: np.random.Generator) -> tuple[Region, Rows]:
    """Return a region of India and the titles that somebody there understands.

    His first language is one of the region's, as much as it is watched there; others follow half
    that, half what there is, and a further one while there is next to nothing to choose from.
    """
    places = [
        each for each in regions.LANGUAGE_WEIGHTS if each.startswith(f"{regions.DEFAULT_REGION}-")
    ]
    region = places[int(rng.integers(len(places)))]
    watched = regions.language_weights(region)
    local = _as_probabilities(np.array([watched.get(name, 0.0) for name in shelf.languages]))
    mixed = (local + _as_probabilities(shelf.spoken.sum(axis=0))) / 2
    speaks = {int(rng.choice(len(local), p=local))}
    speaks.update(rng.choice(len(mixed), p=mixed, size=rng.integers(MAX_LANGUAGES)).tolist())
    understood = shelf.in_any(speaks)
    while len(understood) < min(MIN_UNDERSTOOD_TITLES, len(shelf)):
        speaks.add(int(rng.choice(len(mixed), p=mixed)))
        understood = shelf.in_any(speaks)
    return region, understood


def _title_worth(
    shelf: SimulationCatalogue, world: World, rows: Rows, rng: np.random.Generator
) -> Numbers:
    """Return what titles are worth to somebody."""
    weights = world.weights()
    own = np.zeros(len(weights))
    own[weights > 0] = rng.dirichlet(DIRICHLET_CONCENTRATION * weights[weights > 0] / weights.sum())
    best = np.zeros(len(rows))
    for _ in range(int(rng.integers(1, MAX_INTERESTS + 1))):
        strength = rng.uniform(0.7, 1.0)
        around = int(rows[rng.integers(len(rows))])
        best = np.maximum(best, strength * (own @ shelf.similarities(around)[:, rows]))
    noise = world.noise * rng.standard_normal(len(rows))
    total: Numbers = best + world.fame * shelf.fame[rows] + noise
    return total


def _draw_reactions(
    shelf: SimulationCatalogue, tiers: Mapping[str, Rows], rng: np.random.Generator
) -> Iterator[TitleEvent]:
    """Yield the first reactions, to as many titles; one at least is to what he likes."""
    names = list(REACTION_SHARES)
    kinds = rng.choice(len(names), size=REACTIONS_PER_VIEWER, p=list(REACTION_SHARES.values()))
    if not (kinds == names.index("liked")).any():
        kinds[0] = names.index("liked")
    ages = np.sort(rng.uniform(0, HISTORY_DAYS, size=REACTIONS_PER_VIEWER))[::-1]
    shown = {
        name: iter(_draw_exposed(shelf, tiers[name], int((kinds == at).sum()), rng))
        for at, name in enumerate(names)
    }
    for kind, age in zip(kinds.tolist(), ages.tolist(), strict=True):
        row = next(shown[names[kind]], None)
        if row is not None:
            events = EVENTS_BY_OPINION[names[kind]]
            event, value, progress = events[int(rng.integers(len(events)))]
            yield TitleEvent(
                title_id=int(shelf.ids[row]),
                event=event,
                at=NOW - timedelta(days=age),
                value=value,
                progress=progress,
            )


def _draw_exposed(
    shelf: SimulationCatalogue, rows: Rows, size: int, rng: np.random.Generator
) -> list[int]:
    """Return some of the titles, none twice, the famous likelier."""
    odds = FAME_EXPOSURE_SHARE * _as_probabilities(shelf.fame[rows]) + (
        1 - FAME_EXPOSURE_SHARE
    ) / len(rows)
    taken: list[int] = rng.choice(rows, size=min(size, len(rows)), replace=False, p=odds).tolist()
    return taken


def _as_probabilities(weights: Numbers) -> Numbers:
    """Return weights as odds, even ones where all are nothing."""
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
