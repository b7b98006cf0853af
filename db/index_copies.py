"""Which process feeds a shared search engine, and how far that engine has got."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from db.changes import Position

# The lock of an engine is this and a number of its name's; any constant will do.
FEEDING_LOCK = 7_276_327

TRY = text("SELECT pg_try_advisory_xact_lock(:key, hashtext(:engine))")
WAIT = text("SELECT pg_advisory_xact_lock(:key, hashtext(:engine))")
READ = text("SELECT transaction, position, built_from, at FROM index_copy WHERE engine = :engine")
WRITE = text(
    """
    INSERT INTO index_copy (engine, transaction, position, built_from, at)
    VALUES (:engine, :transaction, :position, :built_from, now())
    ON CONFLICT (engine) DO UPDATE SET transaction = excluded.transaction,
        position = excluded.position, built_from = excluded.built_from, at = excluded.at
    """
)


@dataclass(frozen=True, slots=True)
class Copy:
    """What an engine holds: the titles as they were at a position of the change log."""

    position: Position
    built_from: str
    at: datetime


def take_turn(writing: Session, engine: str) -> bool:
    """Become the one who feeds the engine until the transaction ends, unless somebody is."""
    return bool(writing.execute(TRY, {"key": FEEDING_LOCK, "engine": engine}).scalar_one())


def await_turn(writing: Session, engine: str) -> None:
    """Become the one who feeds the engine, after whoever does."""
    writing.execute(WAIT, {"key": FEEDING_LOCK, "engine": engine})


def read(reading: Session, engine: str) -> Copy | None:
    """Return what an engine holds, if it was ever built."""
    row = reading.execute(READ, {"engine": engine}).first()
    return row and Copy(Position(row.transaction, row.position), row.built_from, row.at)


def write(writing: Session, engine: str, position: Position, *, built_from: str) -> None:
    """Note how far an engine has got."""
    values = {
        "engine": engine,
        "transaction": position.transaction,
        "position": position.position,
        "built_from": built_from,
    }
    writing.execute(WRITE, values)
