"""What should be found, by the definition in double precision, and what an answer is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index import blend
from index.query import Query
from scripts.bench.synthetic_titles import BenchmarkTitles, Rows, Scores
from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId

ROWS_PER_BLOCK = 4096  # rows turned to float64 at once
QUERIES_PER_BATCH = 64  # queries whose scores of all titles are held at once
# Sums in another order differ by less; what is so near to the cut is scored as the definition does.
SUM_ORDER_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class AnswerQuality:
    """What the answers to the queries of a case are worth."""

    recall: float  # mean share of the best that was found, 0..1
    short: int  # answers with fewer titles than `k` though more match
    stray: int  # titles found that do not match, or that were found before


def exact_best(titles: BenchmarkTitles, queries: Sequence[Query]) -> Iterator[Rows]:
    """Yield for each query the rows of the best, best first; they differ in their vectors alone."""
    wanted, k = queries[0].filter, queries[0].k
    rows = np.flatnonzero(titles.mask(wanted))
    added = titles.boosts(queries[0].boosts)
    vectors = np.stack([query.vector for query in queries if query.vector is not None])
    for start in range(0, len(vectors), QUERIES_PER_BATCH):
        some = vectors[start : start + QUERIES_PER_BATCH]
        for vector, scores in zip(some, exact_similarities(titles.matrix, some, rows), strict=True):
            scores += added[rows]
            pool = rows[candidate_rows(scores, k)]
            exact = blend.cosine_similarities(titles.matrix[pool], vector) + added[pool]
            yield pool[np.lexsort((titles.ids[pool], -exact))[:k]]


def exact_similarities(matrix: Matrix, queries: Matrix, rows: Rows) -> Scores:
    """Return (m, len(rows)) cosines in float64."""
    wide = queries.astype(np.float64)
    found = np.empty((len(queries), len(rows)))
    for start in range(0, len(rows), ROWS_PER_BLOCK):
        some = rows[start : start + ROWS_PER_BLOCK]
        found[:, start : start + ROWS_PER_BLOCK] = wide @ matrix[some].astype(np.float64).T
    return found


def candidate_rows(scores: Scores, k: int) -> Rows:
    """Return the places of all that may be among the best `k`."""
    if len(scores) <= k:
        return np.arange(len(scores))
    cut = np.partition(scores, len(scores) - k)[len(scores) - k]
    return np.flatnonzero(scores >= cut - SUM_ORDER_TOLERANCE)


def measure_quality(
    answers: Sequence[Sequence[TitleId]], expected: Sequence[Sequence[TitleId]], matching: Rows
) -> AnswerQuality:
    """Compare what was found for each query with what should be, among the matching ids."""
    recalls, short, stray = [], 0, 0
    allowed = frozenset(matching.tolist())
    for answer, wanted in zip(answers, expected, strict=True):
        distinct = set(answer)
        recalls.append(len(distinct & set(wanted)) / len(wanted) if len(wanted) else 1.0)
        short += len(distinct) < len(wanted)
        stray += len(distinct - allowed) + len(answer) - len(distinct)
    return AnswerQuality(float(np.mean(recalls)), short, stray)
