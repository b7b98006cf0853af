"""Diverse lists: maximal marginal relevance with caps.

Carbonell and Goldstein (SIGIR 1998): the next title is the best by its score minus its similarity
to the nearest title already selected. Caps limit how many titles of a list share a director, a
franchise, a language or a genre, which the similarity of plots does not show.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId

Scores = NDArray[np.float64]  # (n,)

RELEVANCE_SHARE = 0.7  # of 1; the rest is dissimilarity to the titles above


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A title that may be selected; unknown attributes count for no cap."""

    title_id: TitleId
    score: float  # higher is better, on any scale
    directors: tuple[str, ...] = ()
    franchise: str = ""
    language: str = ""  # ISO 639-1, the original language
    genre: str = ""  # the first of its genres


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The largest shares of a list with the same attribute, 0..1; at least one title each."""

    franchise: float = 0.0  # one title: the second part is linked from the first
    director: float = 0.1
    language: float = 0.7  # viewers of one language only set a filter
    genre: float = 0.4


DEFAULT_CAPS = Caps()
MOOD_CAPS = Caps(genre=0.8)  # a mood is carried by few genres

CAP_RELAXATION_ORDER = ("genre", "language", "director", "franchise")
"""Caps in the order in which they are relaxed when the list would be short."""
MAX_RELAXED_CAPS_PER_PLACE = 2  # before a place takes a title of another query


def diversify(
    candidates: Sequence[Candidate],
    vectors: Matrix,
    *,
    k: int,
    caps: Caps = DEFAULT_CAPS,
    relevance_share: float = RELEVANCE_SHARE,
    place_scores: Sequence[Sequence[Scores]] = (),
) -> list[int]:
    """Return the positions of `k` selected candidates, in order, or of all if there are fewer.

    `vectors` (n, d) are the candidates' content vectors, zero where one is missing. A candidate
    that breaks a cap is selected only if all others do. Ties are resolved by the given order.

    `place_scores` has, for each of the first places, scores (n,) in order of preference, minus
    infinity for candidates that do not belong there. If none is left that belongs, the next
    scores count, and last the candidates' own.
    """
    scores = _rescale(np.array([each.score for each in candidates], np.float64))
    nearest = np.zeros(len(candidates), np.float32)  # similarity to the selected titles, at least 0
    remaining = np.ones(len(candidates), bool)
    usage = _CapUsage(candidates, caps, k=k)
    selected: list[int] = []
    while len(selected) < min(k, len(candidates)):
        place_score, allowed = scores, np.zeros(len(candidates), bool)
        for preferred in place_scores[len(selected)] if len(selected) < len(place_scores) else ():
            allowed = usage.available(
                remaining & (preferred > -np.inf), max_relaxed=MAX_RELAXED_CAPS_PER_PLACE
            )
            if allowed.any():
                place_score = _rescale(preferred)
                break
        else:
            allowed = usage.available(remaining)
        marginal = (
            np.float32(relevance_share) * place_score - np.float32(1 - relevance_share) * nearest
        )
        best = int(np.argmax(np.where(allowed, marginal, -np.inf)))
        selected.append(best)
        remaining[best] = False
        usage.take(best)
        np.maximum(nearest, vectors @ vectors[best], out=nearest)
    return selected


class _CapUsage:
    """How many more titles of each director, franchise, language and genre a list may have."""

    def __init__(self, candidates: Sequence[Candidate], caps: Caps, *, k: int) -> None:
        self._groups = [list(_cap_groups(each)) for each in candidates]
        self._positions_by_group: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position, groups in enumerate(self._groups):
            for group in groups:
                self._positions_by_group[group].append(position)
        limits = {
            kind: max(1, math.floor(getattr(caps, kind) * k + 1e-9))
            for kind in CAP_RELAXATION_ORDER
        }
        self._remaining = {group: limits[group[0]] for group in self._positions_by_group}
        self._exhausted = {kind: np.zeros(len(candidates), bool) for kind in CAP_RELAXATION_ORDER}

    def available(
        self, remaining: NDArray[np.bool_], *, max_relaxed: int = len(CAP_RELAXATION_ORDER)
    ) -> NDArray[np.bool_]:
        """Return which remaining candidates may be selected with at most so many relaxed caps.

        With all caps relaxed, any of them may be.
        """
        for relaxed in range(max_relaxed + 1):
            exhausted = [self._exhausted[kind] for kind in CAP_RELAXATION_ORDER[relaxed:]]
            allowed = remaining & ~np.logical_or.reduce(exhausted) if exhausted else remaining
            if allowed.any():
                break
        return allowed

    def take(self, position: int) -> None:
        """Count a selected candidate in each of its groups."""
        for group in self._groups[position]:
            self._remaining[group] -= 1
            if self._remaining[group] == 0:
                self._exhausted[group[0]][self._positions_by_group[group]] = True


def _cap_groups(candidate: Candidate) -> Iterator[tuple[str, str]]:
    yield from (("director", name) for name in dict.fromkeys(candidate.directors) if name)
    for kind in ("franchise", "language", "genre"):
        if name := getattr(candidate, kind):
            yield kind, name


def _rescale(values: Scores) -> NDArray[np.float32]:
    """Return the finite values rescaled to 0..1, the scale of the similarities."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return values.astype(np.float32)
    lowest, highest = finite.min(), finite.max()
    relative: NDArray[np.float64] = (values - lowest) / ((highest - lowest) or 1.0)
    return relative.astype(np.float32)
