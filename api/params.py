"""Parameters that several routes share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Path, Query

from catalog import genres, languages
from index.query import Filter
from vocabulary.ids import MAX_TITLE_ID, TitleId
from vocabulary.kinds import Kind

MAX_QUERY_CHARACTERS = 500  # a plot in a few sentences
MAX_PAGE_SIZE = 100  # titles
MAX_OFFSET = 1000  # titles
MIN_FILTER_YEAR, MAX_FILTER_YEAR = 1870, 2100
MAX_PARAMETER_VALUES = 50  # of one repeated parameter
MAX_EXCLUDED_TITLES = 500  # titles that a client has already shown

TitleIdParam = Annotated[int, Path(ge=1, le=MAX_TITLE_ID, examples=[7])]
ExcludeParam = Annotated[
    list[Annotated[TitleId, Query(ge=1, le=MAX_TITLE_ID)]],
    Query(max_length=MAX_EXCLUDED_TITLES, description="titles already shown"),
]
ReasonLanguageParam = Annotated[
    str | None, Query(max_length=20, description="language of the reasons")
]
SinceParam = Annotated[datetime | None, Query(description="ISO 8601; UTC if it has no time zone")]
TextListParam = Annotated[
    list[Annotated[str, Query(max_length=100)]], Query(max_length=MAX_PARAMETER_VALUES)
]


@dataclass(frozen=True, slots=True)
class Pagination:
    """Which part of a list to return."""

    limit: int
    offset: int

    @property
    def end(self) -> int:
        """How many titles must be ranked."""
        return self.limit + self.offset


async def _pagination(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> Pagination:
    return Pagination(limit, offset)


async def _filter(
    kind: Annotated[list[Kind], Query(description="any of")] = [],  # noqa: B006  # FastAPI copies it
    language: Annotated[
        TextListParam, Query(description="ISO 639-1, any of", examples=[["te"]])
    ] = [],  # noqa: B006
    genre: Annotated[TextListParam, Query(description="any of", examples=[["thriller"]])] = [],  # noqa: B006
    year_from: Annotated[int | None, Query(ge=MIN_FILTER_YEAR, le=MAX_FILTER_YEAR)] = None,
    year_to: Annotated[int | None, Query(ge=MIN_FILTER_YEAR, le=MAX_FILTER_YEAR)] = None,
    provider: Annotated[TextListParam, Query(description="any of; `netflix` or `netflix@IN`")] = [],  # noqa: B006
) -> Filter:
    return Filter(
        kinds=frozenset(kind),
        languages=frozenset(map(languages.normalise_code, _non_blank(language))),
        genres_any=genre_slugs(genre),
        year_from=year_from,
        year_to=year_to,
        providers=frozenset(map(_normalized_provider, _non_blank(provider))),
    )


def start_of_period(since: datetime | None, *, default: timedelta) -> datetime:
    """Return when a report starts: at a given moment, UTC unless it has a zone, or a time ago."""
    if since is None:
        return datetime.now(UTC) - default
    return since if since.tzinfo else since.replace(tzinfo=UTC)


def genre_slugs(names: Iterable[str]) -> frozenset[str]:
    """Return the slugs of genres; unknown names are kept as they are and match no title."""
    return frozenset(
        slug
        for name in _non_blank(names)
        for slug in genres.canonical_slugs(name) or [name.strip()]
    )


def _non_blank(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if value.strip())


def _normalized_provider(text: str) -> str:
    name, at, region = text.strip().partition("@")
    return f"{name.lower()}{at}{region.upper()}"


PaginationDep = Annotated[Pagination, Depends(_pagination)]
FilterDep = Annotated[Filter, Depends(_filter)]
