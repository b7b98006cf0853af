"""A title as lists show it, filters see it and names are read from it."""

from dataclasses import dataclass
from datetime import date

from vocabulary.kinds import Kind, ScopeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleSummary:
    """A title as lists show it and filters see it."""

    id: int
    kind: Kind
    title: str
    original_title: str | None
    language: str | None  # the original one
    year: int | None
    release_date: date | None
    adult: bool
    minimum_age: int | None
    votes: int
    rating: float | None
    runtime_minutes: int | None
    genres: tuple[str, ...]
    languages: tuple[str, ...]
    providers: tuple[str, ...]  # `netflix@IN`; `netflix@` where no region is known
    names: tuple[str, ...]  # folded
    people: tuple[str, ...]  # folded
    people_names: tuple[str, ...]  # the same people, as they are written
    directors: tuple[str, ...] = ()  # as they are written; of a series, who created it
    stars: tuple[str, ...] = ()  # as they are written, in billing order
    characters: tuple[str, ...] = ()  # in lower case
    poster_url: str | None
    popularity: dict[tuple[ScopeKind, str], float]  # 0..1
