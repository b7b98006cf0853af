"""What one would do without a feed of one's own; all see the same of a guest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from index.query import Boosts, Filter, Hit, Query, VectorIndex
from recommend import queries, title_state
from recommend.title_state import EMPTY_STATE, TitleState
from scripts.evaluate.simulated_viewers import ViewerHistory
from scripts.evaluate.simulation_catalogue import SimulationCatalogue
from vocabulary.ids import TitleId
from vocabulary.kinds import Space

Recommender = Callable[[ViewerHistory, int], list[TitleId]]
"""Returns so many titles, best first; none that the guest has reacted to."""

POPULARITY = "popularity"


@dataclass(frozen=True, slots=True)
class FeedBaselines:
    """The baselines."""

    titles: SimulationCatalogue
    index: VectorIndex
    seed: int

    def all(self) -> Mapping[str, Recommender]:
        """Return them by name."""
        return {
            POPULARITY: self.popular,
            "popularity, languages he saw": self.popular_in_languages,
            "trending in the region": self.trending,
            "one taste vector": self.one_vector,
            "random": self.random,
        }

    def popular(self, guest: ViewerHistory, k: int) -> list[TitleId]:
        """Return what is known best, to everybody the same."""
        return _title_ids(self.index.search(_popularity_query(_unseen_filter(guest), k)))

    def popular_in_languages(self, guest: ViewerHistory, k: int) -> list[TitleId]:
        """Return what is known best in the languages of what he reacted to well."""
        rows = [self.titles.row_of[title_id] for title_id in liked_titles(guest)]
        spoken = frozenset(name for row in rows for name in self.titles.listings[row].languages)
        wanted = Filter(languages=spoken, exclude=_unseen_filter(guest).exclude)
        return _title_ids(self.index.search(_popularity_query(wanted, k)))

    def trending(self, guest: ViewerHistory, k: int) -> list[TitleId]:
        """Return what trends where he lives."""
        return _title_ids(
            self.index.search(queries.trending(guest.region, _unseen_filter(guest), k=k))
        )

    def one_vector(self, guest: ViewerHistory, k: int) -> list[TitleId]:
        """Return what is nearest to the mean of what he reacted to well."""
        rows = [self.titles.row_of[title_id] for title_id in liked_titles(guest)]
        if not rows:
            return self.popular(guest, k)
        mean = self.titles.vectors[rows].mean(axis=0)
        vector = (mean / np.linalg.norm(mean)).astype(np.float32)
        query = Query(vector=vector, space=Space.CONTENT, filter=_unseen_filter(guest), k=k)
        return _title_ids(self.index.search(query))

    def random(self, guest: ViewerHistory, k: int) -> list[TitleId]:
        """Return anything."""
        rng = np.random.default_rng([self.seed, guest.number, 1])
        seen = _unseen_filter(guest).exclude
        drawn = self.titles.ids[rng.choice(len(self.titles), k + len(seen), replace=False)].tolist()
        return [title_id for title_id in drawn if title_id not in seen][:k]


def title_states(guest: ViewerHistory) -> dict[TitleId, TitleState]:
    """Return what stands between a guest and the titles he reacted to."""
    found: dict[TitleId, TitleState] = {}
    for done in guest.reactions:
        found[done.title_id] = title_state.apply_event(found.get(done.title_id, EMPTY_STATE), done)
    return found


def liked_titles(guest: ViewerHistory) -> list[TitleId]:
    """Return the titles he has a good opinion of."""
    return [
        title_id
        for title_id, each in title_states(guest).items()
        if title_state.opinion_score(each) >= title_state.WATCHED_SCORE
    ]


def _popularity_query(wanted: Filter, k: int) -> Query:
    return Query(filter=wanted, boosts=Boosts(popularity=1.0), k=k)


def _unseen_filter(guest: ViewerHistory) -> Filter:
    return Filter(exclude=frozenset(done.title_id for done in guest.reactions))


def _title_ids(hits: list[Hit]) -> list[TitleId]:
    return [hit.title_id for hit in hits]
