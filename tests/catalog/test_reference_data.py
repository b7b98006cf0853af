"""Files of titles as other people made them; they lie beside the repository, where present."""

import itertools
from pathlib import Path

import pytest
from sqlmodel import Session

from catalog.import_reader import Line, read
from catalog.importer import Importer

DATA = Path(__file__).parents[3] / "shared" / "data"
FILES = sorted(DATA.glob("*.jsonl.gz"))
LINES = 300

BROKEN = {"indian.jsonl.gz": 3}
"""Files with rows that are shifted or broken in themselves, and how many at most."""

needs_data = pytest.mark.skipif(not FILES, reason="the reference data, ../shared/data, are absent")


def first(path: Path) -> list[Line]:
    return list(itertools.islice(read(path), LINES))


@needs_data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_first_lines_are_read_without_a_bad_one(path: Path) -> None:
    lines = first(path)
    assert len(lines) == LINES
    bad = [(line.number, line.problems) for line in lines if line.problems]
    assert len(bad) <= BROKEN.get(path.name, 0), bad


@needs_data
def test_all_files_together_are_imported_and_the_second_time_nothing_changes(
    database: Session,
) -> None:
    batches = [[line.record for line in first(path)[:100] if line.record] for path in FILES]
    for batch in batches:
        assert Importer().store(database, batch).created
        database.commit()
        database.expunge_all()
    for batch in batches:
        assert Importer().store(database, batch).touched == []
        database.expunge_all()
