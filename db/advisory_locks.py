"""The register of PostgreSQL advisory locks: one number per purpose, none used twice.

The numbers must not change: old and new processes run side by side during a deployment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

CLEAR_TIMEOUTS = text(
    "SELECT set_config('statement_timeout', '0', :local), set_config('lock_timeout', '0', :local)"
)
RESET_SETTINGS = text("RESET ALL")  # to those that the connection was made with
LOCK_UNTIL_COMMIT = text("SELECT pg_advisory_xact_lock(:lock)")
# Two keys: a space of their own, in which a lock never meets one of a single key.
LOCK_NAME = text("SELECT pg_advisory_lock(:lock, hashtext(:name))")
TRY_LOCK_NAME = text("SELECT pg_try_advisory_lock(:lock, hashtext(:name))")
UNLOCK_NAME = text("SELECT pg_advisory_unlock(:lock, hashtext(:name))")


class AdvisoryLock(IntEnum):
    """What a lock protects."""

    MIGRATION = 7_276_325  # the schema: one migration at a time
    TITLE_WRITER = 7_276_326  # titles: two writers could add the same title twice
    INDEX_FEEDING = 7_276_327  # a shared index, by the engine's name
    PGVECTOR_WRITER = 7_276_328  # the tables of the pgvector engine
    EMBEDDING = 7_276_329  # missing vectors, by the space's name
    VIEWER = 7_276_330  # viewers locked together, by their ids


def lock_until_commit(connection: Connection | Session, lock: AdvisoryLock) -> None:
    """Wait for a lock, for as long as it takes, and hold it until the end of the transaction.

    Only batch writers take these locks, so the rest of the transaction has no timeouts either.
    """
    connection.execute(CLEAR_TIMEOUTS, {"local": True})
    connection.execute(LOCK_UNTIL_COMMIT, {"lock": lock.value})


@contextmanager
def named_lock(database: Engine, lock: AdvisoryLock, name: str, *, wait: bool) -> Iterator[bool]:
    """Hold the lock of a name and yield whether it was acquired; without `wait`, try once.

    The lock belongs to a connection of its own that is in no transaction: building a graph waits
    for every transaction that has read the tables. If the connection breaks, the lock is free.
    """
    key = {"lock": lock.value, "name": name}
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(CLEAR_TIMEOUTS, {"local": False})
        result = connection.execute(LOCK_NAME if wait else TRY_LOCK_NAME, key).scalar_one()
        acquired = result is not False  # waiting returns void
        try:
            yield acquired
        finally:
            if acquired:
                connection.execute(UNLOCK_NAME, key)
            connection.execute(RESET_SETTINGS)
