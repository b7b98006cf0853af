"""From what PostgreSQL holds to what an index holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import Session

from db import title_summaries, vectors
from index.query import Attributes, IndexEntry
from vocabulary.arrays import Vector
from vocabulary.ids import Region
from vocabulary.kinds import ScopeKind, Space
from vocabulary.title_summary import TitleSummary

FRESHNESS_HALF_LIFE_DAYS = 365.0

RegionLanguageWeights = Mapping[Region, Mapping[str, float]]
"""Per region, the weights of the languages watched there; they sum to 1."""


@dataclass(frozen=True, slots=True)
class CatalogueReader:
    """Reads titles as an index wants them."""

    models: Mapping[Space, str]  # the current model of each space
    language_weights: RegionLanguageWeights

    @property
    def model_signature(self) -> str:
        """Return the models as what is built from them is marked."""
        return " ".join(f"{space}={model}" for space, model in sorted(self.models.items()))

    def read(self, session: Session, ids: Sequence[int]) -> list[tuple[TitleSummary, IndexEntry]]:
        """Return the titles that exist, in the order of their ids."""
        return self._with_vectors(session, title_summaries.read(session, ids))

    def read_pages(self, session: Session) -> Iterator[list[tuple[TitleSummary, IndexEntry]]]:
        """Yield every title, a page at a time."""
        for page in title_summaries.read_pages(session):
            yield self._with_vectors(session, page)

    def read_vectors(self, session: Session, ids: Sequence[int]) -> dict[int, dict[Space, Vector]]:
        """Return the vectors of titles, by title."""
        found: dict[int, dict[Space, Vector]] = {}
        for title_id, space, vector in vectors.read(session, ids, dict(self.models)):
            found.setdefault(title_id, {})[space] = vector
        return found

    def _with_vectors(
        self, session: Session, summaries: list[TitleSummary]
    ) -> list[tuple[TitleSummary, IndexEntry]]:
        placed = self.read_vectors(session, [listing.id for listing in summaries])
        return [(each, self.index_entry(each, placed.get(each.id, {}))) for each in summaries]

    def index_entry(
        self, summary: TitleSummary, title_vectors: Mapping[Space, Vector]
    ) -> IndexEntry:
        """Return a listing as an index entry."""
        return IndexEntry(
            title_id=summary.id,
            attributes=filter_attributes(summary),
            vectors=title_vectors,
            popularity=summary.popularity.get((ScopeKind.GLOBAL, ""), 0.0),
            regional=regional_popularity(summary, self.language_weights),
            freshness=freshness(summary),
        )


def filter_attributes(summary: TitleSummary) -> Attributes:
    """Return what filters ask; a provider counts everywhere and in its region."""
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
    """Return how well a title is liked in each region where it is at all, 0..1.

    A title counts by its popularity within its language, weighted by how much that language is
    watched in the region against the one watched most.
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
