"""PostgreSQL notifications (LISTEN and NOTIFY)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text

NOTIFY = text("SELECT pg_notify(:channel, '')")


@contextmanager
def listen(engine: Engine, *channels: str) -> Iterator["psycopg.Connection[Any]"]:
    """Yield a connection that listens; it is no longer part of the pool.

    Raises SQLAlchemy's errors and, while it is used, psycopg's.
    """
    pooled = engine.raw_connection()
    connection = cast("psycopg.Connection[Any]", pooled.driver_connection)
    pooled.detach()
    try:
        connection.rollback()  # ends the transaction of the pool's ping
        connection.autocommit = True
        for channel in channels:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield connection
    finally:
        connection.close()


def notify(engine: Engine, channel: str) -> None:
    """Notify all listeners of a channel."""
    with engine.begin() as connection:
        connection.execute(NOTIFY, {"channel": channel})
