"""Reads titles from PostgreSQL as the in-memory structures and the index engines take them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlmodel import Session

from catalog import regions
from config.resources import Resources
from db import plots, title_summaries, vectors
from index.catalogue_row import CatalogueRow
from index.query import Attributes, IndexEntry
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import ScopeKind, Space
from vocabulary.title_summary import TitleSummary

FRESHNESS_HALF_LIFE_DAYS = 365.0

RegionLanguageWeights = Mapping[Region, Mapping[str, float]]
"""Per region, the weights of the languages watched there; they sum to 1."""


@dataclass(frozen=True, slots=True)
class CatalogueReader:
    """Reads titles with the vectors of some models."""

    models: Mapping[Space, str]  # the current model of each space
    language_weights: RegionLanguageWeights

    @property
    def model_signature(self) -> str:
        """The models in one text, which marks what was built from them."""
        return " ".join(f"{space}={model}" for space, model in sorted(self.models.items()))

    def without_vectors(self) -> "CatalogueReader":
        """Return a reader that leaves vectors out."""
        return replace(self, models={})

    def read_rows(self, session: Session, ids: Sequence[TitleId]) -> list[CatalogueRow]:
        """Return the titles that exist, in the order of their ids."""
        return self._rows(session, title_summaries.read(session, ids))

    def row_pages(self, session: Session) -> Iterator[list[CatalogueRow]]:
        """Yield every title, a page at a time."""
        for page in title_summaries.read_pages(session):
            yield self._rows(session, page)

    def read_entries(self, session: Session, ids: Sequence[TitleId]) -> list[IndexEntry]:
        """Return the index entries of the titles that exist, in the order of their ids."""
        return self._entries(session, title_summaries.read(session, ids))

    def entry_pages(self, session: Session) -> Iterator[list[IndexEntry]]:
        """Yield the index entries of every title, a page at a time."""
        for page in title_summaries.read_pages(session):
            yield self._entries(session, page)

    def read_vectors(
        self, session: Session, ids: Sequence[TitleId]
    ) -> dict[TitleId, dict[Space, Vector]]:
        """Return the vectors of titles, by title."""
        by_title: dict[TitleId, dict[Space, Vector]] = {}
        for title_id, space, vector in vectors.read(session, ids, dict(self.models)):
            by_title.setdefault(title_id, {})[space] = vector
        return by_title

    def index_entry(
        self, summary: TitleSummary, title_vectors: Mapping[Space, Vector]
    ) -> IndexEntry:
        """Return a title as an index entry."""
        return IndexEntry(
            title_id=summary.id,
            attributes=filter_attributes(summary),
            vectors=title_vectors,
            popularity=summary.popularity.get((ScopeKind.GLOBAL, ""), 0.0),
            regional=regional_popularity(summary, self.language_weights),
            freshness=freshness(summary),
        )

    def _entries(self, session: Session, summaries: Sequence[TitleSummary]) -> list[IndexEntry]:
        by_title = self.read_vectors(session, [each.id for each in summaries])
        return [self.index_entry(each, by_title.get(each.id, {})) for each in summaries]

    def _rows(self, session: Session, summaries: Sequence[TitleSummary]) -> list[CatalogueRow]:
        plot_of = plots.read(session, [each.id for each in summaries])
        entries = self._entries(session, summaries)
        return [
            CatalogueRow(summary, entry, plot_of.get(summary.id, ""))
            for summary, entry in zip(summaries, entries, strict=True)
        ]


def create_catalogue_reader(resources: Resources) -> CatalogueReader:
    """Return a reader for the model in use; one without vectors where none is available."""
    models = {Space.CONTENT: resources.embedder.model} if resources.embedder else {}
    return CatalogueReader(models, regions.LANGUAGE_WEIGHTS)


def filter_attributes(summary: TitleSummary) -> Attributes:
    """Return what filters test; a provider counts everywhere and in its region."""
    everywhere = {provider.partition("@")[0] for provider in summary.providers}
    return Attributes(
        kind=summary.kind,
        languages=frozenset(summary.languages),
        genres=frozenset(summary.genres),
        providers=frozenset({*everywhere, *summary.providers}),
        year=summary.year,
        adult=summary.adult,
        minimum_age=summary.minimum_age,
        votes=summary.votes,
        rating=summary.rating,
        runtime_minutes=summary.runtime_minutes,
    )


def regional_popularity(
    summary: TitleSummary, language_weights: RegionLanguageWeights
) -> dict[Region, float]:
    """Return how popular a title is in each region, 0..1; regions with 0 are left out.

    A title counts by its popularity within its language, weighted by how much that language is
    watched in the region relative to the one watched most.
    """
    values = {}
    for region, weights in language_weights.items():
        most = max(weights.values())
        value = max(
            (
                weights.get(name, 0.0) / most * popularity
                for (kind, name), popularity in summary.popularity.items()
                if kind == ScopeKind.LANGUAGE
            ),
            default=0.0,
        )
        if value > 0:
            values[region] = value
    return values


def freshness(summary: TitleSummary, today: date | None = None) -> float:
    """Return 1 for a title released today or later, halving every year after."""
    if summary.release_date is None and summary.year is None:
        return 0.0
    released = summary.release_date or date(summary.year or 1, 7, 1)
    age = ((today or datetime.now(UTC).date()) - released).days
    return float(0.5 ** (max(age, 0) / FRESHNESS_HALF_LIFE_DAYS))
