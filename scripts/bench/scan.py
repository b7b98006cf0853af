"""What the index is measured against: a plain NumPy scan for speed, float64 for the truth."""

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from index.query import Boosts, Filter, Matrix, TitleId, Vector
from scripts.bench.catalogues import Catalogue

BLOCK = 4096  # rows turned to float64 at once
MOST_LANGUAGES = 8  # the most common ones, to make filters of
DECADES = tuple((year, year + 9) for year in range(1950, 2030, 10))

Mask = NDArray[np.bool_]  # (n,)
Scores = NDArray[np.float64]  # (n,)


class Scan:
    """Scores every row: float32 product, boosts added, filter masked, argpartition, sort."""

    def __init__(self, catalogue: Catalogue) -> None:
        entries = catalogue.entries
        known = [entry.attributes for entry in entries]
        self.matrix = catalogue.matrix
        self._popularity = np.array([entry.popularity for entry in entries])
        self._regional = {
            region: np.array([entry.regional.get(region, 0.0) for entry in entries])
            for region in {region for entry in entries for region in entry.regional}
        }
        self._year = np.array([-1 if each.year is None else each.year for each in known])
        self._children = ~np.array([each.adult for each in known])
        self._languages = _columns([each.languages for each in known])
        self._genres = _columns([each.genres for each in known])

    def search(self, vector: Vector, wanted: Filter, boosts: Boosts, k: int) -> list[TitleId]:
        """Return the ids of the best, best first."""
        scores = self.matrix @ vector + self._boosted(boosts).astype(np.float32)
        scores[~self.mask(wanted)] = -np.inf
        k = min(k, len(scores))
        best = np.argpartition(-scores, k - 1)[:k]
        best = best[np.argsort(-scores[best])]
        return [int(row) + 1 for row in best if scores[row] > -np.inf]

    def exact(
        self, similarities: Scores, wanted: Filter, boosts: Boosts, k: int
    ) -> frozenset[TitleId]:
        """Return the ids of the best by float64 similarities (n,)."""
        rows = np.flatnonzero(self.mask(wanted))
        scores = (similarities + self._boosted(boosts))[rows]
        return frozenset((rows[np.lexsort((rows, -scores))[:k]] + 1).tolist())

    def similarities(self, queries: Matrix) -> Scores:
        """Return (m, n) cosines in float64."""
        wide = queries.astype(np.float64)
        blocks = range(0, len(self.matrix), BLOCK)
        return np.hstack(
            [wide @ self.matrix[start : start + BLOCK].astype(np.float64).T for start in blocks]
        )

    def mask(self, wanted: Filter) -> Mask:
        """Return which rows meet the filter's languages, any-of genres and years."""
        mask = self._children.copy()
        for columns, labels in (
            (self._languages, wanted.languages),
            (self._genres, wanted.genres_any),
        ):
            if labels:
                mask &= np.logical_or.reduce([columns[label] for label in labels])
        if wanted.year_from is not None:
            mask &= self._year >= wanted.year_from
        if wanted.year_to is not None:
            mask &= self._year <= wanted.year_to
        return mask

    def nearest_filter(self, share: float, *, by_language: bool = False) -> tuple[Filter, float]:
        """Return the filter that leaves a share of the rows most nearly, and its share."""
        found = (Filter(languages=frozenset({name})) for name in self._common_languages())
        shares = {
            wanted: float(self.mask(wanted).mean())
            for wanted in (found if by_language else self._filters())
        }
        best = min(
            (wanted for wanted in shares if shares[wanted]),
            key=lambda wanted: abs(math.log(shares[wanted] / share)),
        )
        return best, shares[best]

    def _boosted(self, boosts: Boosts) -> Scores:
        total = boosts.popularity * self._popularity
        for region, weight in boosts.regional.items():
            if region in self._regional:
                total = total + weight * self._regional[region]
        return total

    def _common_languages(self) -> list[str]:
        counts = {name: int(column.sum()) for name, column in self._languages.items()}
        return sorted(counts, key=lambda name: (-counts[name], name))[:MOST_LANGUAGES]

    def _filters(self) -> Iterator[Filter]:
        languages = [frozenset[str](), *(frozenset({name}) for name in self._common_languages())]
        genres = [frozenset[str](), *(frozenset({name}) for name in sorted(self._genres))]
        for language, genre, years in product(languages, genres, ((None, None), *DECADES)):
            yield Filter(languages=language, genres_any=genre, year_from=years[0], year_to=years[1])


def recall(found: Sequence[TitleId], wanted: frozenset[TitleId]) -> float:
    """Return the share of what should be found that is."""
    return len(wanted & set(found)) / len(wanted) if wanted else 1.0


def told(wanted: Filter) -> str:
    """Return a filter in words."""
    years = f"{wanted.year_from}-{wanted.year_to}" if wanted.year_from else ""
    return " ".join(filter(None, [*sorted(wanted.languages), *sorted(wanted.genres_any), years]))


def _columns(labels: Sequence[frozenset[str]]) -> dict[str, Mask]:
    columns: dict[str, Mask] = {}
    for row, each in enumerate(labels):
        for label in each:
            columns.setdefault(label, np.zeros(len(labels), np.bool_))[row] = True
    return columns
