"""What should be found, by the definition in double precision, and what an answer is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index import blend
from index.query import Matrix, Query, TitleId
from scripts.bench.synthetic_titles import Rows, Scores, Stock

BLOCK = 4096  # rows turned to float64 at once
ABREAST = 64  # queries whose scores of all titles are held at once
# Sums in another order differ by less; what is so near to the cut is scored as the definition does.
ORDER = 1e-12


@dataclass(frozen=True, slots=True)
class Judged:
    """What the answers to the queries of a case are worth."""

    recall: float  # mean share of the best that was found, 0..1
    short: int  # answers with fewer titles than `k` though more match
    stray: int  # titles found that do not match, or that were found before


def best(stock: Stock, queries: Sequence[Query]) -> Iterator[Rows]:
    """Yield for each query the rows of the best, best first; they differ in their vectors alone."""
    wanted, k = queries[0].filter, queries[0].k
    rows = np.flatnonzero(stock.mask(wanted))
    added = stock.boosts(queries[0].boosts)
    vectors = np.stack([query.vector for query in queries if query.vector is not None])
    for start in range(0, len(vectors), ABREAST):
        some = vectors[start : start + ABREAST]
        for vector, scores in zip(some, similarities(stock.matrix, some, rows), strict=True):
            scores += added[rows]
            pool = rows[contenders(scores, k)]
            exact = blend.cosine_similarities(stock.matrix[pool], vector) + added[pool]
            yield pool[np.lexsort((stock.ids[pool], -exact))[:k]]


def similarities(matrix: Matrix, queries: Matrix, rows: Rows) -> Scores:
    """Return (m, len(rows)) cosines in float64."""
    wide = queries.astype(np.float64)
    found = np.empty((len(queries), len(rows)))
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        found[:, start : start + BLOCK] = wide @ matrix[some].astype(np.float64).T
    return found


def contenders(scores: Scores, k: int) -> Rows:
    """Return the places of all that may be among the best `k`."""
    if len(scores) <= k:
        return np.arange(len(scores))
    cut = np.partition(scores, len(scores) - k)[len(scores) - k]
    return np.flatnonzero(scores >= cut - ORDER)


def judged(
    found: Sequence[Sequence[TitleId]], should: Sequence[Sequence[TitleId]], matching: Rows
) -> Judged:
    """Compare what was found for each query with what should be, among the matching ids."""
    recalls, short, stray = [], 0, 0
    allowed = frozenset(matching.tolist())
    for answer, wanted in zip(found, should, strict=True):
        distinct = set(answer)
        recalls.append(len(distinct & set(wanted)) / len(wanted) if len(wanted) else 1.0)
        short += len(distinct) < len(wanted)
        stray += len(distinct - allowed) + len(answer) - len(distinct)
    return Judged(float(np.mean(recalls)), short, stray)
