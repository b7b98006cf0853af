"""Rasika's own feed, for guests of whom it knows as little as the baselines do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone

from catalog import regions
from catalog.franchises import franchise
from db.listings import Listing
from index.query import Filter, Matrix, TitleId, VectorIndex
from recommend import feed, ranking, standing, taste
from recommend.feed import Asking, Preferences
from recommend.ranking import About, Item
from recommend.standing import NOTHING, Standing
from recommend.taste import Features, Heard, Taste
from scripts.evaluate.people import NOW, Guest
from scripts.evaluate.shelf import Shelf, people_of

INDIA = timezone(timedelta(hours=5, minutes=30))  # where the people live


@dataclass(frozen=True, slots=True)
class Ours:
    """Tells what a service holds of a catalogue, and asks the feed."""

    shelf: Shelf
    index: VectorIndex
    about: dict[TitleId, About]
    works: dict[str, frozenset[TitleId]]  # of people

    @classmethod
    def over(cls, shelf: Shelf, index: VectorIndex) -> "Ours":
        """Return it for a catalogue."""
        works: dict[str, set[TitleId]] = defaultdict(set)
        for listing in shelf.listings:
            for name in people_of(listing):
                works[name].add(listing.id)
        about = {listing.id: _about(listing) for listing in shelf.listings}
        return cls(shelf, index, about, {name: frozenset(ids) for name, ids in works.items()})

    def feed(self, guest: Guest, k: int) -> list[TitleId]:
        """Return his feed."""
        return [item.hit.title_id for item in self.items(guest, k)]

    def items(self, guest: Guest, k: int) -> list[Item]:
        """Return his feed with its terms."""
        asking = self._asking(guest, k)
        plan = feed.plan(asking)
        found = self.index.search_many([ask.query for ask in plan.asks])
        return ranking.ranked(asking, plan, found, about=self.about.get, vectors=self._vectors)

    def _asking(self, guest: Guest, k: int) -> Asking:
        standings, held = self._heard(guest)
        return Asking(
            taste=held,
            standings=standings,
            preferences=Preferences(),
            region=guest.region,
            watched=regions.languages(guest.region),
            every_language=frozenset(self.shelf.languages),
            wanted=Filter(),
            now=NOW.astimezone(INDIA),
            seed=guest.number,
            k=k,
            works=lambda name: self.works.get(name, frozenset()),
        )

    def _heard(self, guest: Guest) -> tuple[dict[TitleId, Standing], Taste]:
        """Return what follows from a history, as it would in the database."""
        standings: dict[TitleId, Standing] = {}
        held = taste.NOTHING
        for done in guest.history:
            before = standings.get(done.title_id, NOTHING)
            standings[done.title_id] = after = standing.after(before, done)
            heard = Heard(
                before=standing.opinion(before),
                after=standing.opinion(after),
                at=done.at,
                vector=self.shelf.vectors[self.shelf.row_of[done.title_id]],
                features=self.about[done.title_id].features,
            )
            held = taste.updated(held, heard)
        return standings, taste.decayed(held, NOW)

    def _vectors(self, ids: Sequence[TitleId]) -> Matrix:
        return self.shelf.vectors[[self.shelf.row_of[title_id] for title_id in ids]]


def _about(listing: Listing) -> About:
    features = Features(
        languages=listing.languages,
        genres=listing.genres,
        people=people_of(listing),
        year=listing.year,
        runtime_minutes=listing.runtime_minutes,
    )
    return About(
        title_id=listing.id,
        language=listing.language or "",
        genres=listing.genres,
        directors=listing.directors,
        franchise=franchise(listing.title),
        features=features,
    )
