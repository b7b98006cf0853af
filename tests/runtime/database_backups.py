"""Backups of a test's database, without the tools that make them elsewhere."""

from sqlalchemy import Engine, text

from db.engine import connect


def copy_database(own: Engine, of: str, to: str) -> None:
    """Put a copy of a database in the place of another, as restoring a backup does."""
    admin = connect(own.url.set(database="rasika").render_as_string(hide_password=False))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname IN (:of, :to) AND pid <> pg_backend_pid()"
            ),
            {"of": of, "to": to},
        )
        connection.execute(text(f"DROP DATABASE IF EXISTS {to} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {to} TEMPLATE {of} STRATEGY FILE_COPY"))
    admin.dispose()
