"""A list that is not the same thing twenty times: maximal marginal relevance, under caps.

Carbonell and Goldstein (SIGIR 1998): the next of a list is the best by what it is worth, less how
near it is to the nearest of those already taken. Caps say how many of a list may share a director,
a franchise, a language or a genre, which likeness of plots does not see.
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

RELEVANCE_SHARE = 0.7  # of 1; the rest is for being unlike what stands above


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A title that a list may take; what is not known of it counts for no cap."""

    title_id: TitleId
    score: float  # the more the better, on any scale
    directors: tuple[str, ...] = ()
    franchise: str = ""
    language: str = ""  # ISO 639-1, the original one
    genre: str = ""  # the first of its genres


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of a list may share what, as shares of it, 0..1; of each one at least."""

    franchise: float = 0.0  # one: who wants the second part finds it beside the first
    director: float = 0.1
    language: float = 0.7  # who watches in one language only asks for it by a filter
    genre: float = 0.4


DEFAULT_CAPS = Caps()
MOOD_CAPS = Caps(genre=0.8)  # who asks for fear is not tired of horror

CAP_RELAXATION_ORDER = ("genre", "language", "director", "franchise")
"""Caps, in the order in which they give way when the list would be short."""
MAX_RELAXED_CAPS_PER_PLACE = 2  # of these, before a place takes what it is not for


def diversify(
    candidates: Sequence[Candidate],
    vectors: Matrix,
    *,
    k: int,
    caps: Caps = DEFAULT_CAPS,
    relevance_share: float = RELEVANCE_SHARE,
    place_scores: Sequence[Sequence[Scores]] = (),
) -> list[int]:
    """Return the positions of the `k` to show, in order; all of them when there are fewer.

    `vectors` (n, d) are the candidates' content vectors, zero where one is missing. No candidate
    breaks a cap while another is left that does not. Equally good ones keep the order given.

    `places` says, for each of the first places, what every candidate is worth there (n,), minus
    infinity for one that does not belong; where nobody is left who does, the next worth counts, and
    after the last of them that of all.
    """
    worth = _rescale(np.array([each.score for each in candidates], np.float64))
    nearest = np.zeros(len(candidates), np.float32)  # to what is taken; unlike is not below zero
    left = np.ones(len(candidates), bool)
    rooms = _CapUsage(candidates, caps, k=k)
    taken: list[int] = []
    while len(taken) < min(k, len(candidates)):
        here, may = worth, np.zeros(len(candidates), bool)
        for wanted in place_scores[len(taken)] if len(taken) < len(place_scores) else ():
            may = rooms.available(left & (wanted > -np.inf), max_relaxed=MAX_RELAXED_CAPS_PER_PLACE)
            if may.any():
                here = _rescale(wanted)
                break
        else:
            may = rooms.available(left)
        marginal = np.float32(relevance_share) * here - np.float32(1 - relevance_share) * nearest
        best = int(np.argmax(np.where(may, marginal, -np.inf)))
        taken.append(best)
        left[best] = False
        rooms.take(best)
        np.maximum(nearest, vectors @ vectors[best], out=nearest)
    return taken


class _CapUsage:
    """How many more of each director, franchise, language and genre a list may take."""

    def __init__(self, candidates: Sequence[Candidate], caps: Caps, *, k: int) -> None:
        self._groups = [list(_cap_groups(each)) for each in candidates]
        self._positions_by_group: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position, groups in enumerate(self._groups):
            for group in groups:
                self._positions_by_group[group].append(position)
        most = {
            kind: max(1, math.floor(getattr(caps, kind) * k + 1e-9))
            for kind in CAP_RELAXATION_ORDER
        }
        self._remaining = {group: most[group[0]] for group in self._positions_by_group}
        self._exhausted = {kind: np.zeros(len(candidates), bool) for kind in CAP_RELAXATION_ORDER}

    def available(
        self, remaining: NDArray[np.bool_], *, max_relaxed: int = len(CAP_RELAXATION_ORDER)
    ) -> NDArray[np.bool_]:
        """Return which of those left may be taken, with so many caps loosened at the most.

        With all of them, some may be, if any are left.
        """
        for loosened in range(max_relaxed + 1):
            full = [self._exhausted[kind] for kind in CAP_RELAXATION_ORDER[loosened:]]
            may = remaining & ~np.logical_or.reduce(full) if full else remaining
            if may.any():
                break
        return may

    def take(self, position: int) -> None:
        """Count one more of each group of a candidate."""
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
    """Return what is finite on a scale of 0..1, on which likeness is too."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return values.astype(np.float32)
    lowest, highest = finite.min(), finite.max()
    relative: NDArray[np.float64] = (values - lowest) / ((highest - lowest) or 1.0)
    return relative.astype(np.float32)
