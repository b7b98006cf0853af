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
STRETCH_BOOSTS = (0.10, 0.06, 0.02)  # unfamiliar titles should at least be good

MIN_CANDIDATES_PER_QUERY = 16  # or half the length of the feed
MIN_MOOD_CANDIDATES_PER_QUERY = 32  # one in three titles near a mood carries it

MIN_SESSION_STRENGTH = 0.3  # length of the session vector; one title half liked an hour ago
MAX_SESSION_SHARE = 0.5  # of the total weight of the interests
MIN_PERSON_AFFINITY = 0.12  # two titles of a director among ten liked ones
PERSON_SHARE = 0.15  # of the total weight of the interests
MAX_PERSON_QUERIES = 2
EXPLORATION_NOISE = 0.6  # length of the random vector added to an interest
EXPLORATION_QUERIES = 2
MAX_INTEREST_QUERIES = 4  # of the strongest; the weakest of five seldom gets a place
INTEREST_WEIGHT_IN_MOOD = 0.5  # relative to the mood: a wish for peace outweighs a taste for murder
MOOD_BOOSTS = (0.20, 0.30, 0.05)  # of trending titles in a mood: the mood outweighs popularity
MIN_MOOD_GENRE_WEIGHT = 0.6  # from here on all titles of a genre count as carrying the mood


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """A query, what it looks for, and its weight among the queries of its slot.

    `subject` names a language, a genre, a person or a mood.
    """

    source: CandidateSource
    slot: Slot
    query: Query
    weight: float
    subject: str = ""


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """The queries of a feed, and the fallbacks it is based on."""

    candidate_queries: tuple[CandidateQuery, ...]
    fallbacks: tuple[Fallback, ...]


def plan_feed(context: FeedContext) -> FeedPlan:
    """Return the queries of a feed."""
    shared = _SharedInputs.from_context(context)
    has_taste = bool(context.taste.interests)
    candidate_queries = (
        [*_close_queries(shared), *_stretch_queries(shared)] if has_taste or context.mood else []
    )
    candidate_queries += _trending_queries(shared, alone=not candidate_queries)
    return FeedPlan(tuple(candidate_queries), tuple(_fallbacks(context, has_taste)))


def backfill_query(context: FeedContext, shown_ids: Iterable[TitleId]) -> CandidateQuery:
    """Query for the best known of the remaining titles, if the plan's queries find too few."""
    unseen = context.hit_filter
    others = replace(unseen, exclude=unseen.exclude.union(shown_ids))
    query = queries.best_known(context.region, others, k=context.k)
    return CandidateQuery(CandidateSource.POPULAR, Slot.TRENDING, query, 1.0)


@dataclass(frozen=True, slots=True)
class _SharedInputs:
    """What all queries of a feed share, computed once."""

    context: FeedContext
    hit_filter: Filter
    own_languages: list[str]
    own_language_filter: Filter
    familiar_genres: list[str]

    @classmethod
    def from_context(cls, context: FeedContext) -> "_SharedInputs":
        base, languages = context.hit_filter, context.own_languages
        return cls(
            context,
            base,
            languages,
            _restrict_languages(base, languages),
            context.familiar_genres,
        )


def _fallbacks(context: FeedContext, has_taste: bool) -> Iterator[Fallback]:
    if has_taste:
        yield Fallback.PICKS if context.picks_only else Fallback.TASTE
    preferences = context.preferences
    if preferences.languages or preferences.favourite_genres:
        yield Fallback.PREFERENCES
    yield Fallback.REGION
    if not has_taste:
        yield Fallback.POPULARITY


def _close_queries(shared: _SharedInputs) -> Iterator[CandidateQuery]:
    context, taste = shared.context, shared.context.taste
    total_share = sum(_interest_share(each.weight) for each in taste.interests)
    strongest = sorted(taste.interests, key=lambda each: -each.weight)
    for interest in strongest[:MAX_INTEREST_QUERIES]:
        towards = taste.steer_from_aversion(interest.direction)
        query = _nearest_query(context, towards, shared.own_language_filter, CLOSE_BOOSTS)
        yield CandidateQuery(
            CandidateSource.INTEREST, Slot.CLOSE, query, _interest_share(interest.weight)
        )
    if taste.session is not None and taste.interests:
        strength = min(1.0, float(np.linalg.norm(taste.session)))
        if strength >= MIN_SESSION_STRENGTH:
            towards = taste.steer_from_aversion(unit_vector(taste.session))
            query = _nearest_query(context, towards, shared.own_language_filter, CLOSE_BOOSTS)
            yield CandidateQuery(
                CandidateSource.SESSION,
                Slot.CLOSE,
                query,
                MAX_SESSION_SHARE * strength * total_share,
            )
    if context.mood is not None:
        mood_direction = context.mood.vector
        if taste.long_term is not None:
            mood_direction = taste.steer_from_aversion(unit_vector(taste.long_term))
        if mood_direction is not None:
            query = _nearest_query(
                context, mood_direction, shared.own_language_filter, CLOSE_BOOSTS
            )
            yield CandidateQuery(
                CandidateSource.MOOD, Slot.CLOSE, query, total_share or 1.0, context.mood.rasa
            )
    if taste.long_term is not None:
        towards = taste.steer_from_aversion(unit_vector(taste.long_term))
        yield from _person_queries(shared, towards, PERSON_SHARE * total_share)


