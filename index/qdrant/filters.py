"""What a hit must be, as Qdrant says it."""

from collections.abc import Iterable
from typing import Any

from qdrant_client import models

from index.query import Filter


def conditions(wanted: Filter) -> Any:
    """Return a filter as Qdrant's own."""
    return models.Filter(must=list(_musts(wanted)), must_not=list(_must_nots(wanted)))


def _musts(wanted: Filter) -> Iterable[Any]:
    if wanted.kinds:
        yield _any("kind", wanted.kinds)
    if wanted.languages:
        yield _any("languages", wanted.languages)
    if wanted.genres_any:
        yield _any("genres", wanted.genres_any)
    for genre in sorted(wanted.genres_all):
        yield _any("genres", [genre])
    if wanted.providers:
        yield _any("providers", wanted.providers)
    if not wanted.adult:
        # A number, for Qdrant's engine in process takes a boolean for one and finds nothing.
        yield models.FieldCondition(key="adult", match=models.MatchValue(value=0))
    yield from _within("year", wanted.year_from, wanted.year_to)
    yield from _within("runtime", wanted.runtime_from, wanted.runtime_to)
    yield from _within("votes", wanted.min_votes, None)
    yield from _within("rating", wanted.min_rating, None)
    ages = list(_within("minimum_age", None, wanted.max_age))
    if ages and wanted.unrated:
        unknown = models.IsEmptyCondition(is_empty=models.PayloadField(key="minimum_age"))
        yield models.Filter(should=[unknown, *ages])
    else:
        yield from ages
    if wanted.include is not None:
        yield models.HasIdCondition(has_id=sorted(wanted.include))


def _must_nots(wanted: Filter) -> Iterable[Any]:
    if wanted.genres_none:
        yield _any("genres", wanted.genres_none)
    if wanted.exclude:
        yield models.HasIdCondition(has_id=sorted(wanted.exclude))


def _any(field: str, labels: Iterable[str]) -> Any:
    return models.FieldCondition(key=field, match=models.MatchAny(any=sorted(map(str, labels))))


def _within(field: str, low: float | None, high: float | None) -> Iterable[Any]:
    if low is not None or high is not None:
        yield models.FieldCondition(key=field, range=models.Range(gte=low, lte=high))
