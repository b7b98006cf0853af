"""What a personal feed asks of the index: every candidate comes from one of these queries.

A feed has three sorts of slots: half of them are close to the person's taste, three in ten stretch
it, two in ten are what everybody watches. Each query fills slots of one sort; what he saw, judged
or dismissed, and what he is too young for, is in the filter of all of them, so nothing is dropped
after the cut.

Who has no taste yet steps down a ladder: the titles he picked at first, then his region and
languages, then what is well known anywhere. The answer tells which rungs it stood on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from math import sqrt

import numpy as np

from db.kinds import Space
from index.query import Boosts, Filter, Query, Region, TitleId, Vector
from recommend import queries
from recommend.standing import Standing
from recommend.taste import Taste, unit

CLOSE_SHARE, STRETCH_SHARE, TRENDING_SHARE = 0.5, 0.3, 0.2  # of the slots

# On the scale of a cosine: a taste decides, popularity orders what fits equally well.
CLOSE_BOOSTS = (0.06, 0.04, 0.02)  # popularity, regional, freshness
STRETCH_BOOSTS = (0.10, 0.06, 0.02)  # who steps aside is better led to something good

CANDIDATES_PER_SLOT = 4  # for diversity to choose from
FEWEST_CANDIDATES = 24

SESSION_AT_LEAST = 0.3  # length of the session's sum; one title half liked an hour ago
SESSION_SHARE = 0.5  # of the weight of all interests together, at most
PERSON_AT_LEAST = 0.12  # affinity; two titles of a director, liked among ten
PERSON_SHARE = 0.15  # of the weight of all interests together
MOST_PEOPLE = 2
OWN_LANGUAGES = 5
OWN_LANGUAGE_AT_LEAST = 0.04  # affinity, or weight of a language in a region
FAMILIAR_GENRES = 3
TURN_ASIDE = 0.6  # length of the random vector that an interest is turned by to explore
EXPLORING = 3  # queries that explore
MOOD_WEIGHT = 0.8  # of a mood beside an interest


class Slot(StrEnum):
    """What a place in a feed is for."""

    CLOSE = "close"
    STRETCH = "stretch"
    TRENDING = "trending"


SHARES = {
    Slot.CLOSE: CLOSE_SHARE,
    Slot.STRETCH: STRETCH_SHARE,
    Slot.TRENDING: TRENDING_SHARE,
}


class Source(StrEnum):
    """What a query of a feed looks for."""

    INTEREST = "interest"
    SESSION = "session"
    PERSON = "person"
    MOOD = "mood"
    OTHER_LANGUAGE = "other_language"
    OTHER_GENRE = "other_genre"
    EXPLORE = "explore"
    TRENDING_REGION = "trending_region"
    TRENDING_LANGUAGE = "trending_language"
    GENRE = "genre"
    POPULAR = "popular"


class Rung(StrEnum):
    """What a feed could stand on, the best first."""

    TASTE = "taste"
    PICKS = "picks"  # a taste, of nothing but the titles picked at first
    PREFERENCES = "preferences"
    REGION = "region"
    POPULARITY = "popularity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What somebody says of himself; empty where he says nothing."""

    languages: Mapping[str, float] = field(default_factory=dict)  # ISO 639-1 to weight, 0..1
    favourite_genres: frozenset[str] = frozenset()
    disliked_genres: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mood:
    """A mood asked for: where it lies, and how much each genre carries it, 0..1.

    `vector` is none while nobody can embed it; then genres alone tell.
    """

    name: str
    vector: Vector | None
    genres: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks for a feed, when and where.

    `wanted` holds what no hit may break (age, adult titles, filters of the caller). `seed` settles
    what is explored: the same all day, another tomorrow.
    """

    taste: Taste
    standings: Mapping[TitleId, Standing]
    preferences: Preferences
    region: Region
    watched: Mapping[str, float]  # languages of the region to weight
    every_language: frozenset[str]  # of the catalogue
    wanted: Filter
    now: datetime  # in the time zone of the region
    seed: int
    k: int
    mood: Mood | None = None
    picked_only: bool = False  # all that is known are the titles picked at first
    works: Callable[[str], frozenset[TitleId]] = lambda _: frozenset()  # titles of a person

    @property
    def own_languages(self) -> list[str]:
        """The languages he watches, as he says, as he does, or as one does where he is."""
        said = [code for code, weight in self.preferences.languages.items() if weight > 0]
        leant = [
            code
            for code, affinity in self.taste.leanings("language")
            if affinity >= OWN_LANGUAGE_AT_LEAST
        ]
        own = list(dict.fromkeys([*said, *leant[:OWN_LANGUAGES]]))
        if own:
            return own
        return [code for code, weight in self.watched.items() if weight >= OWN_LANGUAGE_AT_LEAST]

    @property
    def familiar_genres(self) -> list[str]:
        """The genres he leans to most, as he does or says."""
        leant = [genre for genre, _ in self.taste.leanings("genre")]
        said = sorted(self.preferences.favourite_genres)
        return list(dict.fromkeys([*leant[:FAMILIAR_GENRES], *said]))

    @property
    def filter(self) -> Filter:
        """What every hit meets."""
        known = {title_id for title_id, standing in self.standings.items() if standing.known}
        return replace(
            self.wanted,
            exclude=self.wanted.exclude | known,
            genres_none=self.wanted.genres_none | self.preferences.disliked_genres,
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """A query, what it looks for, and its share of the slots of its sort.

    `subject` names a language, a genre or a person; `interest` numbers an interest.
    """

    source: Source
    slot: Slot
    query: Query
    weight: float
    subject: str = ""
    interest: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a feed asks, and the rungs that it stands on."""

    asks: tuple[Ask, ...]
    rungs: tuple[Rung, ...]