def _person_queries(
    shared: _SharedInputs, towards: Vector, weight: float
) -> Iterator[CandidateQuery]:
    context, base = shared.context, shared.hit_filter
    for name, affinity in context.taste.top_affinities("person")[:MAX_PERSON_QUERIES]:
        titles = context.titles_by_person(name) if affinity >= MIN_PERSON_AFFINITY else frozenset()
        if titles:
            both = titles if base.include is None else base.include & titles
            query = _nearest_query(context, towards, replace(base, include=both), CLOSE_BOOSTS)
            yield CandidateQuery(CandidateSource.PERSON, Slot.CLOSE, query, weight, name)


def _stretch_queries(shared: _SharedInputs) -> Iterator[CandidateQuery]:
    context, taste, base = shared.context, shared.context.taste, shared.hit_filter
    interests = sorted(taste.interests, key=lambda each: -each.weight)
    if not interests:
        return
    main = taste.steer_from_aversion(interests[0].direction)
    others = context.catalogue_languages - frozenset(shared.own_languages)
    foreign = base.languages & others if base.languages else others
    if foreign:
        excluded = base.exclude.union(*map(context.titles_dubbed_from, shared.own_languages))
        foreign_filter = replace(base, languages=foreign, exclude=excluded)
        query = _nearest_query(context, main, foreign_filter, STRETCH_BOOSTS)
        yield CandidateQuery(CandidateSource.OTHER_LANGUAGE, Slot.STRETCH, query, 1.0)
    familiar = frozenset(shared.familiar_genres)
    if familiar and context.mood is None:  # a mood is different enough
        unfamiliar = replace(
            shared.own_language_filter,
            genres_none=shared.own_language_filter.genres_none | familiar,
        )
        query = _nearest_query(context, main, unfamiliar, STRETCH_BOOSTS)
        yield CandidateQuery(CandidateSource.OTHER_GENRE, Slot.STRETCH, query, 1.0)
    rng = np.random.default_rng(context.seed)
    for number in range(EXPLORATION_QUERIES):
        interest = interests[number % len(interests)]
        perturbed = _perturb(taste.steer_from_aversion(interest.direction), rng)
        query = _nearest_query(context, perturbed, shared.own_language_filter, STRETCH_BOOSTS)
        yield CandidateQuery(CandidateSource.EXPLORE, Slot.STRETCH, query, 1.0)


def _trending_queries(shared: _SharedInputs, *, alone: bool) -> Iterator[CandidateQuery]:
    """Yield queries for popular titles; `alone`: they fill the whole feed."""
    context, base, own = shared.context, shared.hit_filter, shared.own_language_filter
    k = context.k if alone else _candidate_count(context.k)
    if context.mood is not None and not base.genres_any:
        mood_genres = _mood_genres(context.mood.rasa)
        base, own = replace(base, genres_any=mood_genres), replace(own, genres_any=mood_genres)
    yield _popular_query(
        context, CandidateSource.TRENDING_REGION, queries.trending(context.region, own, k=k)
    )
    for code in shared.own_languages[:2]:
        query = queries.trending(context.region, _restrict_languages(base, [code]), k=k)
        yield _popular_query(context, CandidateSource.TRENDING_LANGUAGE, query, code)
    for genre in shared.familiar_genres[:2]:
        if not base.genres_any or genre in base.genres_any:
            genre_filter = replace(own, genres_any=frozenset({genre}))
            query = queries.best_known(context.region, genre_filter, k=k)
            yield _popular_query(context, CandidateSource.GENRE, query, genre)
    if alone:
        query = queries.best_known(context.region, base, k=k)
        yield _popular_query(context, CandidateSource.POPULAR, query)


def _mood_genres(rasa: Rasa) -> frozenset[str]:
    """Return the genres whose titles all count as carrying a mood."""
    return frozenset(
        genre
        for genre, carried in MOOD_GENRE_WEIGHTS[rasa].items()
        if carried >= MIN_MOOD_GENRE_WEIGHT
    )


def _popular_query(
    context: FeedContext, source: CandidateSource, query: Query, subject: str = ""
) -> CandidateQuery:
    """Return a query for popular titles; with a mood, for those near it."""
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
    """Return a random direction near another."""
    aside = unit_vector(rng.standard_normal(len(vector)).astype(np.float32))
    return unit_vector(vector + np.float32(EXPLORATION_NOISE) * aside)


def _restrict_languages(filter: Filter, languages: list[str]) -> Filter:
    """Return the filter restricted to languages, unless the caller filters by language."""
    if filter.languages or not languages:
        return filter
    return replace(filter, languages=frozenset(languages))


def _candidate_count(k: int) -> int:
    return max(MIN_CANDIDATES_PER_QUERY, k // 2)


def _interest_share(weight: float) -> float:
    """Return the share of an interest: its root, so that the largest does not drown the others."""
    return sqrt(weight)
