"""The state of shared search engines, and the lock of the process that feeds one."""

from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from sqlalchemy import Engine, text
from sqlmodel import Session

from db.advisory_locks import AdvisoryLock, named_lock
from db.changes import Position

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
    """The content of an engine: the titles as of a position of the change log."""

    position: Position
    built_from: str


def feeding_lock(database: Engine, engine: str, *, wait: bool) -> AbstractContextManager[bool]:
    """Hold the right to feed an engine and yield whether it was acquired; see `named_lock`."""
    return named_lock(database, AdvisoryLock.INDEX_FEEDING, engine, wait=wait)


def read(session: Session, engine: str) -> IndexState | None:
    """Return the state of an engine; none if it was never built."""
    row = session.execute(SELECT_STATE, {"engine": engine}).first()
    if row is None:
        return None
    return IndexState(Position(row.transaction, row.position, row.seal), row.built_from)


def write(session: Session, engine: str, position: Position, *, built_from: str) -> None:
    """Store the state of an engine."""
    session.execute(UPSERT_STATE, {"engine": engine, "built_from": built_from, **asdict(position)})
