"""The exact results, by the definition in double precision, and the quality of an answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index import blend
from index.query import Query
from scripts.bench.synthetic_titles import BenchmarkTitles, Rows, Scores
from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId

ROWS_PER_BLOCK = 4096  # converted to float64 at once
QUERIES_PER_BATCH = 64  # with the scores of all titles in memory at once
# Sums in another order differ by less. Titles this near to the cut are scored by the definition.
SUM_ORDER_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class AnswerQuality:
    """The quality of the answers of a case."""

    recall: float  # mean share of the exact best, 0..1
    short: int  # answers with fewer titles than `k` though more match
    stray: int  # titles that do not match, or are repeated in an answer


def exact_best(titles: BenchmarkTitles, queries: Sequence[Query]) -> Iterator[Rows]:
    """Yield the best rows of each query, best first; queries differ only in their vectors."""
    k = queries[0].k
    rows = np.flatnonzero(titles.mask(queries[0].filter))
    boosts = titles.boosts(queries[0].boosts)
    vectors = np.stack([query.vector for query in queries if query.vector is not None])
    for start in range(0, len(vectors), QUERIES_PER_BATCH):
        batch = vectors[start : start + QUERIES_PER_BATCH]
        similarities = exact_similarities(titles.matrix, batch, rows)
        for vector, scores in zip(batch, similarities, strict=True):
            scores += boosts[rows]
            pool = rows[candidate_rows(scores, k)]
            exact = blend.cosine_similarities(titles.matrix[pool], vector) + boosts[pool]
            yield pool[np.lexsort((titles.ids[pool], -exact))[:k]]


def exact_similarities(matrix: Matrix, queries: Matrix, rows: Rows) -> Scores:
    """Return (m, len(rows)) cosines in float64."""
    wide = queries.astype(np.float64)
    cosines = np.empty((len(queries), len(rows)))
    for start in range(0, len(rows), ROWS_PER_BLOCK):
        block = rows[start : start + ROWS_PER_BLOCK]
        cosines[:, start : start + ROWS_PER_BLOCK] = wide @ matrix[block].astype(np.float64).T
    return cosines


def candidate_rows(scores: Scores, k: int) -> Rows:
    """Return the positions of all scores that may be among the best `k`."""
    if len(scores) <= k:
        return np.arange(len(scores))
    cut = np.partition(scores, len(scores) - k)[len(scores) - k]
    return np.flatnonzero(scores >= cut - SUM_ORDER_TOLERANCE)


def measure_quality(
    answers: Sequence[Sequence[TitleId]], expected: Sequence[Sequence[TitleId]], matching_ids: Rows
) -> AnswerQuality:
    """Compare each answer with the expected one; `matching_ids` are those the filter allows."""
    recalls, short, stray = [], 0, 0
    allowed = frozenset(matching_ids.tolist())
    for answer, best in zip(answers, expected, strict=True):
        distinct = set(answer)
        recalls.append(len(distinct & set(best)) / len(best) if len(best) else 1.0)
        short += len(distinct) < len(best)
        stray += len(distinct - allowed) + len(answer) - len(distinct)
    return AnswerQuality(float(np.mean(recalls)), short, stray)
