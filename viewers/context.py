"""What personal results need to know about a viewer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlmodel import Session

from db import interactions, profiles
from db.profiles import ProfileSummary
from index.query import Filter
from recommend import age_limits, taste
from recommend.age_limits import AgeLimit
from recommend.feed_context import ViewerPreferences
from recommend.taste import Taste, unit_vector
from recommend.title_state import TitleState
from viewers.interactions import read_known_ids, read_taste, read_title_states
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId

MAX_PICKS = 100  # with more title states there are other events too
MAX_RECENT_STATES = 400  # shown in reasons and rows; of older ones only the ids are read


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerContext:
    """A viewer's taste, title states and preferences."""

    id: UUID | None
    taste: Taste
    title_states: dict[TitleId, TitleState]  # the latest changed first, at most `MAX_RECENT_STATES`
    known_ids: frozenset[TitleId] = frozenset()  # all watched, judged, dismissed or listed titles
    preferences: ViewerPreferences
    age_limit: AgeLimit
    region: str | None = None  # ISO 3166
    display_language: str | None = None  # ISO 639-1
    personal_search: bool = True
    picks_only: bool = False  # the only events are onboarding picks

    @property
    def is_new(self) -> bool:
        """Whether nothing is known that could personalise a result."""
        return not self.title_states and self.preferences == NO_PREFERENCES

    @property
    def taste_direction(self) -> Vector | None:
        """The direction of the taste, of unit length; none if searches are not personalised."""
        return _taste_direction(self.taste) if self.personal_search else None

    def restrict(self, filter: Filter) -> Filter:
        """Return the filter restricted by the age limit and without disliked genres."""
        admitted = self.age_limit.restrict(filter)
        disliked = self.preferences.disliked_genres
        return replace(admitted, genres_none=admitted.genres_none | disliked)


NO_PREFERENCES = ViewerPreferences()
ANONYMOUS_CONTEXT = ViewerContext(
    id=None,
    taste=taste.EMPTY_TASTE,
    title_states={},
    preferences=NO_PREFERENCES,
    age_limit=age_limits.DEFAULT_AGE_LIMIT,
)


def read_viewer_context(
    session: Session, viewer_id: UUID, *, model: str | None, today: date
) -> ViewerContext:
    """Return the context of a viewer, with a taste of the model's vectors; empty for a new one."""
    profile = profiles.read_summary(session, viewer_id)
    states = read_title_states(session, viewer_id, limit=MAX_RECENT_STATES)
    return ViewerContext(
        id=viewer_id,
        taste=read_taste(session, viewer_id, model),
        title_states=states,
        known_ids=_known_ids(session, viewer_id, states),
        preferences=_preferences(profile),
        age_limit=age_limits.age_limit(profile.birth_year, today),
        region=profile.region,
        display_language=profile.display_language,
        personal_search=profile.personal_search,
        picks_only=0 < len(states) <= MAX_PICKS
        and interactions.has_only_onboarding_picks(session, viewer_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Personalization:
    """What of a viewer changes the results of a search."""

    age_limit: AgeLimit = age_limits.DEFAULT_AGE_LIMIT
    taste_direction: Vector | None = None  # of unit length
    region: Region | None = None
    display_language: str | None = None  # ISO 639-1

    @property
    def is_default(self) -> bool:
        """Whether results are the same as without an account."""
        return self.taste_direction is None and self == DEFAULT_PERSONALIZATION


DEFAULT_PERSONALIZATION = Personalization()


def read_personalization(
    session: Session, viewer_id: UUID, *, model: str | None, today: date, personal: bool = True
) -> Personalization:
    """Return what of a viewer changes results; `personal` tells whether their taste may."""
    profile = profiles.read_summary(session, viewer_id)
    uses_taste = personal and profile.personal_search
    return Personalization(
        age_limit=age_limits.age_limit(profile.birth_year, today),
        taste_direction=_taste_direction(read_taste(session, viewer_id, model))
        if uses_taste
        else None,
        region=profile.region,
        display_language=profile.display_language,
    )


def _taste_direction(viewer_taste: Taste) -> Vector | None:
    return (
        None
        if viewer_taste.long_term is None
        else viewer_taste.steer_from_aversion(unit_vector(viewer_taste.long_term))
    )


def _known_ids(
    session: Session, viewer_id: UUID, title_states: Mapping[TitleId, TitleState]
) -> frozenset[TitleId]:
    if len(title_states) < MAX_RECENT_STATES:
        return frozenset(title_id for title_id, state in title_states.items() if state.is_known)
    return read_known_ids(session, viewer_id)


def _preferences(profile: ProfileSummary) -> ViewerPreferences:
    return ViewerPreferences(
        languages=profile.languages,
        favourite_genres=frozenset(profile.favourite_genres),
        disliked_genres=frozenset(profile.disliked_genres),
    )