def plan(asking: Asking) -> Plan:
    """Return the queries of a feed."""
    has_taste = bool(asking.taste.interests)
    asks = [*_close(asking), *_stretch(asking)] if has_taste or asking.mood else []
    asks += _trending(asking, alone=not asks)
    return Plan(tuple(asks), tuple(_rungs(asking, has_taste)))


def _rungs(asking: Asking, has_taste: bool) -> Iterator[Rung]:
    if has_taste:
        yield Rung.PICKS if asking.picked_only else Rung.TASTE
    said = asking.preferences
    if said.languages or said.favourite_genres:
        yield Rung.PREFERENCES
    yield Rung.REGION
    if not has_taste:
        yield Rung.POPULARITY


def _close(asking: Asking) -> Iterator[Ask]:
    taste, own = asking.taste, _in(asking.filter, asking.own_languages)
    everything = sum(_share(each.weight) for each in taste.interests)
    for number, interest in enumerate(taste.interests):
        query = _near(asking, taste.pushed(interest.direction), own, CLOSE_BOOSTS, Slot.CLOSE)
        yield Ask(Source.INTEREST, Slot.CLOSE, query, _share(interest.weight), interest=number)
    if taste.session is not None and taste.long_term is not None:
        strength = min(1.0, float(np.linalg.norm(taste.session)))
        if strength >= SESSION_AT_LEAST:
            query = _near(asking, taste.pushed(unit(taste.session)), own, CLOSE_BOOSTS, Slot.CLOSE)
            yield Ask(Source.SESSION, Slot.CLOSE, query, SESSION_SHARE * strength * everything)
    if asking.mood is not None:
        near = unit(taste.long_term) if taste.long_term is not None else asking.mood.vector
        if near is not None:
            query = _near(asking, near, own, CLOSE_BOOSTS, Slot.CLOSE)
            yield Ask(Source.MOOD, Slot.CLOSE, query, everything or 1.0, asking.mood.name)
    yield from _people(asking, everything)


def _people(asking: Asking, everything: float) -> Iterator[Ask]:
    taste = asking.taste
    if taste.long_term is None:
        return
    for name, affinity in taste.leanings("person")[:MOST_PEOPLE]:
        titles = asking.works(name) if affinity >= PERSON_AT_LEAST else frozenset()
        if titles:
            wanted = asking.filter
            both = titles if wanted.include is None else wanted.include & titles
            query = _near(
                asking,
                unit(taste.long_term),
                replace(wanted, include=both),
                CLOSE_BOOSTS,
                Slot.CLOSE,
            )
            yield Ask(Source.PERSON, Slot.CLOSE, query, PERSON_SHARE * everything, name)


