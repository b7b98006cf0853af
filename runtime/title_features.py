"""What tastes learn from each title: from a serving process's memory, or from PostgreSQL."""

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
    """Implements `viewers.interactions.TitleFeatureSource` over a serving process's memory."""

    def __init__(self, view: CatalogueView) -> None:
        self._view = view
        self.model = view.model

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        """Return the features of the titles that are served."""
        summaries = self._view.titles
        known = ((title_id, summaries.get(title_id)) for title_id in title_ids)
        return {
            title_id: TitleRepresentation(taste_features(summary), self._vector(title_id))
            for title_id, summary in known
            if summary is not None
        }

    def _vector(self, title_id: TitleId) -> Vector | None:
        try:
            vector: Vector = self._view.index.vectors([title_id], Space.CONTENT)[0]
        except VectorMissing:
            return None
        return vector


class StoredTitleFeatures:
    """Implements `viewers.interactions.TitleFeatureSource` over PostgreSQL; reads a title once."""

    def __init__(self, session: Session, model: str | None) -> None:
        self._session = session
        self._known_titles = dict[TitleId, TitleRepresentation | None]()
        self.model = model

    def describe(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        """Return the features of the titles that exist."""
        new = sorted({each for each in title_ids if each not in self._known_titles})
        if new:
            features = self._read_features(new)
            self._known_titles.update((each, features.get(each)) for each in new)
        known = ((each, self._known_titles[each]) for each in title_ids)
        return {title_id: each for title_id, each in known if each is not None}

    def _read_features(self, title_ids: Sequence[TitleId]) -> Mapping[TitleId, TitleRepresentation]:
        models = {Space.CONTENT: self.model} if self.model else {}
        vector_of = {
            title_id: vector
            for title_id, _, vector in vectors.read(self._session, title_ids, models)
        }
        return {
            summary.id: TitleRepresentation(taste_features(summary), vector_of.get(summary.id))
            for summary in title_summaries.read(self._session, title_ids)
        }


def taste_features(summary: TitleSummary) -> TasteFeatures:
    """Return the features of a title that a viewer may prefer.

    Of its languages only the original one counts: watching one film that was dubbed into five does
    not mean understanding five languages.
    """
    return TasteFeatures(
        languages=(summary.language,) if summary.language else summary.languages,
        genres=summary.genres,
        people=summary.directors,
        cast=summary.stars,
        year=summary.year,
        runtime_minutes=summary.runtime_minutes,
    )
