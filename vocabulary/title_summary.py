"""The facts of a title that a serving process keeps in memory."""

from dataclasses import dataclass
from datetime import date

from vocabulary.kinds import Kind, ScopeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleSummary:
    """What lists show, filters compare and name search reads of a title."""

    id: int
    kind: Kind
    title: str
    original_title: str | None
    language: str | None  # original language, ISO 639-1
    year: int | None
    release_date: date | None
    adult: bool
    minimum_age: int | None
    votes: int
    rating: float | None
    runtime_minutes: int | None
    genres: tuple[str, ...]
    languages: tuple[str, ...]
    providers: tuple[str, ...]  # `netflix@IN`; `netflix@` without a known region
    names: tuple[str, ...]  # folded
    people: tuple[str, ...]  # folded
    people_names: tuple[str, ...]  # the same people, as sources write them
    directors: tuple[str, ...] = ()  # of a series, its creators
    stars: tuple[str, ...] = ()  # in billing order
    characters: tuple[str, ...] = ()  # in lower case
    poster_url: str | None
    popularity: dict[tuple[ScopeKind, str], float]  # 0..1
