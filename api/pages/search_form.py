"""The form of the search page, read from its address and written back to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from api.pages.forms import parse_number
from api.params import MAX_OFFSET, genre_slugs
from catalog import languages
from index.query import Filter
from vocabulary.kinds import Kind

TITLES_PER_PAGE = 24  # fills rows of 2, 3, 4 and 6 columns
MAX_SEARCH_BOX_CHARACTERS = 300  # fewer than the API takes: longer texts do not fit the box
MAX_VALUES = 20  # of one repeated field
MAX_VALUE_CHARACTERS = 40

KIND_LABELS = {"movie": "Films", "series": "Series", "anime": "Anime"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForm:
    """The fields of a search; an empty one does not filter."""

    q: str = ""
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    ignored_chips: tuple[str, ...] = ()  # keys of removed chips
    year_from: int | None = None
    year_to: int | None = None
    limit: int = TITLES_PER_PAGE
    offset: int = 0

    def url(self, *, offset: int = 0) -> str:
        """Return the address of this search, from `offset` on."""
        pairs: list[tuple[str, object]] = [("q", self.q)] if self.q else []
        lists = {"kind": self.kinds, "language": self.languages, "genre": self.genres}
        for name, values in (
            lists | {"provider": self.providers, "ignore": self.ignored_chips}
        ).items():
            pairs += [(name, value) for value in values]
        years = {"year_from": self.year_from, "year_to": self.year_to}
        pairs += [(name, year) for name, year in years.items() if year is not None]
        if offset:
            pairs.append(("offset", offset))
        return "/search?" + urlencode(pairs) if pairs else "/search"

    def to_filter(self) -> Filter:
        """Return the filter that the form describes."""
        return Filter(
            kinds=frozenset(map(Kind, self.kinds)),
            languages=frozenset(map(languages.normalise_code, self.languages)),
            genres_any=genre_slugs(self.genres),
            providers=frozenset(self.providers),
            year_from=self.year_from,
            year_to=self.year_to,
        )

    def url_without_chip(self, key: str) -> str:
        """Return the address of this search without one of the understood chips."""
        return replace(self, ignored_chips=(*self.ignored_chips, key)).url()

    def url_for_text(self, text: str) -> str:
        """Return the address of this search for another text."""
        return replace(self, q=text, ignored_chips=()).url()


async def parse_search_form(
    q: str = "",
    kind: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies its defaults
    language: Annotated[list[str], Query()] = [],  # noqa: B006
    genre: Annotated[list[str], Query()] = [],  # noqa: B006
    provider: Annotated[list[str], Query()] = [],  # noqa: B006
    year_from: str = "",
    year_to: str = "",
    offset: str = "",
    ignore: Annotated[list[str], Query()] = [],  # noqa: B006
) -> SearchForm:
    """Return the search of an address; invalid values are ignored."""
    return SearchForm(
        q=" ".join(q.split())[:MAX_SEARCH_BOX_CHARACTERS],
        kinds=tuple(value for value in kind if value in KIND_LABELS),
        languages=_distinct_values(language),
        genres=_distinct_values(genre),
        providers=_distinct_values(provider),
        ignored_chips=_distinct_values(ignore),
        year_from=parse_number(year_from, maximum=9999),
        year_to=parse_number(year_to, maximum=9999),
        offset=parse_number(offset, maximum=MAX_OFFSET) or 0,
    )


SearchFormDep = Annotated[SearchForm, Depends(parse_search_form)]


def _distinct_values(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value[:MAX_VALUE_CHARACTERS] for value in values if value.strip()))[
        :MAX_VALUES
    ]
