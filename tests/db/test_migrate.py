from sqlalchemy import Engine

from db import migrate
from db.engine import connect


def test_the_tables_in_code_have_their_migration(engine: Engine) -> None:
    with engine.connect() as connection:
        assert migrate.schema_differences(connection) == []


def test_a_fresh_database_gets_the_whole_schema_and_a_second_upgrade_changes_nothing(
    empty_database_url: str,
) -> None:
    own = connect(empty_database_url)
    migrate.upgrade(own)
    migrate.upgrade(own)
    with own.connect() as connection:
        assert migrate.current_revision(connection) == migrate.latest_revision()
    own.dispose()
