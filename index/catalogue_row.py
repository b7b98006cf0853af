"""A title as the in-memory structures take it, and the protocol that they have in common."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from index.query import IndexEntry
from vocabulary.ids import TitleId
from vocabulary.title_summary import TitleSummary


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A title as PostgreSQL had it at one moment."""

    summary: TitleSummary
    entry: IndexEntry  # its vectors may be left out
    plot: str  # English synopsis and keywords; "" for none


class CatalogueStructure(Protocol):
    """What is derived from the titles and follows their changes.

    Every method may be repeated: a failed round of changes is applied again. Readers on other
    threads see the old state or the new one, never an error.
    """

    def load(self, rows: Sequence[CatalogueRow]) -> None:
        """Hold these titles and no others; built beside what serves, then swapped in."""
        ...

    def update(self, rows: Sequence[CatalogueRow]) -> None:
        """Add titles, or replace those that are known."""
        ...

    def remove(self, title_ids: Collection[TitleId]) -> None:
        """Forget titles; unknown ids are ignored."""
        ...