def _stretch(asking: Asking) -> Iterator[Ask]:
    taste, wanted = asking.taste, asking.filter
    interests = sorted(taste.interests, key=lambda each: -each.weight)
    if not interests:
        return
    main = taste.pushed(interests[0].direction)
    others = asking.every_language - frozenset(asking.own_languages)
    abroad = wanted.languages & others if wanted.languages else others
    if abroad:
        foreign = replace(wanted, languages=abroad)
        query = _near(asking, main, foreign, STRETCH_BOOSTS, Slot.STRETCH)
        yield Ask(Source.OTHER_LANGUAGE, Slot.STRETCH, query, 1.0)
    own = _in(wanted, asking.own_languages)
    familiar = frozenset(asking.familiar_genres[:FAMILIAR_GENRES])
    if familiar:
        unfamiliar = replace(own, genres_none=own.genres_none | familiar)
        query = _near(asking, main, unfamiliar, STRETCH_BOOSTS, Slot.STRETCH)
        yield Ask(Source.OTHER_GENRE, Slot.STRETCH, query, 1.0)
    rng = np.random.default_rng(asking.seed)
    for number in range(EXPLORING):
        interest = interests[number % len(interests)]
        turned = _turned(taste.pushed(interest.direction), rng)
        query = _near(asking, turned, own, STRETCH_BOOSTS, Slot.STRETCH)
        yield Ask(Source.EXPLORE, Slot.STRETCH, query, 1.0)


def _trending(asking: Asking, *, alone: bool) -> Iterator[Ask]:
    """Ask for what everybody watches; `alone`, the whole feed is that."""
    wanted, region = asking.filter, asking.region
    k = _enough(asking.k, Slot.TRENDING, alone=alone)
    if asking.mood is not None and not wanted.genres_any and asking.mood.genres:
        wanted = replace(wanted, genres_any=frozenset(asking.mood.genres))
    own = _in(wanted, asking.own_languages)
    yield _general(Source.TRENDING_REGION, queries.trending(region, own, k=k))
    for code in asking.own_languages[:2]:
        query = queries.trending(region, _in(wanted, [code]), k=k)
        yield _general(Source.TRENDING_LANGUAGE, query, code)
    for genre in asking.familiar_genres[:2]:
        if not wanted.genres_any or genre in wanted.genres_any:
            chosen = replace(own, genres_any=frozenset({genre}))
            yield _general(Source.GENRE, queries.best_known(region, chosen, k=k), genre)
    if alone:
        yield _general(Source.POPULAR, queries.best_known(region, wanted, k=k))


def _general(source: Source, query: Query, subject: str = "") -> Ask:
    return Ask(source, Slot.TRENDING, query, 1.0, subject)


def _near(
    asking: Asking, vector: Vector, wanted: Filter, boosts: tuple[float, float, float], slot: Slot
) -> Query:
    mood = None if asking.mood is None else asking.mood.vector
    towards = vector if mood is None else unit(vector + np.float32(MOOD_WEIGHT) * mood)
    popularity, regional, freshness = boosts
    return Query(
        vector=towards,
        space=Space.CONTENT,
        filter=wanted,
        boosts=Boosts(
            popularity=popularity, regional={asking.region: regional}, freshness=freshness
        ),
        k=_enough(asking.k, slot),
    )


def _turned(vector: Vector, rng: np.random.Generator) -> Vector:
    """Return a direction near another, by chance."""
    aside = unit(rng.standard_normal(len(vector)).astype(np.float32))
    return unit(vector + np.float32(TURN_ASIDE) * aside)


def _in(wanted: Filter, languages: list[str]) -> Filter:
    """Return the filter narrowed to languages, where the caller has not asked for his own."""
    if wanted.languages or not languages:
        return wanted
    return replace(wanted, languages=frozenset(languages))


def _enough(k: int, slot: Slot, *, alone: bool = False) -> int:
    share = 1.0 if alone else SHARES[slot]
    return max(FEWEST_CANDIDATES, int(CANDIDATES_PER_SLOT * share * k), k)


def _share(weight: float) -> float:
    """Return the share of an interest: more than its weight, lest the greatest drown the rest."""
    return sqrt(weight)
