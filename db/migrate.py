"""Migrates a database to the current schema."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from db import tables as tables  # registers the tables that are compared
from db.advisory_locks import AdvisoryLock, lock_until_commit


def upgrade(engine: Engine) -> None:
    """Apply missing migrations in one transaction; concurrent callers wait for each other."""
    with engine.begin() as connection:
        lock_until_commit(connection, AdvisoryLock.MIGRATION)
        if current_revision(connection) != latest_revision():
            command.upgrade(_config(connection), "head")


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the database."""
    return MigrationContext.configure(connection).get_current_revision()


def latest_revision() -> str | None:
    """Return the revision that this code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def schema_differences(connection: Connection) -> list[object]:
    """Return the differences between the tables in code and those in the database."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    if connection is not None:
        config.attributes["connection"] = connection
    return config
