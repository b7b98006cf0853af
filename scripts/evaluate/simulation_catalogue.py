"""The titles of a catalogue as the simulation of viewers sees them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vocabulary.arrays import Matrix
from vocabulary.kinds import ScopeKind
from vocabulary.title_summary import TitleSummary

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]

GLOBAL_SCOPE = (ScopeKind.GLOBAL, "")

ERA_SCALE_YEARS = 10.0  # in which the similarity of eras falls to a third
MAX_COSINE_DEVIATIONS = 5.0  # above the mean: the nearest of ten thousand titles


class SimulationCatalogue:
    """The titles of a catalogue and their vectors (n, d); row i of everything is one title."""

    def __init__(self, summaries: Sequence[TitleSummary], vectors: Matrix) -> None:
        self.summaries = summaries
        self.vectors = vectors
        self.ids = np.array([each.id for each in summaries], np.int64)
        self.row_of = {each.id: row for row, each in enumerate(summaries)}
        self.fame: Numbers = np.array(
            [each.popularity.get(GLOBAL_SCOPE, 0.0) for each in summaries]
        )
        self.years: Numbers = np.array([each.year or np.nan for each in summaries], np.float64)
        self.languages = sorted({name for each in summaries for name in each.languages})
        self.spoken = _membership_matrix(self.languages, [each.languages for each in summaries])
        self._genres = _membership_matrix(
            sorted({name for each in summaries for name in each.genres}),
            [each.genres for each in summaries],
        )
        self._with_person: dict[str, list[int]] = defaultdict(list)
        for row, each in enumerate(summaries):
            for name in people_of(each):
                self._with_person[name].append(row)

    def __len__(self) -> int:
        return len(self.summaries)

    def in_any(self, columns: Iterable[int]) -> Rows:
        """Return the titles in any of the languages, given by column."""
        return np.flatnonzero(self.spoken[:, sorted(columns)].any(axis=1))

    def similarities(self, row: int) -> Numbers:
        """Return (5, n) similarities to a title, 0..1: content, genres, people, language, era."""
        return np.stack(
            [
                self._content_similarity(row),
                _jaccard_similarity(self._genres, row),
                self._people_similarity(row),
                _jaccard_similarity(self.spoken, row),
                np.nan_to_num(np.exp(-np.abs(self.years - self.years[row]) / ERA_SCALE_YEARS)),
            ]
        )

    def _content_similarity(self, row: int) -> Numbers:
        """Return how far above the mean cosine each title is, 0..1."""
        cosines = (self.vectors @ self.vectors[row]).astype(np.float64)
        above = (cosines - cosines.mean()) / max(float(cosines.std()), 1e-9)
        similarity: Numbers = np.clip(above / MAX_COSINE_DEVIATIONS, 0.0, 1.0)
        return similarity

    def _people_similarity(self, row: int) -> Numbers:
        """Return the share of a title's people that others share; half count as much as all."""
        shared = np.zeros(len(self))
        names = people_of(self.summaries[row])
        for name in names:
            shared[self._with_person[name]] += 1
        return np.minimum(2 * shared / max(len(names), 1), 1.0)


def people_of(summary: TitleSummary) -> tuple[str, ...]:
    """Return the directors and stars of a title."""
    return tuple(dict.fromkeys((*summary.directors, *summary.stars)))


def _membership_matrix(names: Sequence[str], labels: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    """Return (n, names): whether each title has each name."""
    column = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(labels), len(names)), np.bool_)
    for row, each in enumerate(labels):
        matrix[row, [column[name] for name in each]] = True
    return matrix


def _jaccard_similarity(memberships: NDArray[np.bool_], row: int) -> Numbers:
    """Return the Jaccard similarity of a title to every title, 0..1."""
    own = memberships[row]
    shared = memberships[:, own].sum(axis=1)
    union = memberships.sum(axis=1) + own.sum() - shared
    similarity: Numbers = shared / np.maximum(union, 1)
    return similarity
