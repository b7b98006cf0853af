"""From what PostgreSQL holds to what an index holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import Session

from db import title_summaries, vectors
from db.title_summaries import TitleSummary
from index.query import Attributes, Entry, Region, Vector
from vocabulary.kinds import ScopeKind, Space

FRESHNESS_HALF_LIFE_DAYS = 365.0

Watched = Mapping[Region, Mapping[str, float]]
"""Per region, the weights of the languages watched there; they sum to 1."""


@dataclass(frozen=True, slots=True)
class Loader:
    """Reads titles as an index wants them."""

    models: Mapping[Space, str]  # the current model of each space
    watched: Watched

    @property
    def told(self) -> str:
        """Return the models as what is built from them is marked."""
        return " ".join(f"{space}={model}" for space, model in sorted(self.models.items()))

    def page(self, session: Session, ids: Sequence[int]) -> list[tuple[TitleSummary, Entry]]:
        """Return the titles that exist, in the order of their ids."""
        return self._joined(session, title_summaries.read(session, ids))

    def pages(self, session: Session) -> Iterator[list[tuple[TitleSummary, Entry]]]:
        """Yield every title, a page at a time."""
        for page in title_summaries.read_pages(session):
            yield self._joined(session, page)

    def placed(self, session: Session, ids: Sequence[int]) -> dict[int, dict[Space, Vector]]:
        """Return the vectors of titles, by title."""
        found: dict[int, dict[Space, Vector]] = {}
        for title_id, space, vector in vectors.read(session, ids, dict(self.models)):
            found.setdefault(title_id, {})[space] = vector
        return found

    def _joined(
        self, session: Session, page: list[TitleSummary]
    ) -> list[tuple[TitleSummary, Entry]]:
        placed = self.placed(session, [listing.id for listing in page])
        return [(each, self.entry(each, placed.get(each.id, {}))) for each in page]

    def entry(self, listing: TitleSummary, placed: Mapping[Space, Vector]) -> Entry:
        """Return a listing as an index entry."""
        return Entry(
            title_id=listing.id,
            attributes=attributes(listing),
            vectors=placed,
            popularity=listing.popularity.get((ScopeKind.GLOBAL, ""), 0.0),
            regional=regional(listing, self.watched),
            freshness=freshness(listing),
        )


def attributes(listing: TitleSummary) -> Attributes:
    """Return what filters ask; a provider counts everywhere and in its region."""
    everywhere = {provider.partition("@")[0] for provider in listing.providers}
    return Attributes(
        kind=listing.kind,
        languages=frozenset(listing.languages),
        genres=frozenset(listing.genres),
        providers=frozenset({*everywhere, *listing.providers}),
        year=listing.year,
        adult=listing.adult,
        minimum_age=listing.minimum_age,
        votes=listing.votes,
        rating=listing.rating,
        runtime_minutes=listing.runtime_minutes,
    )


def regional(listing: TitleSummary, watched: Watched) -> dict[Region, float]:
    """Return how well a title is liked in each region where it is at all, 0..1.

    A title counts by its popularity within its language, weighted by how much that language is
    watched in the region against the one watched most.
    """
    values = {}
    for region, weights in watched.items():
        most = max(weights.values())
        value = max(
            (
                weights.get(name, 0.0) / most * popularity
                for (kind, name), popularity in listing.popularity.items()
                if kind == ScopeKind.LANGUAGE
            ),
            default=0.0,
        )
        if value > 0:
            values[region] = value
    return values


def freshness(listing: TitleSummary, today: date | None = None) -> float:
    """Return 1 for a title released today or later, halving every year after."""
    if listing.release_date is None and listing.year is None:
        return 0.0
    released = listing.release_date or date(listing.year or 1, 7, 1)
    age = ((today or datetime.now(UTC).date()) - released).days
    return float(0.5 ** (max(age, 0) / FRESHNESS_HALF_LIFE_DAYS))
