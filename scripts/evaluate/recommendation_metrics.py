"""The lists that a recommender gives to viewers, and their metrics."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommend import metrics
from recommend.metrics import RecentLists
from scripts.evaluate.feed_baselines import Recommender, liked_titles
from scripts.evaluate.simulated_viewers import EvaluationViewer
from scripts.evaluate.simulation_catalogue import SimulationCatalogue

TITLES_PER_LIST = 20

Hits = NDArray[np.bool_]  # (viewers, k): whether the title at a rank is a hidden like
Counts = NDArray[np.int64]  # (viewers,)


@dataclass(frozen=True, slots=True)
class AccuracyMetrics:
    """Means over viewers, 0..1."""

    hit_rate: float  # share of viewers with at least one hit
    precision: float  # share of the list
    recall: float  # share of the hidden likes
    ndcg: float  # Järvelin and Kekäläinen, ACM TOIS 2002; gains are 0 or 1


@dataclass(frozen=True, slots=True)
class RecommendationMetrics:
    """Means over viewers; all but accuracy is defined in `recommend.metrics`."""

    accuracy: AccuracyMetrics
    coverage: float
    concentration: float
    diversity: float
    novelty: float  # bits, with fame as the share of viewers who know a title
    serendipity: float  # compared with the most famous titles
    personalisation: float
    milliseconds: float  # per list


class RecommendationLists:
    """The lists that a recommender gave to viewers."""

    def __init__(self, titles: SimulationCatalogue, recommend: Recommender) -> None:
        self._titles = titles
        self._recommend = recommend
        self._most_famous = set(
            titles.ids[np.argsort(-titles.fame, kind="stable")[:TITLES_PER_LIST]].tolist()
        )
        self._lists: list[list[int]] = []
        self._hits: list[list[bool]] = []
        self._hidden_counts: list[int] = []
        self._qualities: list[tuple[float, float, float]] = []
        self._seconds = 0.0

    def recommend_to(self, viewer: EvaluationViewer) -> None:
        """Recommend titles to one more viewer."""
        began = time.perf_counter()
        title_ids = self._recommend(viewer.history, TITLES_PER_LIST)
        self._seconds += time.perf_counter() - began
        padding = [False] * (TITLES_PER_LIST - len(title_ids))
        self._lists.append(title_ids)
        self._hits.append([each in viewer.hidden_likes for each in title_ids] + padding)
        self._hidden_counts.append(len(viewer.hidden_likes))
        self._qualities.append(self._quality(viewer, title_ids))

    def compute_metrics(self) -> RecommendationMetrics:
        """Return the metrics of all lists."""
        diversity, novelty, serendipity = np.mean(self._qualities, axis=0).tolist()
        recent_lists = RecentLists(max_viewers=None)
        for number, title_ids in enumerate(self._lists):
            recent_lists.add(number, title_ids)
        return RecommendationMetrics(
            accuracy=accuracy(np.array(self._hits), np.array(self._hidden_counts)),
            coverage=metrics.coverage(self._lists, len(self._titles)),
            concentration=metrics.concentration(self._lists, len(self._titles)),
            diversity=diversity,
            novelty=novelty,
            serendipity=serendipity,
            personalisation=recent_lists.personalisation(),
            milliseconds=1000 * self._seconds / len(self._lists),
        )

    def _quality(
        self, viewer: EvaluationViewer, title_ids: list[int]
    ) -> tuple[float, float, float]:
        """Return diversity, novelty and serendipity of a list."""
        rows = [self._titles.row_of[each] for each in title_ids]
        liked = [self._titles.row_of[each] for each in liked_titles(viewer.history)]
        vectors = self._titles.vectors[rows]
        return (
            metrics.intra_list_diversity(vectors),
            metrics.novelty(self._titles.fame[rows]),
            metrics.serendipity(
                title_ids, vectors, expected=self._most_famous, liked=self._titles.vectors[liked]
            ),
        )


def accuracy(hits: Hits, hidden_counts: Counts) -> AccuracyMetrics:
    """Return the accuracy, given the number of hidden likes of each viewer."""
    k = hits.shape[1]
    counts = hits.sum(axis=1)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(hidden_counts, k)]
    some = hidden_counts > 0
    return AccuracyMetrics(
        hit_rate=float((counts > 0).mean()),
        precision=float(counts.mean() / k),
        recall=float((counts[some] / hidden_counts[some]).mean()),
        ndcg=float(((hits @ discounts)[some] / ideal[some]).mean()),
    )
