"""Metrics of lists that need no feedback: diversity, novelty, coverage, personalisation.

None of them is good by itself: a list of random titles is novel and diverse. They show what a
change of ranking did beside the hit rate.
"""

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId

Values = NDArray[np.floating]  # (n,)

MIN_KNOWN_SHARE = 2.0**-10  # of people; an unknown title is not infinitely novel
MIN_RELEVANT_COSINE = 0.3  # to a liked title; as for one interest in `recommend.taste_update`
MAX_REMEMBERED_VIEWERS = 5_000  # per process; lists of twenty titles take some megabytes


def intra_list_diversity(vectors: Matrix) -> float:
    """Return how dissimilar the titles of a list are, given their content vectors.

    The mean of 1 - cosine over all pairs, 0..2: 0 if all are the same, 1 if they are unrelated; 0
    for fewer than two. Ziegler et al., Improving recommendation lists through topic
    diversification, WWW 2005 (the inverse of intra-list similarity).
    """
    n = len(vectors)
    if n < 2:
        return 0.0
    total = vectors.sum(axis=0, dtype=np.float64)
    own = float((vectors.astype(np.float64) ** 2).sum())
    pairs = (float(total @ total) - own) / 2  # (v1 + … + vn)² without the vi²
    return 1.0 - pairs / (n * (n - 1) / 2)


def novelty(known_shares: Values) -> float:
    """Return how novel the titles of a list are, given the share of people that knows each.

    The mean of -log2 p, 0..10 bits: 0 if all people know all titles, 1 if half of them do.
    Vargas and Castells, Rank and relevance in novelty and diversity metrics for recommender
    systems, RecSys 2011 (mean self-information).
    """
    if not len(known_shares):
        return 0.0
    shares = np.clip(np.asarray(known_shares, np.float64), MIN_KNOWN_SHARE, 1.0)
    return float(-np.log2(shares).mean())


def coverage(lists: Iterable[Collection[TitleId]], catalogue_size: int) -> float:
    """Return the share of the catalogue that is in at least one list, 0..1.

    Ge, Delgado-Battenfeld and Jannach, Beyond accuracy: evaluating recommender systems by coverage
    and serendipity, RecSys 2010 (catalogue coverage).
    """
    title_ids = set().union(*lists)
    return len(title_ids) / catalogue_size if catalogue_size else 0.0


def concentration(lists: Iterable[Collection[TitleId]], catalogue_size: int) -> float:
    """Return how unevenly the catalogue is shown, 0..1: its Gini coefficient.

    0 if every title is in equally many lists, nearly 1 if all lists show one title.
    Fleder and Hosanagar, Blockbuster culture's next rise or fall, Management Science 2009.
    """
    title_ids = Counter(title_id for each in lists for title_id in each)
    counts = np.zeros(max(catalogue_size, len(title_ids)))
    counts[: len(title_ids)] = sorted(title_ids.values(), reverse=True)
    total = counts.sum()
    if not total:
        return 0.0
    n = len(counts)
    ranks = np.arange(n, 0, -1)  # 1 for the least shown
    return float(2 * (ranks * counts).sum() / (n * total) - (n + 1) / n)


def serendipity(
    ids: Sequence[TitleId], vectors: Matrix, *, expected: Collection[TitleId], liked: Matrix
) -> float:
    """Return the share of a list that is both unexpected and relevant, 0..1.

    Unexpected titles are those that a simple recommender (`expected`: the best known) would not
    show; relevant ones, without feedback, are those near a liked title. `vectors` (n, d) and
    `liked` (m, d) are content vectors. Ge et al., RecSys 2010, in the form of Adamopoulos and
    Tuzhilin, ACM TIST 5(4), 2014: |(list - expected) and useful| / |list|.
    """
    if not len(ids) or not len(liked):
        return 0.0
    near = (vectors @ liked.T).max(axis=1) >= MIN_RELEVANT_COSINE
    surprising = np.array([title_id not in expected for title_id in ids])
    return float((near & surprising).mean())


def freshness(values: Values) -> float:
    """Return the mean of the titles' freshness, 0..1: 1 for a title released today."""
    return float(np.mean(values)) if len(values) else 0.0


def personalisation(lists: Iterable[Collection[TitleId]]) -> float:
    """Return how different the lists of different people are, 0..1.

    The mean over pairs of 1 - |both| / sqrt(|one| |other|): 0 if all lists are the same, 1 if no
    two share a title; 0 for fewer than two lists. Zhou et al., Solving the apparent
    diversity-accuracy dilemma of recommender systems, PNAS 107(10), 2010, equation 4, to which
    this is equal for lists of one length.
    """
    observed = RecentLists(max_viewers=None)
    for number, each in enumerate(lists):
        observed.add(number, each)
    return observed.personalisation()


class RecentLists:
    """The latest list of each of many people, and their metrics; thread-safe.

    Adding a list takes time proportional to its length, however many are stored.
    """

    def __init__(self, max_viewers: int | None = MAX_REMEMBERED_VIEWERS) -> None:
        self._max_viewers = max_viewers
        self._lists: OrderedDict[Hashable, frozenset[TitleId]] = OrderedDict()
        self._counts: Counter[TitleId] = Counter()
        self._weights: defaultdict[TitleId, float] = defaultdict(float)  # sums of 1 / sqrt(length)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return of how many people a list is stored."""
        return len(self._lists)

    def add(self, viewer: Hashable, ids: Iterable[TitleId]) -> None:
        """Store the list of a viewer; an empty list is not counted."""
        title_ids = frozenset(ids)
        with self._lock:
            self._forget(self._lists.pop(viewer, frozenset()))
            if not title_ids:
                return
            self._lists[viewer] = title_ids
            self._counts.update(title_ids)
            for title_id in title_ids:
                self._weights[title_id] += _weight(title_ids)
            if self._max_viewers is not None and len(self._lists) > self._max_viewers:
                self._forget(self._lists.popitem(last=False)[1])

    def coverage(self, catalogue_size: int) -> float:
        """Return `coverage` of the stored lists."""
        with self._lock:
            return len(self._counts) / catalogue_size if catalogue_size else 0.0

    def personalisation(self) -> float:
        """Return `personalisation` of the stored lists."""
        with self._lock:
            n = len(self._lists)
            if n < 2:
                return 0.0
            sums = np.fromiter(self._weights.values(), np.float64, len(self._weights))
        # The square of a title's sum contains every pair of lists with it twice, and each list with
        # itself; over all titles, each list with itself adds 1.
        similarity = (float(sums @ sums) - n) / 2 / (n * (n - 1) / 2)
        return min(1.0, max(0.0, 1.0 - similarity))

    def _forget(self, ids: frozenset[TitleId]) -> None:
        for title_id in ids:
            self._counts[title_id] -= 1
            self._weights[title_id] -= _weight(ids)
            if not self._counts[title_id]:
                del self._counts[title_id], self._weights[title_id]


def _weight(ids: Collection[TitleId]) -> float:
    return float(len(ids) ** -0.5)
