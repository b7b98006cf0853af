"""Why a title is in a feed, derived from the terms and the state that put it there.

A reason names the strongest condition that holds. Each kind of reason has its condition here, on
the same numbers that ranked the title, so that it can be recomputed from stored data.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommend.feed_context import MIN_STRONG_AFFINITY, CandidateSource, FeedContext
from recommend.feed_plan import MIN_MOOD_GENRE_WEIGHT, MIN_PERSON_AFFINITY
from recommend.moods import MoodTarget, genre_mood_weight
from recommend.ranking import FeedItem, RankingFeatures
from recommend.title_state import TitleState, opinion_score
from vocabulary.arrays import Matrix, Vector
from vocabulary.ids import TitleId

MIN_SIMILAR_COSINE = 0.25  # to a liked title; one pair of titles in a hundred is nearer
MAX_LIKED_TITLES = 60  # the latest ones, which a reason may name
MIN_MOOD_COSINE = 0.17  # to a mood; one title in twenty is nearer
MIN_MOOD_COSINE_WITH_GENRE = 0.05  # genres carry several moods, and the plot rules some of them out
MIN_LIKED_OPINION = 0.3  # a title that was only opened is not called liked
MIN_LOVED_REGIONAL_SIGNAL = 0.5  # of 0..1: the better known half
MIN_TRENDING_FRESHNESS = 0.125  # of the freshness signal: three years


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason before it is worded: its code and what it names.

    `title_id` is the title that it names, `name` a person, a language, a genre or a mood.
    """

    code: str
    title_id: TitleId | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class LikedTitles:
    """The titles that a viewer liked, the latest first, and their vectors (n, d)."""

    ids: Sequence[TitleId]
    vectors: Matrix

    def nearest(self, vector: Vector) -> tuple[TitleId, float] | None:
        """Return the most similar one and its cosine."""
        if not len(self.ids):
            return None
        similarities = self.vectors @ vector
        best = int(np.argmax(similarities))
        return self.ids[best], float(similarities[best])


def liked_title_ids(title_states: Mapping[TitleId, TitleState]) -> list[TitleId]:
    """Return the titles that a reason may name, in the order of the title states: latest first."""
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
    """Return the reason of an item; `vector` is its content vector, if it has one."""
    return next(_explanations(item, title, context, liked_titles, vector))


def reaction_code(state: TitleState) -> str:
    """Return the code of the strongest thing that a viewer did with a liked title."""
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
        # The original language, not one that the title is dubbed into.
        yield Explanation(code, name=title.language or subject)
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
    """Name the requested mood if the plot is near it or the genres carry it."""
    mood = context.mood
    if mood is not None and _matches_mood(title, mood, vector):
        yield Explanation("mood", name=mood.rasa)


def _matches_mood(title: RankingFeatures, mood: MoodTarget, vector: Vector | None) -> bool:
    carried_by_genre = genre_mood_weight(mood.rasa, title.genres) >= MIN_MOOD_GENRE_WEIGHT
    if vector is None or mood.vector is None:
        return carried_by_genre
    near = float(mood.vector @ vector)
    return near >= MIN_MOOD_COSINE or (carried_by_genre and near >= MIN_MOOD_COSINE_WITH_GENRE)


def _region_explanation(item: FeedItem) -> Explanation:
    """Distinguish titles that the region loves, that are new there and that are only known."""
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
    """Name what differs from the viewer's taste: the language or the genre."""
    foreign = title.language and title.language not in context.own_languages
    if item.candidate_query.source is CandidateSource.OTHER_LANGUAGE and foreign:
        yield Explanation("different_language", name=title.language)
    if item.candidate_query.source is CandidateSource.OTHER_GENRE and title.genres:
        yield Explanation("different_genre", name=title.genres[0])


def _director_explanation(title: RankingFeatures, context: FeedContext) -> Iterator[Explanation]:
    """Name a director that the viewer has an affinity to."""
    for name in title.directors:
        if context.taste.affinity(f"person:{name}") >= MIN_PERSON_AFFINITY:
            yield Explanation("more_from", name=name)


def _affinity_explanation(title: RankingFeatures, context: FeedContext) -> Iterator[Explanation]:
    """Name the title's genre with the strongest affinity, else its language."""
    for kind, names in (("genre", title.genres), ("language", (title.language,))):
        found = [(context.taste.affinity(f"{kind}:{name}"), name) for name in names]
        affinity, name = max(found, default=(0.0, ""))
        if affinity >= MIN_STRONG_AFFINITY:
            yield Explanation(f"leaning_{kind}", name=name)
