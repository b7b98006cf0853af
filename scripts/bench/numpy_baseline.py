"""What the search box is measured against: a plain NumPy scan."""

import numpy as np
from numpy.typing import NDArray

from index.query import Boosts
from scripts.bench.datasets import BenchmarkCatalogue
from vocabulary.arrays import Vector
from vocabulary.ids import TitleId

Scores = NDArray[np.float64]  # (n,)


class NumpyBaseline:
    """Scores every row: float32 product, boosts added, titles for adults masked, argpartition."""

    def __init__(self, catalogue: BenchmarkCatalogue) -> None:
        entries = catalogue.entries
        self.matrix = catalogue.matrix
        self._popularity = np.array([entry.popularity for entry in entries])
        self._regional = {
            region: np.array([entry.regional.get(region, 0.0) for entry in entries])
            for region in {region for entry in entries for region in entry.regional}
        }
        self._adult = np.array([entry.attributes.adult for entry in entries])

    def search(self, vector: Vector, boosts: Boosts, k: int) -> list[TitleId]:
        """Return the ids of the best, best first."""
        scores = self.matrix @ vector + self._boosted(boosts).astype(np.float32)
        scores[self._adult] = -np.inf
        k = min(k, len(scores))
        best = np.argpartition(-scores, k - 1)[:k]
        best = best[np.argsort(-scores[best])]
        return [int(row) + 1 for row in best if scores[row] > -np.inf]

    def _boosted(self, boosts: Boosts) -> Scores:
        total = boosts.popularity * self._popularity
        for region, weight in boosts.regional.items():
            if region in self._regional:
                total = total + weight * self._regional[region]
        return total
