"""Titles to measure engines on, as columns: a million are generated in seconds.

Vectors lie in clusters that belong to languages, so that a filter by language correlates with
meaning, as it does in a real catalogue.
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

# A tenth, a hundredth and a thousandth are among them, for filters.
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
REGION_LANGUAGES = ("hi", "te", "ta", "ml", "kn", "bn", "mr", "as")  # watched in the region
YEAR_RANGE = (1950, 2027)
FILTER_SHARES = (0.1, 0.01, 0.001)  # of the titles, which filters leave
DECADES = tuple((year, year + 9) for year in range(1950, 2030, 10))

ROWS_PER_BLOCK = 16_384  # generated at once
NEAREST_TITLE_WEIGHT = 0.7  # of a title in a query vector; the rest is another title

REGION = DEFAULT_REGION
BOOSTS = Boosts(popularity=0.2, regional={REGION: 0.2})

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]  # (n,)
Scores = NDArray[np.float64]  # (n,)


@dataclass(frozen=True, slots=True)
class BenchmarkTitles:
    """Titles as columns; row i of each is one title."""

    description: str
    language_names: Sequence[str]
    ids: Rows
    matrix: Matrix  # (n, 384), rounded to half precision as in the database
    language: Rows  # positions in `language_names`
    year: Rows  # 0: unknown
    popularity: Scores
    regional: Scores  # in `REGION`

    def __len__(self) -> int:
        return len(self.ids)

    def entries(self) -> Iterator[IndexEntry]:
        """Yield the index entries, one at a time."""
        attributes: dict[tuple[int, int], Attributes] = {}
        for start in range(0, len(self), ROWS_PER_BLOCK):
            block = slice(start, start + ROWS_PER_BLOCK)
            columns = (self.ids, self.language, self.year, self.popularity, self.regional)
            rows = zip(*(column[block].tolist() for column in columns), strict=True)
            for (title_id, code, year, popularity, regional), vector in zip(
                rows, self.matrix[block], strict=True
            ):
                if (code, year) not in attributes:
                    languages = frozenset({self.language_names[code]})
                    attributes[code, year] = Attributes(
                        kind=Kind.MOVIE, languages=languages, year=year or None
                    )
                yield IndexEntry(
                    title_id=title_id,
                    attributes=attributes[code, year],
                    vectors={Space.CONTENT: vector},
                    popularity=popularity,
                    regional={REGION: regional} if regional else {},
                )

    def mask(self, filter: Filter) -> Mask:
        """Return which rows match the languages and years of a filter."""
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
        """Return the boost of every row."""
        popularity: Scores = boosts.popularity * self.popularity
        return popularity + boosts.regional.get(REGION, 0.0) * self.regional

    def filter_for_share(self, share: float) -> Filter:
        """Return the filter by language, and by decade if needed, that leaves about a share."""
        shares = {each: float(self.mask(each).mean()) for each in self._candidate_filters()}
        return min(
            (each for each in shares if shares[each]),
            key=lambda each: abs(math.log(shares[each] / share)),
        )

    def queries(self, rows: Rows, size: int, rng: np.random.Generator) -> Matrix:
        """Return unit rows (size, 384), each near a title and a little towards another."""
        one, other = (self.matrix[rng.choice(rows, size)] for _ in range(2))
        return unit_rows(NEAREST_TITLE_WEIGHT * one + (1 - NEAREST_TITLE_WEIGHT) * other)

    def _candidate_filters(self) -> Iterator[Filter]:
        for name, years in product(self.language_names, ((None, None), *DECADES)):
            yield Filter(languages=frozenset({name}), year_from=years[0], year_to=years[1])


def half_precision(rows: Matrix) -> Matrix:
    """Round each number to half precision."""
    return rows.astype(np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True)
class BenchmarkCase:
    """A filter and the query vectors searched with it."""

    name: str
    filter: Filter
    queries: Matrix


def benchmark_cases(
    titles: BenchmarkTitles, size: int, rng: np.random.Generator
) -> list[BenchmarkCase]:
    """Return the cases: all titles, then each share, near the query and away from it."""
    cases = [BenchmarkCase("all", Filter(), titles.queries(np.arange(len(titles)), size, rng))]
    for share in FILTER_SHARES:
        title_filter = titles.filter_for_share(share)
        same_language = titles.mask(Filter(languages=title_filter.languages))
        places = {
            "near": np.flatnonzero(titles.mask(title_filter)),
            "away": np.flatnonzero(~same_language),
        }
        for place, rows in places.items():
            if len(rows):
                name = f"{share * 100:g} % {place}"
                queries = titles.queries(rows, size, rng)
                cases.append(BenchmarkCase(name, title_filter, queries))
    return cases


def generate_titles(n: int, rng: np.random.Generator) -> BenchmarkTitles:
    """Return `n` synthetic titles with ids from 1."""
    names = tuple(LANGUAGE_SHARES)
    ends = np.cumsum(list(LANGUAGE_SHARES.values()))
    language = np.searchsorted(ends, (np.arange(n) + 0.5) / n).clip(max=len(names) - 1)
    language = rng.permutation(language)
    shape = (len(names) * CLUSTERS_PER_LANGUAGE, DIMENSIONS)
    centres = unit_rows(rng.standard_normal(shape, np.float32))
    cluster = language * CLUSTERS_PER_LANGUAGE + rng.integers(CLUSTERS_PER_LANGUAGE, size=n)
    matrix = np.empty((n, DIMENSIONS), np.float32)
    for start in range(0, n, ROWS_PER_BLOCK):
        rows = slice(start, start + ROWS_PER_BLOCK)
        matrix[rows] = half_precision(vectors_near(centres[cluster[rows]], rng))
    watched = np.isin(language, [names.index(name) for name in REGION_LANGUAGES])
    return BenchmarkTitles(
        description=f"{n:,} synthetic titles, {DIMENSIONS} dimensions, in clusters by language",
        language_names=names,
        ids=np.arange(1, n + 1),
        matrix=matrix,
        language=language,
        year=rng.integers(*YEAR_RANGE, size=n),
        popularity=rng.random(n).round(4),
        regional=np.where(watched, rng.random(n).round(4), 0.0),
    )
