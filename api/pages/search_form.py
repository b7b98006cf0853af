"""What the search page is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from catalog import regions

TITLES_PER_PAGE = 24  # titles: whole rows of 2, 3, 4 and 6 columns
MAX_OFFSET = 10_000
MAX_SEARCH_BOX_CHARACTERS = 300  # characters; what the search box lets type
REGION_COOKIE = "rasika_region"

KIND_LABELS = {"movie": "Films", "series": "Series", "anime": "Anime"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForm:
    """What is asked of the search page; an empty field constrains nothing."""

    q: str = ""
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    ignored_chips: tuple[str, ...] = ()  # keys of chips that were taken away
    year_from: int | None = None
    year_to: int | None = None
    region: str | None = None
    limit: int = TITLES_PER_PAGE
    offset: int = 0

    def url(self, *, offset: int = 0) -> str:
        """Return the address of this search, from another title on."""
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

    def url_without_chip(self, key: str) -> str:
        """Return the address of this search, a chip of what was understood taken away."""
        return replace(self, ignored_chips=(*self.ignored_chips, key)).url()

    def url_for_text(self, text: str) -> str:
        """Return the address of this search for another text."""
        return replace(self, q=text, ignored_chips=()).url()


async def parse_search_form(
    request: Request,
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
    """Return what a form asks for; what no form would send is left out, not refused."""
    return SearchForm(
        q=" ".join(q.split())[:MAX_SEARCH_BOX_CHARACTERS],
        kinds=tuple(value for value in kind if value in KIND_LABELS),
        languages=_distinct_values(language),
        genres=_distinct_values(genre),
        providers=_distinct_values(provider),
        ignored_chips=_distinct_values(ignore),
        year_from=parse_number(year_from, maximum=9999),
        year_to=parse_number(year_to, maximum=9999),
        region=chosen_region(request),
        offset=parse_number(offset, maximum=MAX_OFFSET) or 0,
    )


SearchFormDep = Annotated[SearchForm, Depends(parse_search_form)]


def chosen_region(request: Request) -> str | None:
    """Return the region that a visitor chose."""
    asked = request.query_params.get("region") or request.cookies.get(REGION_COOKIE)
    return regions.canonical_region(asked) if asked else None


def _distinct_values(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value[:40] for value in values if value.strip()))[:20]


def parse_number(text: str, *, maximum: int) -> int | None:
    """Return a number that was typed, none of what is no number or too large."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain[:9]) <= maximum else None
