"""The simple alternatives: names by trigrams, meaning by one vector, and both by rank fusion."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from embeddings.embedder import Embedder
from index.query import Query, VectorIndex
from vocabulary.ids import TitleId
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary

FUSED_DEPTH = 100  # of each ranking
RRF_CONSTANT = 60  # Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, 2009


class TrigramIndex:
    """Names by Dice's coefficient of the trigrams of words, as with PostgreSQL's pg_trgm."""

    def __init__(self, summaries: Iterable[TitleSummary]) -> None:
        self._titles: list[TitleId] = []
        sizes: list[int] = []
        postings: dict[str, list[int]] = defaultdict(list)
        for summary in summaries:
            for name in summary.names:
                parts = _trigrams(name)
                for part in parts:
                    postings[part].append(len(sizes))
                sizes.append(len(parts))
                self._titles.append(summary.id)
        self._sizes = np.array(sizes)
        self._postings = {part: np.array(rows) for part, rows in postings.items()}

    def search(self, text: str, *, k: int) -> list[TitleId]:
        """Return titles, those with the most similar names first."""
        query = _trigrams(fold(text))
        shared = np.zeros(len(self._sizes))
        for part in query:
            shared[self._postings.get(part, [])] += 1
        dice = 2 * shared / (self._sizes + len(query))
        rows = [row for row in np.argsort(-dice, kind="stable")[: 4 * k].tolist() if dice[row] > 0]
        return list(dict.fromkeys(self._titles[row] for row in rows))[:k]


def search_by_vector(index: VectorIndex, embedder: Embedder, text: str, *, k: int) -> list[TitleId]:
    """Return titles by the cosine of the typed text alone."""
    vector = embedder.embed([text], role="query")[0]
    return [hit.title_id for hit in index.search(Query(vector=vector, k=k))]


def fuse_rankings(rankings: Sequence[Sequence[TitleId]], *, k: int) -> list[TitleId]:
    """Return titles by the sum of the reciprocals of their ranks."""
    scores: dict[TitleId, float] = defaultdict(float)
    for ranking in rankings:
        for rank, title_id in enumerate(ranking, start=1):
            scores[title_id] += 1 / (RRF_CONSTANT + rank)
    return sorted(scores, key=lambda title_id: (-scores[title_id], title_id))[:k]


def _trigrams(folded: str) -> set[str]:
    return {
        padded[start : start + 3]
        for word in folded.split()
        for padded in [f"  {word} "]
        for start in range(len(padded) - 2)
    }
