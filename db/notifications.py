"""Being told by PostgreSQL, on a connection that does nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text

NOTIFY = text("SELECT pg_notify(:channel, '')")


@contextmanager
def listen(engine: Engine, *channels: str) -> Iterator["psycopg.Connection[Any]"]:
    """Give a connection that listens, beside those of the pool.

    Raises SQLAlchemy's errors and, while it is used, psycopg's.
    """
    held = engine.raw_connection()
    connection = cast("psycopg.Connection[Any]", held.driver_connection)
    held.detach()
    try:
        connection.rollback()  # the pool has asked whether it lives
        connection.autocommit = True
        for channel in channels:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield connection
    finally:
        connection.close()


def notify(engine: Engine, channel: str) -> None:
    """Tell whoever listens."""
    with engine.begin() as connection:
        connection.execute(NOTIFY, {"channel": channel})
