"""Titles to measure engines on, as columns: a million are made in seconds, without an object each.

Vectors lie in clusters that belong to languages, so that a filter by language is as far from
independent of meaning as it is in life.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from catalog.regions import DEFAULT_REGION
from index.query import Attributes, Boosts, Filter, IndexEntry
from scripts.bench.datasets import CLUSTERS_PER_LANGUAGE, DIMENSIONS, unit_rows, vectors_near
from vocabulary.arrays import Matrix
from vocabulary.kinds import Kind, Space

# Shares of titles; among them a tenth, a hundredth and a thousandth for filters.
LANGUAGE_SHARES = {
    "en": 0.3,
    "hi": 0.2,
    "ja": 0.159,
    "te": 0.1,
    "ta": 0.09,
    "ml": 0.07,
    "kn": 0.05,
    "bn": 0.02,
    "mr": 0.01,
    "as": 0.001,
}
REGION_LANGUAGES = ("hi", "te", "ta", "ml", "kn", "bn", "mr", "as")  # titles liked in the region
YEAR_RANGE = (1950, 2027)
FILTER_SHARES = (0.1, 0.01, 0.001)  # of titles that filters leave
DECADES = tuple((year, year + 9) for year in range(1950, 2030, 10))

ROWS_PER_BLOCK = 16_384  # rows made at once
NEAREST_TITLE_WEIGHT = (
    0.7  # of a query's direction is that of a title, the rest that of another one
)

REGION = DEFAULT_REGION
BOOSTS = Boosts(popularity=0.2, regional={REGION: 0.2})

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]  # (n,)
Scores = NDArray[np.float64]  # (n,)


@dataclass(frozen=True, slots=True)
class BenchmarkTitles:
    """Titles; row i of all columns is one title."""

    description: str
    language_names: Sequence[str]  # of languages
    ids: Rows
    matrix: Matrix  # (n, 384), numbers that half precision holds, as the catalogue keeps them
    language: Rows  # places in `names`
    year: Rows
    popularity: Scores
    regional: Scores  # in `REGION`

    def __len__(self) -> int:
        return len(self.ids)

    def entries(self) -> Iterator[IndexEntry]:
        """Yield what an index is built of, one at a time."""
        known: dict[tuple[int, int], Attributes] = {}
        for start in range(0, len(self), ROWS_PER_BLOCK):
            some = slice(start, start + ROWS_PER_BLOCK)
            columns = (self.ids, self.language, self.year, self.popularity, self.regional)
            rows = zip(*(column[some].tolist() for column in columns), strict=True)
            for (title_id, code, year, liked, there), vector in zip(
                rows, self.matrix[some], strict=True
            ):
                if (code, year) not in known:
                    languages = frozenset({self.language_names[code]})
                    known[code, year] = Attributes(
                        kind=Kind.MOVIE, languages=languages, year=year or None
                    )
                yield IndexEntry(
                    title_id=title_id,
                    attributes=known[code, year],
                    vectors={Space.CONTENT: vector},
                    popularity=liked,
                    regional={REGION: there} if there else {},
                )

    def mask(self, filter: Filter) -> Mask:
        """Return which rows meet the filter's languages and years; a year of 0 is none."""
        mask = np.ones(len(self), np.bool_)
        if filter.languages:
            codes = [
                code for code, name in enumerate(self.language_names) if name in filter.languages
            ]
            mask &= np.isin(self.language, codes)
        if filter.year_from is not None:
            mask &= self.year >= filter.year_from
        if filter.year_to is not None:
            mask &= (self.year <= filter.year_to) & (self.year > 0)
        return mask

    def boosts(self, boosts: Boosts) -> Scores:
        """Return what boosts add to every row."""
        added: Scores = boosts.popularity * self.popularity
        return added + boosts.regional.get(REGION, 0.0) * self.regional

    def filter_for_share(self, share: float) -> Filter:
        """Return the filter by a language, and a decade if need be, that leaves about a share."""
        shares = {wanted: float(self.mask(wanted).mean()) for wanted in self._candidate_filters()}
        return min(
            (wanted for wanted in shares if shares[wanted]),
            key=lambda wanted: abs(math.log(shares[wanted] / share)),
        )

    def queries(self, rows: Rows, size: int, rng: np.random.Generator) -> Matrix:
        """Return unit rows (size, 384) near one of these titles each, and a little to another."""
        one, other = (self.matrix[rng.choice(rows, size)] for _ in range(2))
        return unit_rows(NEAREST_TITLE_WEIGHT * one + (1 - NEAREST_TITLE_WEIGHT) * other)

    def _candidate_filters(self) -> Iterator[Filter]:
        for name, years in product(self.language_names, ((None, None), *DECADES)):
            yield Filter(languages=frozenset({name}), year_from=years[0], year_to=years[1])


def half_precision(rows: Matrix) -> Matrix:
    """Return what half precision leaves of each number."""
    return rows.astype(np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True)
class BenchmarkCase:
    """A filter and the queries asked with it."""

    name: str
    filter: Filter
    queries: Matrix


def benchmark_cases(
    titles: BenchmarkTitles, size: int, rng: np.random.Generator
) -> list[BenchmarkCase]:
    """Return the cases: all titles, then each share, near the queries and away from them."""
    found = [BenchmarkCase("all", Filter(), titles.queries(np.arange(len(titles)), size, rng))]
    for share in FILTER_SHARES:
        wanted = titles.filter_for_share(share)
        inside = titles.mask(Filter(languages=wanted.languages))
        near, away = np.flatnonzero(titles.mask(wanted)), np.flatnonzero(~inside)
        found.append(
            BenchmarkCase(f"{share * 100:g} % near", wanted, titles.queries(near, size, rng))
        )
        if len(away):
            found.append(
                BenchmarkCase(f"{share * 100:g} % away", wanted, titles.queries(away, size, rng))
            )
    return found


def generate_titles(n: int, rng: np.random.Generator) -> BenchmarkTitles:
    """Return `n` titles that nobody made, their ids from 1."""
    names = tuple(LANGUAGE_SHARES)
    ends = np.cumsum(list(LANGUAGE_SHARES.values()))
    language = np.searchsorted(ends, (np.arange(n) + 0.5) / n).clip(max=len(names) - 1)
    language = rng.permutation(language)
    places = len(names) * CLUSTERS_PER_LANGUAGE
    centres = unit_rows(rng.standard_normal((places, DIMENSIONS), np.float32))
    cluster = language * CLUSTERS_PER_LANGUAGE + rng.integers(CLUSTERS_PER_LANGUAGE, size=n)
    matrix = np.empty((n, DIMENSIONS), np.float32)
    for start in range(0, n, ROWS_PER_BLOCK):
        rows = slice(start, start + ROWS_PER_BLOCK)
        matrix[rows] = half_precision(vectors_near(centres[cluster[rows]], rng))
    watched = np.isin(language, [names.index(name) for name in REGION_LANGUAGES])
    return BenchmarkTitles(
        description=f"{n:,} made-up titles, {DIMENSIONS} dimensions, in clusters by language",
        language_names=names,
        ids=np.arange(1, n + 1),
        matrix=matrix,
        language=language,
        year=rng.integers(*YEAR_RANGE, size=n),
        popularity=rng.random(n).round(4),
        regional=np.where(watched, rng.random(n).round(4), 0.0),
    )
