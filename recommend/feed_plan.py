"""The queries of a personal feed: every candidate comes from one of them.

A feed has three kinds of slots: half of them are close to the viewer's taste, three in ten stretch
it, two in ten are popular titles. Each query fills slots of one kind. Titles that the viewer has
watched, judged or dismissed, and those above their age, are excluded by the filter of every query,
so that nothing has to be dropped after the cut.

Viewers without a taste get fallbacks: their onboarding picks, then their region and languages, then
popular titles of any region. The response names the fallbacks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from index.query import Boosts, Filter, Query
from recommend import queries
from recommend.feed_context import CandidateSource, Fallback, FeedContext, Slot
from recommend.moods import MOOD_GENRE_WEIGHTS, Rasa
from recommend.taste import unit_vector
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

# On the scale of a cosine: a taste decides, popularity orders what fits equally well.
CLOSE_BOOSTS = (0.06, 0.04, 0.02)  # popularity, regional, freshness
STRETCH_BOOSTS = (0.10, 0.06, 0.02)  # who steps aside is better led to something good

MIN_CANDIDATES_PER_QUERY = (
    16  # of each query, or as many as half the feed has places: to choose from
)
MIN_MOOD_CANDIDATES_PER_QUERY = (
    32  # of each query in a mood: one in three of what lies near it is in it
)

MIN_SESSION_STRENGTH = 0.3  # length of the session's sum; one title half liked an hour ago
MAX_SESSION_SHARE = 0.5  # of the weight of all interests together, at most
MIN_PERSON_AFFINITY = 0.12  # affinity; two titles of a director, liked among ten
PERSON_SHARE = 0.15  # of the weight of all interests together
MAX_PERSON_QUERIES = 2
EXPLORATION_NOISE = 0.6  # length of the random vector that an interest is turned by to explore
EXPLORATION_QUERIES = 2  # queries that explore
MAX_INTEREST_QUERIES = 4  # interests, the strongest; the least of five has seldom a place
INTEREST_WEIGHT_IN_MOOD = (
    0.5  # weight of an interest beside a mood: who asks for peace gets no murders
)
MOOD_BOOSTS = (0.20, 0.30, 0.05)  # of what everybody watches in a mood: the mood goes before fame
MIN_MOOD_GENRE_WEIGHT = 0.6  # how much a genre has to carry a mood for all its titles to be in it


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """A query, what it looks for, and its share of the slots of its sort.

    `subject` names a language, a genre, a person or a mood.
    """

    source: CandidateSource
    slot: Slot
    query: Query
    weight: float
    subject: str = ""


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """All that a feed asks, and the rungs that it stands on."""

    candidate_queries: tuple[CandidateQuery, ...]
    fallbacks: tuple[Fallback, ...]


def plan_feed(context: FeedContext) -> FeedPlan:
    """Return the queries of a feed."""
    ground = _SharedInputs.from_context(context)
    has_taste = bool(context.taste.interests)
    asks = [*_close_queries(ground), *_stretch_queries(ground)] if has_taste or context.mood else []
    asks += _trending_queries(ground, alone=not asks)
    return FeedPlan(tuple(asks), tuple(_fallbacks(context, has_taste)))


def backfill_query(context: FeedContext, shown_ids: Iterable[TitleId]) -> CandidateQuery:
    """Ask for what is best known of all that is left, where a plan found too little."""
    left = context.hit_filter
    others = replace(left, exclude=left.exclude.union(shown_ids))
    query = queries.best_known(context.region, others, k=context.k)
    return CandidateQuery(CandidateSource.POPULAR, Slot.TRENDING, query, 1.0)


@dataclass(frozen=True, slots=True)
class _SharedInputs:
    """What all queries of a feed share, worked out once."""

    context: FeedContext
    hit_filter: Filter
    own_languages: list[str]  # his own
    own_language_filter: Filter  # in his own languages
    familiar_genres: list[str]  # familiar ones

    @classmethod
    def from_context(cls, context: FeedContext) -> "_SharedInputs":
        wanted, languages = context.hit_filter, context.own_languages
        return cls(
            context,
            wanted,
            languages,
            _restrict_languages(wanted, languages),
            context.familiar_genres,
        )


def _fallbacks(context: FeedContext, has_taste: bool) -> Iterator[Fallback]:
    if has_taste:
        yield Fallback.PICKS if context.picks_only else Fallback.TASTE
    said = context.preferences
    if said.languages or said.favourite_genres:
        yield Fallback.PREFERENCES
    yield Fallback.REGION
    if not has_taste:
        yield Fallback.POPULARITY


def _close_queries(shared: _SharedInputs) -> Iterator[CandidateQuery]:
    asking, taste = shared.context, shared.context.taste
    everything = sum(_interest_share(each.weight) for each in taste.interests)
    strongest = sorted(taste.interests, key=lambda each: -each.weight)
    for interest in strongest[:MAX_INTEREST_QUERIES]:
        towards = taste.steer_from_aversion(interest.direction)
        query = _nearest_query(asking, towards, shared.own_language_filter, CLOSE_BOOSTS)
        yield CandidateQuery(
            CandidateSource.INTEREST, Slot.CLOSE, query, _interest_share(interest.weight)
        )
    if taste.session is not None and taste.interests:
        strength = min(1.0, float(np.linalg.norm(taste.session)))
        if strength >= MIN_SESSION_STRENGTH:
            towards = taste.steer_from_aversion(unit_vector(taste.session))
            query = _nearest_query(asking, towards, shared.own_language_filter, CLOSE_BOOSTS)
            yield CandidateQuery(
                CandidateSource.SESSION,
                Slot.CLOSE,
                query,
                MAX_SESSION_SHARE * strength * everything,
            )
    if asking.mood is not None:
        near = asking.mood.vector
        if taste.long_term is not None:
            near = taste.steer_from_aversion(unit_vector(taste.long_term))
        if near is not None:
            query = _nearest_query(asking, near, shared.own_language_filter, CLOSE_BOOSTS)
            yield CandidateQuery(
                CandidateSource.MOOD, Slot.CLOSE, query, everything or 1.0, asking.mood.rasa
            )
    if taste.long_term is not None:
        towards = taste.steer_from_aversion(unit_vector(taste.long_term))
        yield from _person_queries(shared, towards, PERSON_SHARE * everything)


def _person_queries(
    shared: _SharedInputs, towards: Vector, weight: float
) -> Iterator[CandidateQuery]:
    asking, wanted = shared.context, shared.hit_filter
    for name, affinity in asking.taste.top_affinities("person")[:MAX_PERSON_QUERIES]:
        titles = asking.titles_by_person(name) if affinity >= MIN_PERSON_AFFINITY else frozenset()
        if titles:
            both = titles if wanted.include is None else wanted.include & titles
            query = _nearest_query(asking, towards, replace(wanted, include=both), CLOSE_BOOSTS)
            yield CandidateQuery(CandidateSource.PERSON, Slot.CLOSE, query, weight, name)


def _stretch_queries(shared: _SharedInputs) -> Iterator[CandidateQuery]:
    asking, taste, wanted = shared.context, shared.context.taste, shared.hit_filter
    interests = sorted(taste.interests, key=lambda each: -each.weight)
    if not interests:
        return
    main = taste.steer_from_aversion(interests[0].direction)
    others = asking.catalogue_languages - frozenset(shared.own_languages)
    abroad = wanted.languages & others if wanted.languages else others
    if abroad:
        at_home = wanted.exclude.union(*map(asking.titles_dubbed_from, shared.own_languages))
        elsewhere = replace(wanted, languages=abroad, exclude=at_home)
        query = _nearest_query(asking, main, elsewhere, STRETCH_BOOSTS)
        yield CandidateQuery(CandidateSource.OTHER_LANGUAGE, Slot.STRETCH, query, 1.0)
    familiar = frozenset(shared.familiar_genres)
    if familiar and asking.mood is None:  # a mood is different enough
        unfamiliar = replace(
            shared.own_language_filter,
            genres_none=shared.own_language_filter.genres_none | familiar,
        )
        query = _nearest_query(asking, main, unfamiliar, STRETCH_BOOSTS)
        yield CandidateQuery(CandidateSource.OTHER_GENRE, Slot.STRETCH, query, 1.0)
    rng = np.random.default_rng(asking.seed)
    for number in range(EXPLORATION_QUERIES):
        interest = interests[number % len(interests)]
        turned = _perturb(taste.steer_from_aversion(interest.direction), rng)
        query = _nearest_query(asking, turned, shared.own_language_filter, STRETCH_BOOSTS)
        yield CandidateQuery(CandidateSource.EXPLORE, Slot.STRETCH, query, 1.0)


def _trending_queries(shared: _SharedInputs, *, alone: bool) -> Iterator[CandidateQuery]:
    """Ask for what everybody watches; `alone`, the whole feed is that."""
    asking, wanted, own = shared.context, shared.hit_filter, shared.own_language_filter
    k = asking.k if alone else _candidate_count(asking.k)
    if asking.mood is not None and not wanted.genres_any:
        telling = _mood_genres(asking.mood.rasa)
        wanted, own = replace(wanted, genres_any=telling), replace(own, genres_any=telling)
    yield _popular_query(
        asking, CandidateSource.TRENDING_REGION, queries.trending(asking.region, own, k=k)
    )
    for code in shared.own_languages[:2]:
        query = queries.trending(asking.region, _restrict_languages(wanted, [code]), k=k)
        yield _popular_query(asking, CandidateSource.TRENDING_LANGUAGE, query, code)
    for genre in shared.familiar_genres[:2]:
        if not wanted.genres_any or genre in wanted.genres_any:
            chosen = replace(own, genres_any=frozenset({genre}))
            query = queries.best_known(asking.region, chosen, k=k)
            yield _popular_query(asking, CandidateSource.GENRE, query, genre)
    if alone:
        query = queries.best_known(asking.region, wanted, k=k)
        yield _popular_query(asking, CandidateSource.POPULAR, query)


def _mood_genres(rasa: Rasa) -> frozenset[str]:
    """Return the genres that carry a mood by themselves."""
    return frozenset(
        genre
        for genre, carried in MOOD_GENRE_WEIGHTS[rasa].items()
        if carried >= MIN_MOOD_GENRE_WEIGHT
    )


def _popular_query(
    context: FeedContext, source: CandidateSource, query: Query, subject: str = ""
) -> CandidateQuery:
    """Ask for what everybody watches, and in a mood for what of that lies near it."""
    mood = None if context.mood is None else context.mood.vector
    if mood is not None:
        query = replace(query, vector=mood, boosts=_boosts(context.region, MOOD_BOOSTS))
    return CandidateQuery(source, Slot.TRENDING, query, 1.0, subject)


def _nearest_query(
    context: FeedContext, vector: Vector, filter: Filter, boosts: tuple[float, float, float]
) -> Query:
    mood = None if context.mood is None else context.mood.vector
    towards = (
        vector if mood is None else unit_vector(mood + np.float32(INTEREST_WEIGHT_IN_MOOD) * vector)
    )
    return Query(
        vector=towards,
        space=Space.CONTENT,
        filter=filter,
        boosts=_boosts(context.region, boosts),
        k=_candidate_count(context.k)
        if context.mood is None
        else max(MIN_MOOD_CANDIDATES_PER_QUERY, context.k),
    )


def _boosts(region: Region, weights: tuple[float, float, float]) -> Boosts:
    popularity, regional, freshness = weights
    return Boosts(popularity=popularity, regional={region: regional}, freshness=freshness)


def _perturb(vector: Vector, rng: np.random.Generator) -> Vector:
    """Return a direction near another, by chance."""
    aside = unit_vector(rng.standard_normal(len(vector)).astype(np.float32))
    return unit_vector(vector + np.float32(EXPLORATION_NOISE) * aside)


def _restrict_languages(filter: Filter, languages: list[str]) -> Filter:
    """Return the filter narrowed to languages, where the caller has not asked for his own."""
    if filter.languages or not languages:
        return filter
    return replace(filter, languages=frozenset(languages))


def _candidate_count(k: int) -> int:
    return max(MIN_CANDIDATES_PER_QUERY, k // 2)


def _interest_share(weight: float) -> float:
    """Return the share of an interest: more than its weight, lest the greatest drown the rest."""
    return sqrt(weight)
