"""Rasika's own feed, as it is served, for guests of whom it knows as little as the baselines do."""

from dataclasses import dataclass
from uuid import UUID

from index.query import Filter, TitleId
from recommend import age_limits, taste, title_state
from recommend.taste import Taste
from recommend.title_state import NOTHING, Standing
from runtime.catalogue_view import Live
from runtime.title_features import LiveShelf
from scripts.evaluate.simulated_viewers import NOW, Guest
from services import feed
from services.feed import Served, Wish
from viewers.context import NO_PREFERENCES, Person


@dataclass(frozen=True, slots=True)
class Ours:
    """Asks for feeds over what a process holds."""

    live: Live

    def feed(self, guest: Guest, k: int) -> list[TitleId]:
        """Return his feed."""
        return [item.hit.title_id for item in self.served(guest, k).items]

    def served(self, guest: Guest, k: int) -> Served:
        """Return his feed with all that led to it."""
        standings, learnt = self._heard(guest)
        person = Person(
            id=UUID(int=guest.number),
            taste=learnt,
            standings=standings,
            preferences=NO_PREFERENCES,
            admits=age_limits.ANYBODY,
        )
        wish = Wish(region=guest.region, wanted=Filter(), limit=k, now=NOW)
        return feed.serve(self.live, person, wish)

    def _heard(self, guest: Guest) -> tuple[dict[TitleId, Standing], Taste]:
        """Return what follows from a history, as it does in the database."""
        described = LiveShelf(self.live).described([done.title_id for done in guest.history])
        standings, learnt = dict[TitleId, Standing](), taste.NOTHING
        for done in guest.history:
            was = standings.get(done.title_id, NOTHING)
            now = standings[done.title_id] = title_state.after(was, done)
            about = described[done.title_id]
            heard = taste.heard(was, now, vector=about.vector, features=about.features)
            if heard is not None:
                learnt = taste.updated(learnt, heard)
        return standings, learnt
