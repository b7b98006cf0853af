"""Files of titles as other people made them; they lie beside the repository, where present."""

import itertools
from pathlib import Path

import pytest
from sqlmodel import Session

from catalog.import_reader import ImportLine, read_lines
from catalog.importer import Importer

REFERENCE_FOLDER = Path(__file__).parents[3] / "shared" / "data"
REFERENCE_FILES = sorted(REFERENCE_FOLDER.glob("*.jsonl.gz"))
LINES_PER_FILE = 300

MAX_BROKEN_LINES = {"indian.jsonl.gz": 3}
"""Files with rows that are shifted or broken in themselves, and how many at most."""

needs_data = pytest.mark.skipif(
    not REFERENCE_FILES, reason="the reference data, ../shared/data, are absent"
)


def first_lines(path: Path) -> list[ImportLine]:
    return list(itertools.islice(read_lines(path), LINES_PER_FILE))


@needs_data
@pytest.mark.parametrize("path", REFERENCE_FILES, ids=lambda path: path.name)
def test_the_first_lines_are_read_without_a_bad_one(path: Path) -> None:
    lines = first_lines(path)
    assert len(lines) == LINES_PER_FILE
    bad = [(line.number, line.problems) for line in lines if line.problems]
    assert len(bad) <= MAX_BROKEN_LINES.get(path.name, 0), bad


@needs_data
def test_all_files_together_are_imported_and_the_second_time_nothing_changes(
    db_session: Session,
) -> None:
    batches = [
        [line.record for line in first_lines(path)[:100] if line.record] for path in REFERENCE_FILES
    ]
    for batch in batches:
        assert Importer().store(db_session, batch).created_ids
        db_session.commit()
        db_session.expunge_all()
    for batch in batches:
        assert Importer().store(db_session, batch).changed_ids == []
        db_session.expunge_all()
