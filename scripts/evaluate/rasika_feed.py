"""Rasika's own feed as it is served, for viewers it knows only from their history."""

from dataclasses import dataclass
from uuid import UUID

from index.query import Filter
from recommend import age_limits
from recommend.event_fold import fold_events
from recommend.taste import EMPTY_TASTE
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
        features = ServedTitleFeatures(self.view)
        representations = features.describe([each.title_id for each in history.reactions])
        state = fold_events(history.reactions, {}, EMPTY_TASTE, representations)
        viewer = ViewerContext(
            id=UUID(int=history.number),
            taste=state.taste,
            title_states=state.changed_states,
            preferences=NO_PREFERENCES,
            age_limit=age_limits.DEFAULT_AGE_LIMIT,
        )
        request = FeedRequest(region=history.region, filter=Filter(), limit=k, now=NOW)
        return feed.build_feed(self.view, viewer, request)
