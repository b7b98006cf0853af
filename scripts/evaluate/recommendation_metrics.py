"""The lists that a recommender gives to people, and what can be said of them."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommend import metrics
from recommend.metrics import RecentLists
from scripts.evaluate.feed_baselines import Recommender, liked_titles
from scripts.evaluate.simulated_viewers import EvaluationViewer
from scripts.evaluate.simulation_catalogue import SimulationCatalogue

TITLES_PER_LIST = 20  # titles in a list

Hits = NDArray[np.bool_]  # (people, k): whether the title at a place was liked in secret
Counts = NDArray[np.int64]  # (people,)


@dataclass(frozen=True, slots=True)
class AccuracyMetrics:
    """Means over people, 0..1."""

    hit_rate: float  # share of people whose list has one at least
    precision: float  # share of the list
    recall: float  # share of what was hidden
    ndcg: float  # Järvelin and Kekäläinen, ACM TOIS 2002; gains are 0 or 1


@dataclass(frozen=True, slots=True)
class RecommendationMetrics:
    """How lists came out; all but accuracy as `recommend.metrics` defines it, means over people."""

    accuracy: AccuracyMetrics
    coverage: float
    concentration: float
    diversity: float
    novelty: float  # bits, by fame as the share that knows a title
    serendipity: float  # beside the best known, for want of another primitive recommender
    personalisation: float
    milliseconds: float  # a list


class RecommendationLists:
    """What a recommender told people."""

    def __init__(self, shelf: SimulationCatalogue, recommend: Recommender) -> None:
        self._shelf = shelf
        self._recommend = recommend
        self._most_famous = set(
            shelf.ids[np.argsort(-shelf.fame, kind="stable")[:TITLES_PER_LIST]].tolist()
        )
        self._recommended: list[list[int]] = []
        self._hits: list[list[bool]] = []
        self._hidden: list[int] = []
        self._qualities: list[tuple[float, float, float]] = []
        self._seconds = 0.0

    def recommend_to(self, person: EvaluationViewer) -> None:
        """Have one more recommended to."""
        began = time.perf_counter()
        told = self._recommend(person.history, TITLES_PER_LIST)
        self._seconds += time.perf_counter() - began
        missing = [False] * (TITLES_PER_LIST - len(told))
        self._recommended.append(told)
        self._hits.append([title_id in person.hidden_likes for title_id in told] + missing)
        self._hidden.append(len(person.hidden_likes))
        self._qualities.append(self._quality(person, told))

    def compute_metrics(self) -> RecommendationMetrics:
        """Return what is to be said of them."""
        diversity, novelty, serendipity = np.mean(self._qualities, axis=0).tolist()
        observed = RecentLists(max_viewers=None)
        for number, told in enumerate(self._recommended):
            observed.add(number, told)
        return RecommendationMetrics(
            accuracy=accuracy(np.array(self._hits), np.array(self._hidden)),
            coverage=metrics.coverage(self._recommended, len(self._shelf)),
            concentration=metrics.concentration(self._recommended, len(self._shelf)),
            diversity=diversity,
            novelty=novelty,
            serendipity=serendipity,
            personalisation=observed.personalisation(),
            milliseconds=1000 * self._seconds / len(self._recommended),
        )

    def _quality(self, person: EvaluationViewer, told: list[int]) -> tuple[float, float, float]:
        rows = [self._shelf.row_of[title_id] for title_id in told]
        own = [self._shelf.row_of[title_id] for title_id in liked_titles(person.history)]
        vectors = self._shelf.vectors[rows]
        return (
            metrics.intra_list_diversity(vectors),
            metrics.novelty(self._shelf.fame[rows]),
            metrics.serendipity(
                told, vectors, expected=self._most_famous, liked=self._shelf.vectors[own]
            ),
        )


def accuracy(hits: Hits, hidden: Counts) -> AccuracyMetrics:
    """Return the figures; `hidden` counts what each could have been shown."""
    k = hits.shape[1]
    counts = hits.sum(axis=1)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(hidden, k)]
    some = hidden > 0
    return AccuracyMetrics(
        hit_rate=float((counts > 0).mean()),
        precision=float(counts.mean() / k),
        recall=float((counts[some] / hidden[some]).mean()),
        ndcg=float(((hits @ discounts)[some] / ideal[some]).mean()),
    )
