"""The schema that this code expects, compared without loading the migrations."""

from sqlalchemy import Engine, text

SCHEMA_REVISION = "0009"  # of the newest file in db/migrations/versions

TABLE_EXISTS = text("SELECT to_regclass('alembic_version') IS NOT NULL")
SELECT_REVISION = text("SELECT version_num FROM alembic_version")


def ensure_current_schema(engine: Engine) -> None:
    """Migrate a database that is not at the expected revision."""
    if _read_revision(engine) != SCHEMA_REVISION:
        from db import migrate  # alembic takes a tenth of a second

        migrate.upgrade(engine)


def _read_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not connection.execute(TABLE_EXISTS).scalar_one():
            return None
        return connection.execute(SELECT_REVISION).scalar_one_or_none()
