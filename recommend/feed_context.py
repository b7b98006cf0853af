"""What a feed is computed from: the viewer, the region, the moment and the caller's filter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from index.query import Filter
from recommend.moods import MoodTarget
from recommend.taste import Taste
from recommend.title_state import TitleState
from vocabulary.ids import Region, TitleId

MAX_OWN_LANGUAGES = 5
MIN_OWN_LANGUAGE_WEIGHT = 0.04  # affinity, or weight of a language in a region
TOP_FAMILIAR_GENRES = 3
MIN_STRONG_AFFINITY = 0.15  # from here on, viewers know the preference themselves: nothing new


class Slot(StrEnum):
    """The purpose of a place in a feed."""

    CLOSE = "close"
    STRETCH = "stretch"
    TRENDING = "trending"


SLOT_SHARES = {
    Slot.CLOSE: 0.5,
    Slot.STRETCH: 0.3,
    Slot.TRENDING: 0.2,
}


class CandidateSource(StrEnum):
    """What a candidate query looks for."""

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


class Fallback(StrEnum):
    """What a feed is based on, the best first."""

    TASTE = "taste"
    PICKS = "picks"  # a taste of onboarding picks only
    PREFERENCES = "preferences"
    REGION = "region"
    POPULARITY = "popularity"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerPreferences:
    """The preferences of a viewer's profile."""

    languages: Mapping[str, float] = field(default_factory=dict)  # ISO 639-1 to weight, 0..1
    favourite_genres: frozenset[str] = frozenset()
    disliked_genres: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class FeedContext:
    """The viewer, the region, the moment and the limits of a feed.

    `base_filter` applies to every hit (age, adult titles, filters of the caller). `seed` decides
    what is explored: the same all day, different tomorrow.
    """

    taste: Taste
    title_states: Mapping[TitleId, TitleState]  # the latest changed first
    preferences: ViewerPreferences
    region: Region
    region_languages: Mapping[str, float]  # language to weight
    catalogue_languages: frozenset[str]
    base_filter: Filter
    now: datetime  # in the region's time zone
    seed: int
    k: int
    known_ids: frozenset[TitleId] = frozenset()  # also of states that are not in `title_states`
    mood: MoodTarget | None = None
    picks_only: bool = False  # the only events are onboarding picks
    liked_genres: Sequence[str] = ()  # first genres of liked titles
    liked_languages: Sequence[str] = ()  # languages of liked titles, the latest first
    titles_by_person: Callable[[str], frozenset[TitleId]] = lambda _: frozenset()
    titles_dubbed_from: Callable[[str], frozenset[TitleId]] = lambda _: frozenset()
    """Titles whose original language it is and that are dubbed into others."""

    @cached_property
    def own_languages(self) -> list[str]:
        """The viewer's languages: by the profile, by affinity, or those of the region."""
        preferred = [code for code, weight in self.preferences.languages.items() if weight > 0]
        by_affinity = [
            code
            for code, affinity in self.taste.top_affinities("language")
            if affinity >= MIN_OWN_LANGUAGE_WEIGHT
        ]
        languages = list(dict.fromkeys([*preferred, *by_affinity[:MAX_OWN_LANGUAGES]]))
        # A viewer with as many likes as dislikes in a language has no affinity but understands it.
        if languages or self.liked_languages:
            return languages or [*self.liked_languages[:MAX_OWN_LANGUAGES]]
        return [
            code
            for code, weight in self.region_languages.items()
            if weight >= MIN_OWN_LANGUAGE_WEIGHT
        ]

    @cached_property
    def familiar_genres(self) -> list[str]:
        """Genres that the viewer knows, those with the strongest affinity first."""
        by_affinity = [
            genre
            for place, (genre, affinity) in enumerate(self.taste.top_affinities("genre"))
            if place < TOP_FAMILIAR_GENRES or affinity >= MIN_STRONG_AFFINITY
        ]
        preferred = sorted(self.preferences.favourite_genres)
        return list(dict.fromkeys([*by_affinity, *preferred, *self.liked_genres]))

    @cached_property
    def hit_filter(self) -> Filter:
        """The filter of every query: the base filter without known titles and disliked genres."""
        recent_ids = (title_id for title_id, state in self.title_states.items() if state.is_known)
        return replace(
            self.base_filter,
            exclude=self.base_filter.exclude.union(self.known_ids, recent_ids),
            genres_none=self.base_filter.genres_none | self.preferences.disliked_genres,
        )
