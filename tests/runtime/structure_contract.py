"""What every in-memory structure over the catalogue must do; test modules subclass it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from index.catalogue_row import CatalogueRow, CatalogueStructure
from index.query import Attributes, IndexEntry
from vocabulary.ids import TitleId
from vocabulary.kinds import Kind
from vocabulary.title_summary import TitleSummary


def make_row(title_id: TitleId, name: str, *, plot: str = "") -> CatalogueRow:
    """Return a film of a name, whose plot is about it."""
    folded = name.casefold()
    summary = TitleSummary(
        id=title_id,
        kind=Kind.MOVIE,
        title=name,
        original_title=None,
        language="te",
        year=2012,
        release_date=date(2012, 7, 6),
        adult=False,
        minimum_age=None,
        votes=100,
        rating=8.0,
        runtime_minutes=134,
        genres=("fantasy",),
        languages=("te",),
        providers=(),
        names=(folded,),
        people=("s s rajamouli",),
        people_names=("S. S. Rajamouli",),
        poster_url=None,
        popularity={},
    )
    entry = IndexEntry(title_id=title_id, attributes=Attributes(kind=Kind.MOVIE), vectors={})
    return CatalogueRow(summary, entry, plot or folded)


EEGA, MAGADHEERA, BAAHUBALI = (
    make_row(number, name)
    for number, name in enumerate(("Eega", "Magadheera", "Baahubali"), start=1)
)


class StructureContract:
    """A structure finds what it was given last, whatever came before."""

    def build(self) -> CatalogueStructure:
        raise NotImplementedError

    def find(self, structure: Any, name: str) -> Collection[TitleId]:
        """Return the titles that the structure finds by a name."""
        raise NotImplementedError

    def holds(self, structure: CatalogueStructure, rows: Sequence[CatalogueRow]) -> bool:
        """Tell whether the structure finds each of these rows by its name, and no other."""
        for row in (EEGA, MAGADHEERA, BAAHUBALI):
            found = row.summary.id in self.find(structure, row.summary.title)
            if found != (row in rows):
                return False
        return True

    def test_loads_rows_and_no_others(self) -> None:
        structure = self.build()
        structure.load([EEGA, MAGADHEERA])
        assert self.holds(structure, [EEGA, MAGADHEERA])
        structure.load([BAAHUBALI])
        assert self.holds(structure, [BAAHUBALI])
        structure.load([])
        assert self.holds(structure, [])

    def test_updates_are_as_good_as_a_load_and_may_be_repeated(self) -> None:
        structure = self.build()
        structure.update([EEGA, MAGADHEERA])
        structure.update([EEGA, MAGADHEERA])
        assert self.holds(structure, [EEGA, MAGADHEERA])

    def test_a_replaced_title_is_found_by_its_new_name_only(self) -> None:
        structure = self.build()
        structure.load([EEGA, MAGADHEERA])
        structure.update([make_row(EEGA.summary.id, "Sahasam")])
        assert EEGA.summary.id not in self.find(structure, "Eega")
        assert EEGA.summary.id in self.find(structure, "Sahasam")

    def test_removed_titles_are_not_found_and_unknown_ids_are_ignored(self) -> None:
        structure = self.build()
        structure.load([EEGA, MAGADHEERA])
        for _ in range(2):
            structure.remove([EEGA.summary.id, 99])
            assert self.holds(structure, [MAGADHEERA])
        structure.update([EEGA])
        assert self.holds(structure, [EEGA, MAGADHEERA])
