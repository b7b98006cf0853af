"""The catalogue as tastes see it: out of a serving process's memory, or out of PostgreSQL."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from db import title_summaries, vectors
from index.query import VectorMissing
from recommend.event_fold import TitleRepresentation
from recommend.taste import TasteFeatures
from runtime.catalogue_view import CatalogueView
from vocabulary.arrays import Vector
from vocabulary.ids import TitleId
from vocabulary.kinds import Space
from vocabulary.title_summary import TitleSummary


class ServedTitleFeatures:
    """Implements `viewers.interactions.Catalogue` over what a process serves."""

    def __init__(self, view: CatalogueView) -> None:
        self._view = view
        self.model = view.model

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        """Return what is known of the titles that are served."""
        held = self._view.titles
        found = ((title_id, held.get(title_id)) for title_id in title_ids)
        return {
            title_id: TitleRepresentation(taste_features(listing), self._vector(title_id))
            for title_id, listing in found
            if listing is not None
        }

    def _vector(self, title_id: TitleId) -> Vector | None:
        try:
            vector: Vector = self._view.index.vectors([title_id], Space.CONTENT)[0]
        except VectorMissing:
            return None
        return vector


class StoredTitleFeatures:
    """Implements `viewers.interactions.Catalogue` over PostgreSQL, each title being read once."""

    def __init__(self, session: Session, model: str | None) -> None:
        self._session = session
        self._known_titles = dict[TitleId, TitleRepresentation | None]()
        self.model = model

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        """Return what is known of the titles that exist."""
        new = sorted({each for each in title_ids if each not in self._known_titles})
        if new:
            found = self._read_features(new)
            self._known_titles.update((each, found.get(each)) for each in new)
        known = ((each, self._known_titles[each]) for each in title_ids)
        return {title_id: each for title_id, each in known if each is not None}

    def _read_features(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        models = {Space.CONTENT: self.model} if self.model else {}
        placed = {
            title_id: vector
            for title_id, _, vector in vectors.read(self._session, title_ids, models)
        }
        return {
            listing.id: TitleRepresentation(taste_features(listing), placed.get(listing.id))
            for listing in title_summaries.read(self._session, title_ids)
        }


def taste_features(listing: TitleSummary) -> TasteFeatures:
    """Return what of a title somebody may lean to.

    Of its languages the original one: who loves one film that was dubbed into five has not said
    that he watches five languages.
    """
    return TasteFeatures(
        languages=(listing.language,) if listing.language else listing.languages,
        genres=listing.genres,
        people=listing.directors,
        cast=listing.stars,
        year=listing.year,
        runtime_minutes=listing.runtime_minutes,
    )
