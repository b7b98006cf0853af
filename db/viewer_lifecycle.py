"""Locking and deleting viewers.

Every transaction that writes about a viewer locks the viewer's row until the commit, so that such
writes happen one after the other. For some time after a deletion the row cannot be created again:
a request that was in progress, or a line that another process was about to write, is deleted_id.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from db.advisory_locks import AdvisoryLock

# Longer than any request takes, and longer than `runtime.search_log` holds back a search.
DELETION_GUARD_S = 600

# Of two transactions that lock the same two viewers, one may find a row that the other has yet to
# insert, and they would deadlock. The advisory locks put them in a queue first.
LOCK_VIEWER_IDS = text(
    """
    SELECT pg_advisory_xact_lock(:lock, key) FROM (
        SELECT hashtext(CAST(id AS text)) AS key
        FROM unnest(CAST(:ids AS uuid[])) AS viewer_id (id) ORDER BY key) AS keys
    """
)
LOCK_VIEWER_ROWS = text("SELECT id FROM viewer WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
INSERT_VIEWERS = text(
    """
    INSERT INTO viewer (id, created_at)
    SELECT id, now() FROM unnest(CAST(:ids AS uuid[])) AS new (id) ORDER BY id
    ON CONFLICT (id) DO NOTHING
    """
)
SELECT_DELETED = text(
    """
    SELECT id FROM unnest(CAST(:ids AS uuid[])) AS new (id)
    JOIN forgotten ON digest = sha256(uuid_send(id)) LIMIT 1
    """
)
INSERT_DELETED = text(
    """
    INSERT INTO forgotten (digest, at)
    SELECT sha256(uuid_send(id)), now() FROM unnest(CAST(:ids AS uuid[])) AS deleted (id)
    ON CONFLICT (digest) DO UPDATE SET at = excluded.at
    """
)
DELETE_SEARCHES = text("DELETE FROM search_query WHERE visitor_id = ANY(:ids)")
DELETE_VIEWERS = text("DELETE FROM viewer WHERE id = ANY(:ids)")
# Searches have no foreign key: late ones are existing by the time of the deletion.
DELETE_LATE_SEARCHES = text(
    """
    DELETE FROM search_query USING forgotten
    WHERE search_query.at > forgotten.at - make_interval(secs => :guard_s)
        AND sha256(uuid_send(visitor_id)) = digest
    """
)
DELETE_OLD_VISITORS = text(
    """
    DELETE FROM viewer WHERE created_at < now() - make_interval(days => :days)
        AND NOT EXISTS (SELECT FROM account WHERE viewer_id = viewer.id)
    """
)
DELETE_EXPIRED_GUARDS = text(
    "DELETE FROM forgotten WHERE at < now() - make_interval(secs => :guard_s)"
)


class ViewerDeleted(LookupError):
    """The viewer was deleted a moment ago."""

    def __init__(self, viewer_id: UUID) -> None:
        super().__init__("this account was deleted a moment ago; start again as a new visitor")
        self.viewer_id = viewer_id


def lock(session: Session, *viewer_ids: UUID) -> None:
    """Lock the viewers' rows until the commit; rows of new viewers are inserted.

    Raises `ViewerDeleted`.
    """
    new = _lock_rows(session, _sorted_ids(viewer_ids))
    deleted_id = session.execute(SELECT_DELETED, {"ids": new}).scalar() if new else None
    if deleted_id is not None:
        raise ViewerDeleted(deleted_id)


def delete(session: Session, *viewer_ids: UUID) -> None:
    """Delete viewers and all their data from every table; unknown ids are ignored."""
    ids = _sorted_ids(viewer_ids)
    _lock_rows(session, ids)  # concurrent writers wait for the row and then find it deleted
    session.execute(INSERT_DELETED, {"ids": ids})
    session.execute(DELETE_SEARCHES, {"ids": ids})
    session.execute(DELETE_VIEWERS, {"ids": ids})


def delete_row(session: Session, viewer_id: UUID) -> None:
    """Delete the row of a viewer whose data was moved to another."""
    session.execute(DELETE_VIEWERS, {"ids": [viewer_id]})


def delete_leftovers(session: Session) -> int:
    """Delete searches stored after their viewer was deleted, and expired deletion guards.

    Returns how many searches were deleted.
    """
    result = session.execute(DELETE_LATE_SEARCHES, {"guard_s": DELETION_GUARD_S})
    session.execute(DELETE_EXPIRED_GUARDS, {"guard_s": DELETION_GUARD_S})
    return int(getattr(result, "rowcount", 0))


def delete_old_visitors(session: Session, *, days: int) -> int:
    """Delete visitors whose first request is older than that; return how many."""
    return int(getattr(session.execute(DELETE_OLD_VISITORS, {"days": days}), "rowcount", 0))


def _lock_rows(session: Session, ids: list[UUID]) -> list[UUID]:
    """Lock rows in the order of their ids, inserting missing ones; return the inserted ids."""
    if len(ids) > 1:
        session.execute(LOCK_VIEWER_IDS, {"lock": AdvisoryLock.VIEWER.value, "ids": ids})
    existing = set(session.execute(LOCK_VIEWER_ROWS, {"ids": ids}).scalars())
    new = [each for each in ids if each not in existing]
    if new:
        session.execute(INSERT_VIEWERS, {"ids": new})
        session.execute(
            LOCK_VIEWER_ROWS, {"ids": new}
        )  # a concurrent transaction may have inserted them
    return new


def _sorted_ids(viewer_ids: Iterable[UUID]) -> list[UUID]:
    return sorted(set(viewer_ids), key=lambda each: each.bytes)
