"""Why a title stands in a feed: told from the terms and the state that brought it, never invented.

A reason names the strongest of what truly holds. Each kind has its test here, on the same numbers
that ranked the title, so that anybody can work it out again from what is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommend.feed_plan import (
    MIN_MOOD_GENRE_WEIGHT,
    MIN_PERSON_AFFINITY,
    MIN_STRONG_AFFINITY,
    CandidateSource,
    FeedContext,
    MoodTarget,
)
from recommend.moods import genre_mood_weight
from recommend.ranking import FeedItem, RankingFeatures
from recommend.title_state import TitleState, opinion_score
from vocabulary.arrays import Matrix, Vector
from vocabulary.ids import TitleId

MIN_SIMILAR_COSINE = (
    0.25  # cosine to a title that he liked; one pair of titles in a hundred is nearer
)
MAX_LIKED_TITLES = 60  # titles that a reason may name, the latest
MIN_MOOD_COSINE = 0.17  # cosine to a mood; one title in twenty is nearer
MIN_MOOD_COSINE_WITH_GENRE = (
    0.05  # cosine; genres carry many moods, and a plot may say which of them it is not
)
MIN_LIKED_OPINION = 0.3  # opinion; nobody is told that he liked what he merely opened
MIN_LOVED_REGIONAL_SIGNAL = 0.5  # of the regional signal, 0..1: the better known half
MIN_TRENDING_FRESHNESS = 0.125  # of the freshness signal: three years; no older film is trending


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason before it is put in words: its code and what it names.

    `title_id` is the title that it names, `name` a person, a language, a genre or a mood.
    """

    code: str
    title_id: TitleId | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class LikedTitles:
    """The titles somebody liked, the latest first, and their vectors (n, d)."""

    ids: Sequence[TitleId]
    vectors: Matrix

    def nearest(self, vector: Vector) -> tuple[TitleId, float] | None:
        """Return the most similar one and its cosine."""
        if not len(self.ids):
            return None
        likenesses = self.vectors @ vector
        best = int(np.argmax(likenesses))
        return self.ids[best], float(likenesses[best])


def liked_title_ids(title_states: Mapping[TitleId, TitleState]) -> list[TitleId]:
    """Return the titles that a reason may name, the latest first, as the standings are ordered."""
    found = (
        title_id
        for title_id, each in title_states.items()
        if opinion_score(each) >= MIN_LIKED_OPINION
    )
    return [title_id for title_id, _ in zip(found, range(MAX_LIKED_TITLES), strict=False)]


def explain(
    item: FeedItem,
    title: RankingFeatures,
    context: FeedContext,
    liked_titles: LikedTitles,
    vector: Vector | None,
) -> Explanation:
    """Return the reason of an item; `vector` is its own, none where it has none."""
    return next(_explanations(item, title, context, liked_titles, vector))


def reaction_code(state: TitleState) -> str:
    """Return the code of what somebody did with a title that he liked: the most telling."""
    if state.favorite_at is not None:
        return "favorite"
    if state.rated_at is not None and (state.liked_at is None or state.rated_at >= state.liked_at):
        return "rated"
    if state.liked_at is not None:
        return "liked"
    if state.completed_at is not None or state.was_watched:
        return "watched"
    return "watchlisted" if state.watchlist_at is not None else "shared"


def _explanations(
    item: FeedItem,
    title: RankingFeatures,
    context: FeedContext,
    liked_titles: LikedTitles,
    vector: Vector | None,
) -> Iterator[Explanation]:
    source, subject = item.candidate_query.source, item.candidate_query.subject
    if source is CandidateSource.TRENDING_LANGUAGE:
        code = "trending_language" if _is_fresh(item) else "popular_language"
        yield Explanation(
            code, name=title.language or subject
        )  # its own, not one it is dubbed into
    if source is CandidateSource.TRENDING_REGION:
        yield _region_explanation(item)
    if source is CandidateSource.GENRE:
        yield Explanation("popular_genre", name=subject)
    if source is CandidateSource.POPULAR:
        yield Explanation("popular")
    if source is CandidateSource.PERSON:
        yield Explanation("more_from", name=subject)
    if source is CandidateSource.MOOD:
        yield from _mood_explanation(title, context, vector)
    yield from _unfamiliar_explanation(item, title, context)
    yield from _director_explanation(title, context)
    nearest = None if vector is None else liked_titles.nearest(vector)
    if nearest is not None and nearest[1] >= MIN_SIMILAR_COSINE:
        yield Explanation(reaction_code(context.title_states[nearest[0]]), nearest[0])
    yield from _affinity_explanation(title, context)
    yield from _mood_explanation(title, context, vector)
    yield Explanation("taste")


def _mood_explanation(
    title: RankingFeatures, context: FeedContext, vector: Vector | None
) -> Iterator[Explanation]:
    """Name the mood asked for, of a title whose plot lies near it or whose genres carry it."""
    mood = context.mood
    if mood is not None and _matches_mood(title, mood, vector):
        yield Explanation("mood", name=mood.rasa)


def _matches_mood(title: RankingFeatures, mood: MoodTarget, vector: Vector | None) -> bool:
    told = genre_mood_weight(mood.rasa, title.genres) >= MIN_MOOD_GENRE_WEIGHT
    if vector is None or mood.vector is None:
        return told
    near = float(mood.vector @ vector)
    return near >= MIN_MOOD_COSINE or (told and near >= MIN_MOOD_COSINE_WITH_GENRE)


def _region_explanation(item: FeedItem) -> Explanation:
    """Tell what the whole region loves from what is new there, and from what is merely known."""
    weight = sum(item.candidate_query.query.boosts.regional.values())
    signal = item.hit.regional / weight if weight else 0.0
    if signal >= MIN_LOVED_REGIONAL_SIGNAL and item.hit.regional >= item.hit.freshness:
        return Explanation("loved_in")
    return Explanation("trending_region" if _is_fresh(item) else "regional")


def _is_fresh(item: FeedItem) -> bool:
    weight = item.candidate_query.query.boosts.freshness
    return weight > 0 and item.hit.freshness >= MIN_TRENDING_FRESHNESS * weight


def _unfamiliar_explanation(
    item: FeedItem, title: RankingFeatures, context: FeedContext
) -> Iterator[Explanation]:
    """Name what is different: the language, or the genre."""
    foreign = title.language and title.language not in context.own_languages
    if item.candidate_query.source is CandidateSource.OTHER_LANGUAGE and foreign:
        yield Explanation("different_language", name=title.language)
    if item.candidate_query.source is CandidateSource.OTHER_GENRE and title.genres:
        yield Explanation("different_genre", name=title.genres[0])


def _director_explanation(title: RankingFeatures, context: FeedContext) -> Iterator[Explanation]:
    """Name a director whom he leans to."""
    for name in title.directors:
        if context.taste.affinity(f"person:{name}") >= MIN_PERSON_AFFINITY:
            yield Explanation("more_from", name=name)


def _affinity_explanation(title: RankingFeatures, context: FeedContext) -> Iterator[Explanation]:
    """Name what he leans to most of the title's own genres, else of its languages."""
    for kind, names in (("genre", title.genres), ("language", (title.language,))):
        found = [(context.taste.affinity(f"{kind}:{name}"), name) for name in names]
        affinity, name = max(found, default=(0.0, ""))
        if affinity >= MIN_STRONG_AFFINITY:
            yield Explanation(f"leaning_{kind}", name=name)
