"""A viewer's row: whatever is written of a viewer waits for it, and goes with it.

Who writes of a viewer first holds the row until the commit, so that what is done with one viewer
happens in some order. For a while after a viewer was forgotten the row cannot come back: a request
that was under way, or a line that another process was about to write, finds nobody to belong to.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from db.advisory_locks import AdvisoryLock

# Longer than any request takes, and longer than `runtime.search_log` holds back a search.
DELETION_GUARD_S = 600

# Of two who hold the same two viewers, one may find a row there that the other has yet to add, and
# then each would wait for the other. They queue up before that.
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
    SELECT sha256(uuid_send(id)), now() FROM unnest(CAST(:ids AS uuid[])) AS gone (id)
    ON CONFLICT (digest) DO UPDATE SET at = excluded.at
    """
)
DELETE_SEARCHES = text("DELETE FROM search_query WHERE visitor_id = ANY(:ids)")
DELETE_VIEWERS = text("DELETE FROM viewer WHERE id = ANY(:ids)")
# Searches have no key; those that came late were asked about when their visitor was forgotten.
DELETE_LATE_SEARCHES = text(
    """
    DELETE FROM search_query USING forgotten
    WHERE search_query.at > forgotten.at - make_interval(secs => :refused_s)
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
    "DELETE FROM forgotten WHERE at < now() - make_interval(secs => :refused_s)"
)


class ViewerDeleted(LookupError):
    """All of this viewer was deleted a moment ago."""

    def __init__(self, viewer_id: UUID) -> None:
        super().__init__("all that was kept of you has been deleted; come again as somebody new")
        self.viewer_id = viewer_id


def lock(session: Session, *viewer_ids: UUID) -> None:
    """Lock the viewers' rows until the commit, adding those of who is new.

    Raises `ViewerForgotten`.
    """
    new = _lock_rows(session, _sorted_ids(viewer_ids))
    refused = session.execute(SELECT_DELETED, {"ids": new}).scalar() if new else None
    if refused is not None:
        raise ViewerDeleted(refused)


def delete(session: Session, *viewer_ids: UUID) -> None:
    """Delete all of some viewers, from every table; for who is not there, nothing happens."""
    ids = _sorted_ids(viewer_ids)
    _lock_rows(session, ids)  # a row to wait at, for who was about to come
    session.execute(INSERT_DELETED, {"ids": ids})
    session.execute(DELETE_SEARCHES, {"ids": ids})
    session.execute(DELETE_VIEWERS, {"ids": ids})


def delete_row(session: Session, viewer_id: UUID) -> None:
    """Delete the row of a viewer whose things are another's now."""
    session.execute(DELETE_VIEWERS, {"ids": [viewer_id]})


def delete_leftovers(session: Session) -> int:
    """Delete what came late of who was forgotten, and let go of who was forgotten long enough ago.

    Returns the searches deleted.
    """
    swept = session.execute(DELETE_LATE_SEARCHES, {"refused_s": DELETION_GUARD_S})
    session.execute(DELETE_EXPIRED_GUARDS, {"refused_s": DELETION_GUARD_S})
    return int(getattr(swept, "rowcount", 0))


def delete_old_visitors(session: Session, *, days: int) -> int:
    """Delete the viewers without an account who came first longer ago; return how many."""
    return int(getattr(session.execute(DELETE_OLD_VISITORS, {"days": days}), "rowcount", 0))


def _lock_rows(session: Session, ids: list[UUID]) -> list[UUID]:
    """Lock rows in their order, adding those that are not there; return these."""
    if len(ids) > 1:
        session.execute(LOCK_VIEWER_IDS, {"lock": AdvisoryLock.VIEWER.value, "ids": ids})
    found = set(session.execute(LOCK_VIEWER_ROWS, {"ids": ids}).scalars())
    new = [each for each in ids if each not in found]
    if new:
        session.execute(INSERT_VIEWERS, {"ids": new})
        session.execute(LOCK_VIEWER_ROWS, {"ids": new})  # whoever was quicker may have added them
    return new


def _sorted_ids(viewer_ids: Iterable[UUID]) -> list[UUID]:
    return sorted(set(viewer_ids), key=lambda each: each.bytes)
