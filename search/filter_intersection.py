"""Combining the caller's filter with the one recognised in the text."""

from dataclasses import replace
from typing import TypeVar

from index.query import Filter

Value = TypeVar("Value")


def intersect(filter: Filter, parsed_filter: Filter) -> Filter:
    """Return a filter that passes what both pass; if they contradict, the caller's wins.

    What is recognised in a text narrows the caller's filter, it never widens it.
    """
    include = parsed_filter.include
    if include is not None and filter.include is not None:
        include = include & filter.include
    return replace(
        filter,
        kinds=_intersect_values(filter.kinds, parsed_filter.kinds),
        languages=_intersect_values(filter.languages, parsed_filter.languages),
        genres_any=_intersect_values(filter.genres_any, parsed_filter.genres_any),
        genres_all=filter.genres_all | parsed_filter.genres_all,
        genres_none=filter.genres_none | parsed_filter.genres_none,
        providers=_intersect_values(filter.providers, parsed_filter.providers),
        year_from=_max_year(filter.year_from, parsed_filter.year_from),
        year_to=_min_year(filter.year_to, parsed_filter.year_to),
        include=filter.include if include is None else include,
    )


def _intersect_values(requested: frozenset[Value], parsed: frozenset[Value]) -> frozenset[Value]:
    return requested & parsed or requested or parsed


def _max_year(first: int | None, second: int | None) -> int | None:
    return max((year for year in (first, second) if year is not None), default=None)


def _min_year(first: int | None, second: int | None) -> int | None:
    return min((year for year in (first, second) if year is not None), default=None)
