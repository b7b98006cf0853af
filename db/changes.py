"""The change log: written in the transaction of each change, read by every index.

Two transactions may commit in another order than they took their sequence numbers, so a reader
that remembered the highest number alone would miss the slower one. Readers therefore remember the
pair (transaction id, position) and read only transactions older than the oldest one still running
(PostgreSQL documentation, 9.28.6, `pg_snapshot_xmin`): nothing can appear behind them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlmodel import Session

EVERYTHING = 0
"""Logged in place of a title, it asks every follower to load the whole catalogue again."""

RECORD = text("INSERT INTO change (title_id) SELECT unnest(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(INTEGER))
)
SINCE = text(
    """
    SELECT transaction, position, title_id FROM change
    WHERE (transaction, position) > (:transaction, :position)
      AND transaction < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
    ORDER BY transaction, position
    LIMIT :limit
    """
)
# Nothing older than the oldest running transaction is missing from a load that starts now.
NOW = text("SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint - 1")
PRUNE = text("DELETE FROM change WHERE at < now() - make_interval(days => :days)")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far a reader has read; comparable."""

    transaction: int = 0
    position: int = 0


END_OF_TRANSACTION = 2**62


def record(session: Session, title_ids: Iterable[int]) -> None:
    """Log that titles changed or went; followers read it once the transaction has committed."""
    ids = sorted(set(title_ids))
    if ids:
        session.execute(RECORD, {"ids": ids})


def since(session: Session, position: Position, *, limit: int = 5000) -> tuple[list[int], Position]:
    """Return the titles changed after a position, each once, and the position reached."""
    rows = session.execute(
        SINCE,
        {"transaction": position.transaction, "position": position.position, "limit": limit},
    ).all()
    if not rows:
        return [], position
    return list(dict.fromkeys(row.title_id for row in rows)), Position(rows[-1][0], rows[-1][1])


def present(session: Session) -> Position:
    """Return a position to load from: every change after it will be read by `since`."""
    return Position(int(session.execute(NOW).scalar_one()), END_OF_TRANSACTION)


def prune(session: Session, *, days: int) -> int:
    """Drop old lines and return how many; a follower that slept longer must load anew."""
    dropped = session.execute(PRUNE, {"days": days})
    return int(getattr(dropped, "rowcount", 0))
