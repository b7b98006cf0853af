"""The simple alternatives to the feed; all know the same history of a viewer."""

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
"""Returns `k` titles, best first, without those the viewer has reacted to."""

POPULARITY = "popularity"


@dataclass(frozen=True, slots=True)
class FeedBaselines:
    """The baselines."""

    titles: SimulationCatalogue
    index: VectorIndex
    seed: int

    def all(self) -> Mapping[str, Recommender]:
        """Return the baselines by name."""
        return {
            POPULARITY: self.popular,
            "popularity in their languages": self.popular_in_languages,
            "trending in the region": self.trending,
            "one taste vector": self.one_vector,
            "random": self.random,
        }

    def popular(self, history: ViewerHistory, k: int) -> list[TitleId]:
        """Return the most popular titles."""
        return _title_ids(self.index.search(_popularity_query(_unseen_filter(history), k)))

    def popular_in_languages(self, history: ViewerHistory, k: int) -> list[TitleId]:
        """Return the most popular titles in the languages of the titles they liked."""
        rows = [self.titles.row_of[title_id] for title_id in liked_titles(history)]
        languages = frozenset(name for row in rows for name in self.titles.summaries[row].languages)
        title_filter = Filter(languages=languages, exclude=_unseen_filter(history).exclude)
        return _title_ids(self.index.search(_popularity_query(title_filter, k)))

    def trending(self, history: ViewerHistory, k: int) -> list[TitleId]:
        """Return what is trending in their region."""
        return _title_ids(
            self.index.search(queries.trending(history.region, _unseen_filter(history), k=k))
        )

    def one_vector(self, history: ViewerHistory, k: int) -> list[TitleId]:
        """Return the titles nearest to the mean vector of those they liked."""
        rows = [self.titles.row_of[title_id] for title_id in liked_titles(history)]
        if not rows:
            return self.popular(history, k)
        mean = self.titles.vectors[rows].mean(axis=0)
        vector = (mean / np.linalg.norm(mean)).astype(np.float32)
        query = Query(vector=vector, space=Space.CONTENT, filter=_unseen_filter(history), k=k)
        return _title_ids(self.index.search(query))

    def random(self, history: ViewerHistory, k: int) -> list[TitleId]:
        """Return random titles."""
        rng = np.random.default_rng([self.seed, history.number, 1])
        seen = _unseen_filter(history).exclude
        title_ids = self.titles.ids[
            rng.choice(len(self.titles), k + len(seen), replace=False)
        ].tolist()
        return [title_id for title_id in title_ids if title_id not in seen][:k]


def title_states(history: ViewerHistory) -> dict[TitleId, TitleState]:
    """Return the viewer's state of each title they reacted to."""
    states: dict[TitleId, TitleState] = {}
    for event in history.reactions:
        before = states.get(event.title_id, EMPTY_STATE)
        states[event.title_id] = title_state.apply_event(before, event)
    return states


def liked_titles(history: ViewerHistory) -> list[TitleId]:
    """Return the titles that a viewer has a good opinion of."""
    return [
        title_id
        for title_id, each in title_states(history).items()
        if title_state.opinion_score(each) >= title_state.WATCHED_SCORE
    ]


def _popularity_query(title_filter: Filter, k: int) -> Query:
    return Query(filter=title_filter, boosts=Boosts(popularity=1.0), k=k)


def _unseen_filter(history: ViewerHistory) -> Filter:
    return Filter(exclude=frozenset(event.title_id for event in history.reactions))


def _title_ids(hits: list[Hit]) -> list[TitleId]:
    return [hit.title_id for hit in hits]
