"""Rasika's own feed as it is served, for viewers it knows only from their history."""

from dataclasses import dataclass
from uuid import UUID

from index.query import Filter
from recommend import age_limits, taste, title_state
from recommend.taste import Taste
from recommend.title_state import EMPTY_STATE, TitleState
from runtime.catalogue_view import CatalogueView
from runtime.title_features import ServedTitleFeatures
from scripts.evaluate.simulated_viewers import NOW, ViewerHistory
from services import feed
from services.feed import FeedRequest, FeedResult
from viewers.context import NO_PREFERENCES, ViewerContext
from vocabulary.ids import TitleId


@dataclass(frozen=True, slots=True)
class RasikaFeed:
    """Builds feeds over a catalogue in memory."""

    view: CatalogueView

    def recommend(self, history: ViewerHistory, k: int) -> list[TitleId]:
        """Return the titles of the feed."""
        return [item.hit.title_id for item in self.build_feed(history, k).items]

    def build_feed(self, history: ViewerHistory, k: int) -> FeedResult:
        """Return the feed with its explanations."""
        title_states, viewer_taste = self._replay(history)
        viewer = ViewerContext(
            id=UUID(int=history.number),
            taste=viewer_taste,
            title_states=title_states,
            preferences=NO_PREFERENCES,
            age_limit=age_limits.DEFAULT_AGE_LIMIT,
        )
        request = FeedRequest(region=history.region, filter=Filter(), limit=k, now=NOW)
        return feed.build_feed(self.view, viewer, request)

    def _replay(self, history: ViewerHistory) -> tuple[dict[TitleId, TitleState], Taste]:
        """Return what follows from a history, as it does in the database."""
        features = ServedTitleFeatures(self.view).describe(
            [event.title_id for event in history.reactions]
        )
        states, viewer_taste = dict[TitleId, TitleState](), taste.EMPTY_TASTE
        for event in history.reactions:
            before = states.get(event.title_id, EMPTY_STATE)
            after = states[event.title_id] = title_state.apply_event(before, event)
            title = features[event.title_id]
            change = taste.compare_opinions(
                before, after, vector=title.vector, features=title.features
            )
            if change is not None:
                viewer_taste = taste.update_taste(viewer_taste, change)
        return states, viewer_taste
