"""All that personal answers need of a viewer, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlmodel import Session

from db import interactions, profiles
from db.profiles import ProfileSummary
from index.query import Filter, TitleId, Vector
from recommend import age_limits, taste
from recommend.age_limits import Admits
from recommend.feed_plan import Preferences
from recommend.taste import Taste, unit
from recommend.title_state import Standing
from viewers.interactions import known_of, standings_of, taste_of

MOST_PICKED = 100  # titles; who has more to do with did not only pick
LATEST = 400  # standings: what reasons name and rows show; of the others it is enough to know which


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A viewer's taste, what stands between him and titles, and what he says of himself."""

    id: UUID | None
    taste: Taste
    standings: dict[TitleId, Standing]  # the latest changed first, `LATEST` at most
    known: frozenset[TitleId] = frozenset()  # all that he saw, judged, dismissed or listed
    preferences: Preferences
    admits: Admits
    region: str | None = None  # ISO 3166
    display_language: str | None = None  # ISO 639-1
    personal_search: bool = True
    picked_only: bool = False  # he did nothing yet but pick titles at first

    @property
    def is_new(self) -> bool:
        """Whether nothing of his own could change an answer."""
        return not self.standings and self.preferences == NO_PREFERENCES

    @property
    def direction(self) -> Vector | None:
        """Where his taste lies, of unit length; none where his searches shall not know of it."""
        return _direction(self.taste) if self.personal_search else None

    def narrowed(self, wanted: Filter) -> Filter:
        """Return a filter that leaves what he is admitted to and does not dislike."""
        admitted = self.admits.narrowed(wanted)
        disliked = self.preferences.disliked_genres
        return replace(admitted, genres_none=admitted.genres_none | disliked)


NO_PREFERENCES = Preferences()
NOBODY = Person(
    id=None,
    taste=taste.NOTHING,
    standings={},
    preferences=NO_PREFERENCES,
    admits=age_limits.ANYBODY,
)


def person(session: Session, viewer_id: UUID, *, model: str | None, today: date) -> Person:
    """Return a viewer, as tastes of the model's vectors see him; an empty one if he is new."""
    said = profiles.read_summary(session, viewer_id)
    standings = standings_of(session, viewer_id, limit=LATEST)
    return Person(
        id=viewer_id,
        taste=taste_of(session, viewer_id, model),
        standings=standings,
        known=_known(session, viewer_id, standings),
        preferences=_preferences(said),
        admits=age_limits.admits(said.birth_year, today),
        region=said.region,
        display_language=said.display_language,
        personal_search=said.personal_search,
        picked_only=0 < len(standings) <= MOST_PICKED
        and interactions.has_only_onboarding_picks(session, viewer_id),
    )


@dataclass(frozen=True, slots=True)
class Lens:
    """What of a viewer an answer to a question looks through: his age, and where his taste lies."""

    admits: Admits = age_limits.ANYBODY
    direction: Vector | None = None

    @property
    def is_anybodys(self) -> bool:
        """Whether everybody sees the same through it."""
        return self.direction is None and self.admits == age_limits.ANYBODY


def lens(
    session: Session, viewer_id: UUID, *, model: str | None, today: date, personal: bool = True
) -> Lens:
    """Return the lens of a viewer; without a direction for who has no taste or wants none."""
    said = profiles.read_summary(session, viewer_id)
    admits = age_limits.admits(said.birth_year, today)
    if not personal or not said.personal_search:
        return Lens(admits)
    return Lens(admits, _direction(taste_of(session, viewer_id, model)))


def _direction(known: Taste) -> Vector | None:
    return None if known.long_term is None else known.pushed(unit(known.long_term))


def _known(
    session: Session, viewer_id: UUID, latest: Mapping[TitleId, Standing]
) -> frozenset[TitleId]:
    if len(latest) < LATEST:
        return frozenset(title_id for title_id, standing in latest.items() if standing.known)
    return known_of(session, viewer_id)


def _preferences(said: ProfileSummary) -> Preferences:
    return Preferences(
        languages=said.languages,
        favourite_genres=frozenset(said.favourite_genres),
        disliked_genres=frozenset(said.disliked_genres),
    )
