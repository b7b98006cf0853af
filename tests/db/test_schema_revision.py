from db import migrate
from db.schema_revision import SCHEMA_REVISION


def test_the_expected_revision_is_that_of_the_newest_migration() -> None:
    assert migrate.latest_revision() == SCHEMA_REVISION
