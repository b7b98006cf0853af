"""The titles of a catalogue as the simulator of people sees them."""

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

ERA_SCALE_YEARS = 10.0  # in which likeness of era falls to a third
MAX_COSINE_DEVIATIONS = 5.0  # standard deviations above the mean: the very nearest of ten thousand


class SimulationCatalogue:
    """The titles of a catalogue and their vectors (n, d); row i of everything is one title."""

    def __init__(self, listings: Sequence[TitleSummary], vectors: Matrix) -> None:
        self.listings = listings
        self.vectors = vectors
        self.ids = np.array([listing.id for listing in listings], np.int64)
        self.row_of = {listing.id: row for row, listing in enumerate(listings)}
        self.fame: Numbers = np.array([each.popularity.get(GLOBAL_SCOPE, 0.0) for each in listings])
        self.years: Numbers = np.array([each.year or np.nan for each in listings], np.float64)
        self.languages = sorted({name for each in listings for name in each.languages})
        self.spoken = _membership_matrix(self.languages, [each.languages for each in listings])
        self._genres = _membership_matrix(
            sorted({name for each in listings for name in each.genres}),
            [each.genres for each in listings],
        )
        self._with_person: dict[str, list[int]] = defaultdict(list)
        for row, each in enumerate(listings):
            for name in people_of(each):
                self._with_person[name].append(row)

    def __len__(self) -> int:
        return len(self.listings)

    def in_any(self, columns: Iterable[int]) -> Rows:
        """Return the titles in any of the languages."""
        return np.flatnonzero(self.spoken[:, sorted(columns)].any(axis=1))

    def similarities(self, row: int) -> Numbers:
        """Return (5, n) likenesses to a title, 0..1: content, genres, people, language, era."""
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
        likeness: Numbers = np.clip(above / MAX_COSINE_DEVIATIONS, 0.0, 1.0)
        return likeness

    def _people_similarity(self, row: int) -> Numbers:
        """Return the share of a title's people that others have; half are as good as all."""
        shared = np.zeros(len(self))
        names = people_of(self.listings[row])
        for name in names:
            shared[self._with_person[name]] += 1
        return np.minimum(2 * shared / max(len(names), 1), 1.0)


def people_of(listing: TitleSummary) -> tuple[str, ...]:
    """Return who made a title, and who is billed first."""
    return tuple(dict.fromkeys((*listing.directors, *listing.stars)))


def _membership_matrix(names: Sequence[str], of: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    """Return (n, names): which titles have which."""
    column = {name: at for at, name in enumerate(names)}
    found = np.zeros((len(of), len(names)), np.bool_)
    for row, each in enumerate(of):
        found[row, [column[name] for name in each]] = True
    return found


def _jaccard_similarity(memberships: NDArray[np.bool_], row: int) -> Numbers:
    """Return how much of what two titles have both have, 0..1; nothing in common is 0."""
    own = memberships[row]
    shared = memberships[:, own].sum(axis=1)
    whole = memberships.sum(axis=1) + own.sum() - shared
    likeness: Numbers = shared / np.maximum(whole, 1)
    return likeness
