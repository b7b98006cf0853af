"""Which process feeds a shared search engine, and how far that engine has got."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from sqlalchemy import Engine, text
from sqlmodel import Session

from db.changes import Position

# The lock of an engine is this and a number of its name's; any constant will do.
INDEX_FEEDING_LOCK = 7_276_327

TRY_LOCK = text("SELECT pg_try_advisory_lock(:key, hashtext(:engine))")
WAIT_FOR_LOCK = text("SELECT pg_advisory_lock(:key, hashtext(:engine))")
RELEASE_LOCK = text("SELECT pg_advisory_unlock(:key, hashtext(:engine))")
SELECT_STATE = text(
    "SELECT transaction, position, seal, built_from FROM index_copy WHERE engine = :engine"
)
UPSERT_STATE = text(
    """
    INSERT INTO index_copy (engine, transaction, position, seal, built_from, at)
    VALUES (:engine, :transaction, :position, :seal, :built_from, now())
    ON CONFLICT (engine) DO UPDATE SET transaction = excluded.transaction,
        position = excluded.position, seal = excluded.seal, built_from = excluded.built_from,
        at = excluded.at
    """
)


@dataclass(frozen=True, slots=True)
class IndexState:
    """What an engine holds: the titles as they were at a position of the change log."""

    position: Position
    built_from: str


@contextmanager
def feeding_lock(database: Engine, engine: str, *, wait: bool) -> Iterator[bool]:
    """Be the one who feeds an engine, after whoever does or unless somebody does; tell which.

    On a connection that is in no transaction, for a graph is not built before every transaction
    that looked at the tables has ended; one that breaks gives the turn to others.
    """
    asked = {"key": INDEX_FEEDING_LOCK, "engine": engine}
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = (
            connection.execute(WAIT_FOR_LOCK if wait else TRY_LOCK, asked).scalar_one() is not False
        )
        try:
            yield taken
        finally:
            if taken:
                connection.execute(RELEASE_LOCK, asked)


def read(session: Session, engine: str) -> IndexState | None:
    """Return what an engine holds, if it was ever built."""
    row = session.execute(SELECT_STATE, {"engine": engine}).first()
    if row is None:
        return None
    return IndexState(Position(row.transaction, row.position, row.seal), row.built_from)


def write(session: Session, engine: str, position: Position, *, built_from: str) -> None:
    """Note how far an engine has got."""
    session.execute(UPSERT_STATE, {"engine": engine, "built_from": built_from, **asdict(position)})
