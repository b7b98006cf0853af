"""The change log: written in the transaction of each change, read by every index.

Transactions may commit in a different order than they drew their sequence numbers, so a reader that
remembers only the highest number would miss the slower one. Readers therefore remember the pair
(transaction id, position) and read only transactions older than the oldest one still running
(PostgreSQL documentation, 9.28.6, `pg_snapshot_xmin`): nothing can appear behind them.

A position identifies a line of the log by a seal. If that line no longer exists, a backup was
restored or the reader was offline for longer than lines are stored: the changes in between are
unknown, and the reader has to load everything. Comparing numbers would not reveal a restored
database, because its numbers grow past the reader's.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlmodel import Session

ALL_TITLES = 0
"""Logged instead of a title id, it makes every follower reload the whole catalogue."""

INSERT_CHANGES = text("INSERT INTO change (title_id) SELECT unnest(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(INTEGER))
)
CHANGE_CHANNEL = "rasika_change"
"""PostgreSQL notifies here, at the commit, of new lines and of an updated engine (0007)."""

# Transaction ids are unique within a cluster, and a line is written once.
SEAL_SQL = "concat(system_identifier, ' ', extract(epoch FROM at))"
XMIN_SQL = "(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"
XMAX_SQL = "(pg_snapshot_xmax(pg_current_snapshot())::text)::bigint"

# One statement, so that the check and the read see the same snapshot.
SELECT_SINCE = text(
    f"""
    SELECT known, line.* FROM (
        SELECT :transaction = 0 OR EXISTS (
            SELECT FROM change, pg_control_system()
            WHERE transaction = :transaction AND position = :position AND {SEAL_SQL} = :seal
        ) AS known
    ) AS reader LEFT JOIN LATERAL (
        SELECT transaction, position, {SEAL_SQL} AS seal, title_id FROM change, pg_control_system()
        WHERE (transaction, position) > (:transaction, :position) AND transaction < {XMIN_SQL}
        ORDER BY transaction, position
        LIMIT :limit
    ) AS line ON known
    ORDER BY transaction, position
    """  # noqa: S608  # ours
)
# A load that starts now sees everything up to this position.
SELECT_CURRENT_POSITION = text(
    f"""
    SELECT transaction, position, {SEAL_SQL} AS seal FROM change, pg_control_system()
    WHERE transaction < {XMIN_SQL} ORDER BY transaction DESC, position DESC LIMIT 1
    """  # noqa: S608  # ours
)
# Ids of a restored backup may come from a cluster whose ids were higher.
SELECT_HAS_PENDING = text(
    f"""
    SELECT EXISTS (
        SELECT FROM change
        WHERE (transaction, position) > (:transaction, :position) AND transaction < {XMAX_SQL}
    )
    """  # noqa: S608  # ours
)
# The last line stays: readers that are up to date point to it.
DELETE_OLD_CHANGES = text(
    """
    DELETE FROM change WHERE at < now() - make_interval(days => :days)
    AND (transaction, position) < (
        SELECT transaction, position FROM change ORDER BY transaction DESC, position DESC LIMIT 1
    )
    """
)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far a reader has read: a line of the log, or its start; comparable within a log."""

    transaction: int = 0
    position: int = 0
    seal: str = ""  # identifies the line

    def __str__(self) -> str:
        return f"{self.transaction} {self.position} {self.seal}"

    @classmethod
    def parse(cls, value: str) -> "Position":
        """Parse the text form of a position."""
        transaction, position, seal = value.split(" ", 2)
        return cls(int(transaction), int(position), seal)


def record(session: Session, title_ids: Iterable[int]) -> None:
    """Log that titles changed or were deleted; followers see it after the commit."""
    ids = sorted(set(title_ids))
    if ids:
        session.execute(INSERT_CHANGES, {"ids": ids})


def since(session: Session, position: Position, *, limit: int = 5000) -> tuple[list[int], Position]:
    """Return the titles changed after a position, each once, and the new position.

    If the log no longer has the position, the result is `ALL_TITLES`.
    """
    rows = session.execute(SELECT_SINCE, {**asdict(position), "limit": limit}).all()
    if not rows[0].known:
        return [ALL_TITLES], position
    if rows[0].title_id is None:
        return [], position
    last = rows[-1]
    reached = Position(last.transaction, last.position, last.seal)
    return list(dict.fromkeys(row.title_id for row in rows)), reached


def current_position(session: Session) -> Position:
    """Return a position to load from: `since` returns every later change."""
    row = session.execute(SELECT_CURRENT_POSITION).first()
    return Position(row.transaction, row.position, row.seal) if row else Position()


def has_pending(session: Session, position: Position) -> bool:
    """Return whether committed changes wait for an older transaction that is still running."""
    parameters = {"transaction": position.transaction, "position": position.position}
    return bool(session.execute(SELECT_HAS_PENDING, parameters).scalar_one())


def prune(session: Session, *, days: int) -> int:
    """Delete old lines and return how many; a reader offline for longer reloads everything."""
    deleted = session.execute(DELETE_OLD_CHANGES, {"days": days})
    return int(getattr(deleted, "rowcount", 0))
