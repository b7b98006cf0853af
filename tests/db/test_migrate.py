from sqlalchemy import Engine

from db import migrate
from db.engine import connect


def test_migrations_create_the_tables_in_code(engine: Engine) -> None:
    with engine.connect() as connection:
        assert migrate.schema_differences(connection) == []


def test_upgrading_twice_changes_nothing(
    empty_database_url: str,
) -> None:
    own = connect(empty_database_url)
    migrate.upgrade(own)
    migrate.upgrade(own)
    with own.connect() as connection:
        assert migrate.current_revision(connection) == migrate.latest_revision()
    own.dispose()
