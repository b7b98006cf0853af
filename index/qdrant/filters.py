"""What a hit must be, as Qdrant says it."""

from collections.abc import Iterable
from typing import Any

from qdrant_client import models

from index.query import Filter


def to_qdrant_filter(title_filter: Filter) -> Any:
    """Return a filter as Qdrant's own."""
    return models.Filter(
        must=list(_required_conditions(title_filter)),
        must_not=list(_excluded_conditions(title_filter)),
    )


def _required_conditions(title_filter: Filter) -> Iterable[Any]:
    if title_filter.kinds:
        yield _matches_any("kind", title_filter.kinds)
    if title_filter.languages:
        yield _matches_any("languages", title_filter.languages)
    if title_filter.genres_any:
        yield _matches_any("genres", title_filter.genres_any)
    for genre in sorted(title_filter.genres_all):
        yield _matches_any("genres", [genre])
    if title_filter.providers:
        yield _matches_any("providers", title_filter.providers)
    if not title_filter.adult:
        # A number, for Qdrant's engine in process takes a boolean for one and finds nothing.
        yield models.FieldCondition(key="adult", match=models.MatchValue(value=0))
    yield from _in_range("year", title_filter.year_from, title_filter.year_to)
    yield from _in_range("runtime", title_filter.runtime_from, title_filter.runtime_to)
    yield from _in_range("votes", title_filter.min_votes, None)
    yield from _in_range("rating", title_filter.min_rating, None)
    ages = list(_in_range("minimum_age", None, title_filter.max_age))
    if ages and title_filter.unrated:
        unknown = models.IsEmptyCondition(is_empty=models.PayloadField(key="minimum_age"))
        yield models.Filter(should=[unknown, *ages])
    else:
        yield from ages
    if title_filter.include is not None:
        yield models.HasIdCondition(has_id=sorted(title_filter.include))


def _excluded_conditions(title_filter: Filter) -> Iterable[Any]:
    if title_filter.genres_none:
        yield _matches_any("genres", title_filter.genres_none)
    if title_filter.exclude:
        yield models.HasIdCondition(has_id=sorted(title_filter.exclude))


def _matches_any(field: str, labels: Iterable[str]) -> Any:
    return models.FieldCondition(key=field, match=models.MatchAny(any=sorted(map(str, labels))))


def _in_range(field: str, low: float | None, high: float | None) -> Iterable[Any]:
    if low is not None or high is not None:
        yield models.FieldCondition(key=field, range=models.Range(gte=low, lte=high))
