"""The change log: written in the transaction of each change, read by every index.

Two transactions may commit in another order than they took their sequence numbers, so a reader
that remembered the highest number alone would miss the slower one. Readers therefore remember the
pair (transaction id, position) and read only transactions older than the oldest one still running
(PostgreSQL documentation, 9.28.6, `pg_snapshot_xmin`): nothing can appear behind them.

A position is a line of the log, and bears a seal of it. Where that line is gone, a backup was
restored or the reader slept for longer than lines are kept: what lay between is unknown, and the
reader is told to load everything. Numbers would not tell, for those of a restored database grow
past what the reader knew.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlmodel import Session

ALL_TITLES = 0
"""Logged in place of a title, it asks every follower to load the whole catalogue again."""

INSERT_CHANGES = text("INSERT INTO change (title_id) SELECT unnest(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(INTEGER))
)
CHANGE_CHANNEL = "rasika_change"
"""Where PostgreSQL tells, at the commit, that the log has grown or an engine was fed (0007)."""

# A transaction counts from where its cluster was made, and a line is written once.
SEAL_SQL = "concat(system_identifier, ' ', extract(epoch FROM at))"
XMIN_SQL = "(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"
XMAX_SQL = "(pg_snapshot_xmax(pg_current_snapshot())::text)::bigint"

# One statement, so that the line is looked for in the log that is read.
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
# Nothing before it is missing from a load that starts now.
SELECT_CURRENT_POSITION = text(
    f"""
    SELECT transaction, position, {SEAL_SQL} AS seal FROM change, pg_control_system()
    WHERE transaction < {XMIN_SQL} ORDER BY transaction DESC, position DESC LIMIT 1
    """  # noqa: S608  # ours
)
# Those of a restored backup may come from a cluster that had counted further.
SELECT_HAS_PENDING = text(
    f"""
    SELECT EXISTS (
        SELECT FROM change
        WHERE (transaction, position) > (:transaction, :position) AND transaction < {XMAX_SQL}
    )
    """  # noqa: S608  # ours
)
# The last line stays, for readers that stand there.
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
    """How far a reader has read: a line of the log, or its beginning; comparable within a log."""

    transaction: int = 0
    position: int = 0
    seal: str = ""  # by which the line is known again

    def __str__(self) -> str:
        return f"{self.transaction} {self.position} {self.seal}"

    @classmethod
    def parse(cls, value: str) -> "Position":
        """Return the position of which this was the text."""
        transaction, position, seal = value.split(" ", 2)
        return cls(int(transaction), int(position), seal)


def record(session: Session, title_ids: Iterable[int]) -> None:
    """Log that titles changed or went; followers read it once the transaction has committed."""
    ids = sorted(set(title_ids))
    if ids:
        session.execute(INSERT_CHANGES, {"ids": ids})


def since(session: Session, position: Position, *, limit: int = 5000) -> tuple[list[int], Position]:
    """Return the titles changed after a position, each once, and the position reached.

    Where the log does not lead on from the position, `EVERYTHING` has changed.
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
    """Return a position to load from: every change after it will be read by `since`."""
    row = session.execute(SELECT_CURRENT_POSITION).first()
    return Position(row.transaction, row.position, row.seal) if row else Position()


def has_pending(session: Session, position: Position) -> bool:
    """Tell whether changes were committed that wait for transactions begun before them."""
    asked = {"transaction": position.transaction, "position": position.position}
    return bool(session.execute(SELECT_HAS_PENDING, asked).scalar_one())


def prune(session: Session, *, days: int) -> int:
    """Drop old lines and return how many; a reader that slept longer will load anew."""
    dropped = session.execute(DELETE_OLD_CHANGES, {"days": days})
    return int(getattr(dropped, "rowcount", 0))
