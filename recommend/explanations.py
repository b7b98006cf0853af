"""Why a title stands in a feed: told from the terms and the state that brought it, never invented.

A reason names the strongest of what truly holds. Each kind has its test here, on the same numbers
that ranked the title, so that anybody can work it out again from what is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.query import Matrix, TitleId, Vector
from recommend.feed_plan import LEANING_AT_LEAST, MOOD_GENRE, PERSON_AT_LEAST, Asking, Mood, Source
from recommend.moods import carried
from recommend.ranking import About, Item
from recommend.title_state import Standing, opinion

LIKE_AT_LEAST = 0.25  # cosine to a title that he liked; one pair of titles in a hundred is nearer
MOST_LIKED = 60  # titles that a reason may name, the latest
NEAR_MOOD = 0.17  # cosine to a mood; one title in twenty is nearer
TOWARDS_MOOD = 0.05  # cosine; genres carry many moods, and a plot may say which of them it is not
LIKED_AT_LEAST = 0.3  # opinion; nobody is told that he liked what he merely opened
LOVED_AT_LEAST = 0.5  # of the regional signal, 0..1: the better known half
FRESH_AT_LEAST = 0.125  # of the freshness signal: three years; no older film is trending


@dataclass(frozen=True, slots=True)
class Why:
    """A reason before it is put in words: its code and what it names.

    `title_id` is the title that it names, `name` a person, a language, a genre or a mood.
    """

    code: str
    title_id: TitleId | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Liked:
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


def liked_ids(standings: Mapping[TitleId, Standing]) -> list[TitleId]:
    """Return the titles that a reason may name, the latest first, as the standings are ordered."""
    found = (title_id for title_id, each in standings.items() if opinion(each) >= LIKED_AT_LEAST)
    return [title_id for title_id, _ in zip(found, range(MOST_LIKED), strict=False)]


def why(item: Item, about: About, asking: Asking, liked: Liked, vector: Vector | None) -> Why:
    """Return the reason of an item; `vector` is its own, none where it has none."""
    return next(_reasons(item, about, asking, liked, vector))


def said_of(standing: Standing) -> str:
    """Return the code of what somebody did with a title that he liked: the most telling."""
    if standing.favorite_at is not None:
        return "favorite"
    if standing.rated_at is not None and (
        standing.liked_at is None or standing.rated_at >= standing.liked_at
    ):
        return "rated"
    if standing.liked_at is not None:
        return "liked"
    if standing.completed_at is not None or standing.has_lasted:
        return "watched"
    return "watchlisted" if standing.watchlist_at is not None else "shared"


def _reasons(
    item: Item, about: About, asking: Asking, liked: Liked, vector: Vector | None
) -> Iterator[Why]:
    source, subject = item.ask.source, item.ask.subject
    if source is Source.TRENDING_LANGUAGE:
        code = "trending_language" if _is_fresh(item) else "popular_language"
        yield Why(code, name=about.language or subject)  # its own, not one it is dubbed into
    if source is Source.TRENDING_REGION:
        yield _in_region(item)
    if source is Source.GENRE:
        yield Why("popular_genre", name=subject)
    if source is Source.POPULAR:
        yield Why("popular")
    if source is Source.PERSON:
        yield Why("more_from", name=subject)
    if source is Source.MOOD:
        yield from _in_mood(about, asking, vector)
    yield from _strange(item, about, asking)
    yield from _known(about, asking)
    nearest = None if vector is None else liked.nearest(vector)
    if nearest is not None and nearest[1] >= LIKE_AT_LEAST:
        yield Why(said_of(asking.standings[nearest[0]]), nearest[0])
    yield from _leaning(about, asking)
    yield from _in_mood(about, asking, vector)
    yield Why("taste")


def _in_mood(about: About, asking: Asking, vector: Vector | None) -> Iterator[Why]:
    """Name the mood asked for, of a title whose plot lies near it or whose genres carry it."""
    mood = asking.mood
    if mood is not None and _carries(about, mood, vector):
        yield Why("mood", name=mood.rasa)


def _carries(about: About, mood: Mood, vector: Vector | None) -> bool:
    told = carried(mood.rasa, about.genres) >= MOOD_GENRE
    if vector is None or mood.vector is None:
        return told
    near = float(mood.vector @ vector)
    return near >= NEAR_MOOD or (told and near >= TOWARDS_MOOD)


def _in_region(item: Item) -> Why:
    """Tell what the whole region loves from what is new there, and from what is merely known."""
    weight = sum(item.ask.query.boosts.regional.values())
    signal = item.hit.regional / weight if weight else 0.0
    if signal >= LOVED_AT_LEAST and item.hit.regional >= item.hit.freshness:
        return Why("loved_in")
    return Why("trending_region" if _is_fresh(item) else "regional")


def _is_fresh(item: Item) -> bool:
    weight = item.ask.query.boosts.freshness
    return weight > 0 and item.hit.freshness >= FRESH_AT_LEAST * weight


def _strange(item: Item, about: About, asking: Asking) -> Iterator[Why]:
    """Name what is different: the language, or the genre."""
    foreign = about.language and about.language not in asking.own_languages
    if item.ask.source is Source.OTHER_LANGUAGE and foreign:
        yield Why("different_language", name=about.language)
    if item.ask.source is Source.OTHER_GENRE and about.genres:
        yield Why("different_genre", name=about.genres[0])


def _known(about: About, asking: Asking) -> Iterator[Why]:
    """Name a director whom he leans to."""
    for name in about.directors:
        if asking.taste.affinity(f"person:{name}") >= PERSON_AT_LEAST:
            yield Why("more_from", name=name)


def _leaning(about: About, asking: Asking) -> Iterator[Why]:
    """Name what he leans to most of the title's own genres, else of its languages."""
    for kind, names in (("genre", about.genres), ("language", (about.language,))):
        found = [(asking.taste.affinity(f"{kind}:{name}"), name) for name in names]
        affinity, name = max(found, default=(0.0, ""))
        if affinity >= LEANING_AT_LEAST:
            yield Why(f"leaning_{kind}", name=name)
