"""What a personal feed asks of the index: every candidate comes from one of these queries.

A feed has three sorts of slots: half of them are close to the person's taste, three in ten stretch
it, two in ten are what everybody watches. Each query fills slots of one sort; what he saw, judged
or dismissed, and what he is too young for, is in the filter of all of them, so nothing is dropped
after the cut.

Who has no taste yet steps down a ladder: the titles he picked at first, then his region and
languages, then what is well known anywhere. The answer tells which rungs it stood on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from math import sqrt

import numpy as np

from index.query import Boosts, Filter, Query, Region, TitleId, Vector
from recommend import queries
from recommend.moods import GENRES, Rasa
from recommend.taste import Taste, unit
from recommend.title_state import Standing
from vocabulary.kinds import Space

CLOSE_SHARE, STRETCH_SHARE, TRENDING_SHARE = 0.5, 0.3, 0.2  # of the slots

# On the scale of a cosine: a taste decides, popularity orders what fits equally well.
CLOSE_BOOSTS = (0.06, 0.04, 0.02)  # popularity, regional, freshness
STRETCH_BOOSTS = (0.10, 0.06, 0.02)  # who steps aside is better led to something good

CANDIDATES = 16  # of each query, or as many as half the feed has places: to choose from
MOOD_CANDIDATES = 32  # of each query in a mood: one in three of what lies near it is in it

SESSION_AT_LEAST = 0.3  # length of the session's sum; one title half liked an hour ago
SESSION_SHARE = 0.5  # of the weight of all interests together, at most
PERSON_AT_LEAST = 0.12  # affinity; two titles of a director, liked among ten
PERSON_SHARE = 0.15  # of the weight of all interests together
MOST_PEOPLE = 2
OWN_LANGUAGES = 5
OWN_LANGUAGE_AT_LEAST = 0.04  # affinity, or weight of a language in a region
FAMILIAR_GENRES = 3
LEANING_AT_LEAST = 0.15  # affinity; what he leans to so much he knows of himself, so it is not new
TURN_ASIDE = 0.6  # length of the random vector that an interest is turned by to explore
EXPLORING = 2  # queries that explore
MOST_ASKED = 4  # interests, the strongest; the least of five has seldom a place
BESIDE_MOOD = 0.5  # weight of an interest beside a mood: who asks for peace gets no murders
MOOD_BOOSTS = (0.20, 0.30, 0.05)  # of what everybody watches in a mood: the mood goes before fame
MOOD_GENRE = 0.6  # how much a genre has to carry a mood for all its titles to be in it


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
    """A mood asked for, and where it lies.

    `vector` is none while nobody can embed it; then genres alone tell.
    """

    rasa: Rasa
    vector: Vector | None


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks for a feed, when and where.

    `wanted` holds what no hit may break (age, adult titles, filters of the caller). `seed` settles
    what is explored: the same all day, another tomorrow.
    """

    taste: Taste
    standings: Mapping[TitleId, Standing]  # the latest changed first
    preferences: Preferences
    region: Region
    watched: Mapping[str, float]  # languages of the region to weight
    every_language: frozenset[str]  # of the catalogue
    wanted: Filter
    now: datetime  # in the time zone of the region
    seed: int
    k: int
    known: frozenset[TitleId] = frozenset()  # titles known from longer ago
    mood: Mood | None = None
    picked_only: bool = False  # all that is known are the titles picked at first
    loved_genres: Sequence[str] = ()  # what titles that he liked are first of all
    loved_languages: Sequence[str] = ()  # theirs, the latest first
    works: Callable[[str], frozenset[TitleId]] = lambda _: frozenset()  # titles of a person
    dubbed: Callable[[str], frozenset[TitleId]] = lambda _: frozenset()
    """Titles that are first of all of a language, and of others too."""

    @cached_property
    def own_languages(self) -> list[str]:
        """The languages he watches, as he says, as he does, or as one does where he is."""
        said = [code for code, weight in self.preferences.languages.items() if weight > 0]
        leant = [
            code
            for code, affinity in self.taste.leanings("language")
            if affinity >= OWN_LANGUAGE_AT_LEAST
        ]
        own = list(dict.fromkeys([*said, *leant[:OWN_LANGUAGES]]))
        # Who dislikes as many titles of a language as he likes leans to none, and understands it.
        if own or self.loved_languages:
            return own or [*self.loved_languages[:OWN_LANGUAGES]]
        return [code for code, weight in self.watched.items() if weight >= OWN_LANGUAGE_AT_LEAST]

    @cached_property
    def familiar_genres(self) -> list[str]:
        """The genres that are nothing new to him, those he leans to most first."""
        leant = [
            genre
            for place, (genre, affinity) in enumerate(self.taste.leanings("genre"))
            if place < FAMILIAR_GENRES or affinity >= LEANING_AT_LEAST
        ]
        said = sorted(self.preferences.favourite_genres)
        return list(dict.fromkeys([*leant, *said, *self.loved_genres]))

    @cached_property
    def filter(self) -> Filter:
        """What every hit meets."""
        latest = (title_id for title_id, standing in self.standings.items() if standing.known)
        return replace(
            self.wanted,
            exclude=self.wanted.exclude.union(self.known, latest),
            genres_none=self.wanted.genres_none | self.preferences.disliked_genres,
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """A query, what it looks for, and its share of the slots of its sort.

    `subject` names a language, a genre, a person or a mood.
    """

    source: Source
    slot: Slot
    query: Query
    weight: float
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a feed asks, and the rungs that it stands on."""

    asks: tuple[Ask, ...]
    rungs: tuple[Rung, ...]


def plan(asking: Asking) -> Plan:
    """Return the queries of a feed."""
    ground = _Ground.of(asking)
    has_taste = bool(asking.taste.interests)
    asks = [*_close(ground), *_stretch(ground)] if has_taste or asking.mood else []
    asks += _trending(ground, alone=not asks)
    return Plan(tuple(asks), tuple(_rungs(asking, has_taste)))


def filling(asking: Asking, shown: Iterable[TitleId]) -> Ask:
    """Ask for what is best known of all that is left, where a plan found too little."""
    left = asking.filter
    others = replace(left, exclude=left.exclude.union(shown))
    query = queries.best_known(asking.region, others, k=asking.k)
    return Ask(Source.POPULAR, Slot.TRENDING, query, 1.0)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all queries of a feed share, worked out once."""

    asking: Asking
    wanted: Filter
    languages: list[str]  # his own
    own: Filter  # in his own languages
    genres: list[str]  # familiar ones

    @classmethod
    def of(cls, asking: Asking) -> "_Ground":
        wanted, languages = asking.filter, asking.own_languages
        return cls(asking, wanted, languages, _in(wanted, languages), asking.familiar_genres)


def _rungs(asking: Asking, has_taste: bool) -> Iterator[Rung]:
    if has_taste:
        yield Rung.PICKS if asking.picked_only else Rung.TASTE
    said = asking.preferences
    if said.languages or said.favourite_genres:
        yield Rung.PREFERENCES
    yield Rung.REGION
    if not has_taste:
        yield Rung.POPULARITY


def _close(ground: _Ground) -> Iterator[Ask]:
    asking, taste = ground.asking, ground.asking.taste
    everything = sum(_share(each.weight) for each in taste.interests)
    strongest = sorted(taste.interests, key=lambda each: -each.weight)
    for interest in strongest[:MOST_ASKED]:
        towards = taste.pushed(interest.direction)
        query = _near(asking, towards, ground.own, CLOSE_BOOSTS)
        yield Ask(Source.INTEREST, Slot.CLOSE, query, _share(interest.weight))
    if taste.session is not None and taste.interests:
        strength = min(1.0, float(np.linalg.norm(taste.session)))
        if strength >= SESSION_AT_LEAST:
            towards = taste.pushed(unit(taste.session))
            query = _near(asking, towards, ground.own, CLOSE_BOOSTS)
            yield Ask(Source.SESSION, Slot.CLOSE, query, SESSION_SHARE * strength * everything)
    if asking.mood is not None:
        near = asking.mood.vector
        if taste.long_term is not None:
            near = taste.pushed(unit(taste.long_term))
        if near is not None:
            query = _near(asking, near, ground.own, CLOSE_BOOSTS)
            yield Ask(Source.MOOD, Slot.CLOSE, query, everything or 1.0, asking.mood.rasa)
    if taste.long_term is not None:
        towards = taste.pushed(unit(taste.long_term))
        yield from _people(ground, towards, PERSON_SHARE * everything)


def _people(ground: _Ground, towards: Vector, weight: float) -> Iterator[Ask]:
    asking, wanted = ground.asking, ground.wanted
    for name, affinity in asking.taste.leanings("person")[:MOST_PEOPLE]:
        titles = asking.works(name) if affinity >= PERSON_AT_LEAST else frozenset()
        if titles:
            both = titles if wanted.include is None else wanted.include & titles
            query = _near(asking, towards, replace(wanted, include=both), CLOSE_BOOSTS)
            yield Ask(Source.PERSON, Slot.CLOSE, query, weight, name)


def _stretch(ground: _Ground) -> Iterator[Ask]:
    asking, taste, wanted = ground.asking, ground.asking.taste, ground.wanted
    interests = sorted(taste.interests, key=lambda each: -each.weight)
    if not interests:
        return
    main = taste.pushed(interests[0].direction)
    others = asking.every_language - frozenset(ground.languages)
    abroad = wanted.languages & others if wanted.languages else others
    if abroad:
        at_home = wanted.exclude.union(*map(asking.dubbed, ground.languages))
        elsewhere = replace(wanted, languages=abroad, exclude=at_home)
        query = _near(asking, main, elsewhere, STRETCH_BOOSTS)
        yield Ask(Source.OTHER_LANGUAGE, Slot.STRETCH, query, 1.0)
    familiar = frozenset(ground.genres)
    if familiar and asking.mood is None:  # a mood is different enough
        unfamiliar = replace(ground.own, genres_none=ground.own.genres_none | familiar)
        query = _near(asking, main, unfamiliar, STRETCH_BOOSTS)
        yield Ask(Source.OTHER_GENRE, Slot.STRETCH, query, 1.0)
    rng = np.random.default_rng(asking.seed)
    for number in range(EXPLORING):
        interest = interests[number % len(interests)]
        turned = _turned(taste.pushed(interest.direction), rng)
        query = _near(asking, turned, ground.own, STRETCH_BOOSTS)
        yield Ask(Source.EXPLORE, Slot.STRETCH, query, 1.0)


def _trending(ground: _Ground, *, alone: bool) -> Iterator[Ask]:
    """Ask for what everybody watches; `alone`, the whole feed is that."""
    asking, wanted, own = ground.asking, ground.wanted, ground.own
    k = asking.k if alone else _enough(asking.k)
    if asking.mood is not None and not wanted.genres_any:
        telling = _telling(asking.mood.rasa)
        wanted, own = replace(wanted, genres_any=telling), replace(own, genres_any=telling)
    yield _general(asking, Source.TRENDING_REGION, queries.trending(asking.region, own, k=k))
    for code in ground.languages[:2]:
        query = queries.trending(asking.region, _in(wanted, [code]), k=k)
        yield _general(asking, Source.TRENDING_LANGUAGE, query, code)
    for genre in ground.genres[:2]:
        if not wanted.genres_any or genre in wanted.genres_any:
            chosen = replace(own, genres_any=frozenset({genre}))
            query = queries.best_known(asking.region, chosen, k=k)
            yield _general(asking, Source.GENRE, query, genre)
    if alone:
        query = queries.best_known(asking.region, wanted, k=k)
        yield _general(asking, Source.POPULAR, query)


def _telling(rasa: Rasa) -> frozenset[str]:
    """Return the genres that carry a mood by themselves."""
    return frozenset(genre for genre, carried in GENRES[rasa].items() if carried >= MOOD_GENRE)


def _general(asking: Asking, source: Source, query: Query, subject: str = "") -> Ask:
    """Ask for what everybody watches, and in a mood for what of that lies near it."""
    mood = None if asking.mood is None else asking.mood.vector
    if mood is not None:
        query = replace(query, vector=mood, boosts=_boosts(asking.region, MOOD_BOOSTS))
    return Ask(source, Slot.TRENDING, query, 1.0, subject)


def _near(
    asking: Asking, vector: Vector, wanted: Filter, boosts: tuple[float, float, float]
) -> Query:
    mood = None if asking.mood is None else asking.mood.vector
    towards = vector if mood is None else unit(mood + np.float32(BESIDE_MOOD) * vector)
    return Query(
        vector=towards,
        space=Space.CONTENT,
        filter=wanted,
        boosts=_boosts(asking.region, boosts),
        k=_enough(asking.k) if asking.mood is None else max(MOOD_CANDIDATES, asking.k),
    )


def _boosts(region: Region, weights: tuple[float, float, float]) -> Boosts:
    popularity, regional, freshness = weights
    return Boosts(popularity=popularity, regional={region: regional}, freshness=freshness)


def _turned(vector: Vector, rng: np.random.Generator) -> Vector:
    """Return a direction near another, by chance."""
    aside = unit(rng.standard_normal(len(vector)).astype(np.float32))
    return unit(vector + np.float32(TURN_ASIDE) * aside)


def _in(wanted: Filter, languages: list[str]) -> Filter:
    """Return the filter narrowed to languages, where the caller has not asked for his own."""
    if wanted.languages or not languages:
        return wanted
    return replace(wanted, languages=frozenset(languages))


def _enough(k: int) -> int:
    return max(CANDIDATES, k // 2)


def _share(weight: float) -> float:
    """Return the share of an interest: more than its weight, lest the greatest drown the rest."""
    return sqrt(weight)
