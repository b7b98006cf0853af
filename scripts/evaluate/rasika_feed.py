"""Rasika's own feed, as it is served, for guests of whom it knows as little as the baselines do."""

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
    """Asks for feeds over what a process holds."""

    view: CatalogueView

    def recommend(self, guest: ViewerHistory, k: int) -> list[TitleId]:
        """Return his feed."""
        return [item.hit.title_id for item in self.build_feed(guest, k).items]

    def build_feed(self, guest: ViewerHistory, k: int) -> FeedResult:
        """Return his feed with all that led to it."""
        standings, learnt = self._learn(guest)
        person = ViewerContext(
            id=UUID(int=guest.number),
            taste=learnt,
            title_states=standings,
            preferences=NO_PREFERENCES,
            age_limit=age_limits.DEFAULT_AGE_LIMIT,
        )
        wish = FeedRequest(region=guest.region, filter=Filter(), limit=k, now=NOW)
        return feed.build_feed(self.view, person, wish)

    def _learn(self, guest: ViewerHistory) -> tuple[dict[TitleId, TitleState], Taste]:
        """Return what follows from a history, as it does in the database."""
        described = ServedTitleFeatures(self.view).describe(
            [done.title_id for done in guest.reactions]
        )
        standings, learnt = dict[TitleId, TitleState](), taste.EMPTY_TASTE
        for done in guest.reactions:
            was = standings.get(done.title_id, EMPTY_STATE)
            now = standings[done.title_id] = title_state.apply_event(was, done)
            about = described[done.title_id]
            heard = taste.compare_opinions(was, now, vector=about.vector, features=about.features)
            if heard is not None:
                learnt = taste.update_taste(learnt, heard)
        return standings, learnt
