"""How many of the hidden titles lists hold, and how high up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]  # (people, k): whether the title at a place was liked in secret
Counts = NDArray[np.int64]  # (people,)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Means over people, 0..1."""

    hit_rate: float  # share of people whose list has one at least
    precision: float  # share of the list
    recall: float  # share of what was hidden
    ndcg: float  # Järvelin and Kekäläinen, ACM TOIS 2002; gains are 0 or 1


def accuracy(hits: Hits, hidden: Counts) -> Accuracy:
    """Return the figures; `hidden` counts what each could have been shown."""
    k = hits.shape[1]
    counts = hits.sum(axis=1)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(hidden, k)]
    some = hidden > 0
    return Accuracy(
        hit_rate=float((counts > 0).mean()),
        precision=float(counts.mean() / k),
        recall=float((counts[some] / hidden[some]).mean()),
        ndcg=float(((hits @ discounts)[some] / ideal[some]).mean()),
    )
