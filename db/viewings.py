"""Queries over viewings: a viewer watching a title, from start to stop."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

VIEWING_COLUMNS = "v.id, v.title_id, v.device, v.progress, v.started_at, v.updated_at, v.stopped_at"
INSERT_VIEWING = text(
    """
    INSERT INTO viewing (id, viewer_id, title_id, device, progress, started_at, updated_at)
    VALUES (:id, :viewer_id, :title_id, :device, 0, now(), now())
    ON CONFLICT (id) DO NOTHING
    """
)
SELECT_VIEWING = text(
    f"SELECT {VIEWING_COLUMNS} FROM viewing v WHERE id = :id AND viewer_id = :viewer_id"  # noqa: S608  # ours
)
UPDATE_PROGRESS = text(
    """
    UPDATE viewing SET progress = greatest(progress, :progress), updated_at = now()
    WHERE id = :id AND viewer_id = :viewer_id AND stopped_at IS NULL
    """
)
UPDATE_STOPPED = text(
    """
    UPDATE viewing SET stopped_at = updated_at
    WHERE id = :id AND viewer_id = :viewer_id AND stopped_at IS NULL
    """
)
SELECT_LATEST = text(
    f"""
    SELECT {VIEWING_COLUMNS} FROM viewing v WHERE viewer_id = :viewer_id
    ORDER BY started_at DESC, id LIMIT :limit OFFSET :offset
    """  # noqa: S608  # ours
)
COUNT_VIEWINGS = text(
    """
    SELECT count(*), avg(CAST(progress >= :completed_from AS integer))
        FILTER (WHERE stopped_at IS NOT NULL)
    FROM viewing WHERE viewer_id = :viewer_id
    """
)
SELECT_IDLE = text(
    """
    SELECT viewer_id, id FROM viewing
    WHERE stopped_at IS NULL AND updated_at < now() - CAST(:silence AS interval)
    ORDER BY updated_at LIMIT :limit
    """
)
SELECT_IS_IDLE = text(
    """
    SELECT FROM viewing WHERE id = :id AND viewer_id = :viewer_id
        AND stopped_at IS NULL AND updated_at < now() - CAST(:silence AS interval)
    """
)
SELECT_COMPLETIONS = text(
    """
    SELECT title_id, count(*) AS viewings, count(DISTINCT viewer_id) AS viewers,
        avg(CAST(progress >= :completed_from AS integer)) AS completion, avg(progress) AS progress
    FROM viewing
    WHERE started_at > :since AND stopped_at IS NOT NULL
        AND (title_id = :title_id OR CAST(:title_id AS integer) IS NULL)
    GROUP BY title_id ORDER BY viewings DESC, title_id LIMIT :limit
    """
)
UPDATE_VIEWER = text("UPDATE viewing SET viewer_id = :into WHERE viewer_id = :visitor_id")


class ViewingNotFound(LookupError):
    """The viewing does not exist or belongs to another viewer."""

    def __init__(self, viewing_id: UUID) -> None:
        super().__init__(f"you have no viewing {viewing_id}")
        self.viewing_id = viewing_id


class ViewingIdTaken(ValueError):
    """The id belongs to a different viewing."""

    def __init__(self, viewing_id: UUID) -> None:
        super().__init__(f"the id {viewing_id} is already used by another viewing; use a new one")
        self.viewing_id = viewing_id


class ViewingEnded(ValueError):
    """The viewing was stopped, or was idle for too long."""

    def __init__(self, viewing_id: UUID) -> None:
        super().__init__(f"viewing {viewing_id} has ended; start a new one")
        self.viewing_id = viewing_id


class Viewing(NamedTuple):
    """A stored viewing."""

    id: UUID
    title_id: int
    device: str | None
    progress: float  # 0..1, the furthest
    started_at: datetime
    updated_at: datetime
    stopped_at: datetime | None


class TitleCompletion(NamedTuple):
    """How a title's viewings ended."""

    title_id: int
    viewings: int
    viewers: int
    completion: float  # 0..1, share of the viewings that reached the end
    progress: float  # 0..1, mean


@dataclass(frozen=True, slots=True)
class NewViewing:
    """A viewing to start; the client chooses the `id`."""

    id: UUID
    title_id: int
    device: str | None


def start(session: Session, viewer_id: UUID, new_viewing: NewViewing) -> tuple[Viewing, bool]:
    """Start a viewing; return it and whether it is new. The caller holds the viewer's lock.

    Raises `ViewingIdTaken`.
    """
    parameters = {
        "id": new_viewing.id,
        "viewer_id": viewer_id,
        "title_id": new_viewing.title_id,
        "device": new_viewing.device,
    }
    new = bool(getattr(session.execute(INSERT_VIEWING, parameters), "rowcount", 0))
    row = session.execute(
        SELECT_VIEWING, {"id": new_viewing.id, "viewer_id": viewer_id}
    ).one_or_none()
    if row is None or row.title_id != new_viewing.title_id:
        raise ViewingIdTaken(new_viewing.id)
    return Viewing(*row), new


def get(session: Session, viewer_id: UUID, viewing_id: UUID) -> Viewing:
    """Return a viewer's own viewing.

    Raises `ViewingNotFound`.
    """
    row = session.execute(SELECT_VIEWING, {"id": viewing_id, "viewer_id": viewer_id}).one_or_none()
    if row is None:
        raise ViewingNotFound(viewing_id)
    return Viewing(*row)


def update_progress(
    session: Session, viewer_id: UUID, viewing_id: UUID, *, progress: float
) -> Viewing:
    """Store the progress; seeking back does not lower it. The caller holds the viewer's lock.

    Raises `ViewingNotFound` and `ViewingEnded`.
    """
    parameters = {"id": viewing_id, "viewer_id": viewer_id, "progress": progress}
    is_open = bool(getattr(session.execute(UPDATE_PROGRESS, parameters), "rowcount", 0))
    viewing = get(session, viewer_id, viewing_id)
    if not is_open:
        raise ViewingEnded(viewing_id)
    return viewing


def stop(session: Session, viewer_id: UUID, viewing_id: UUID) -> None:
    """End a viewing as of its last update. The caller holds the viewer's lock."""
    session.execute(UPDATE_STOPPED, {"id": viewing_id, "viewer_id": viewer_id})


def latest(session: Session, viewer_id: UUID, *, limit: int, offset: int) -> list[Viewing]:
    """Return a viewer's viewings, the last started first."""
    parameters = {"viewer_id": viewer_id, "limit": limit, "offset": offset}
    return [Viewing(*row) for row in session.execute(SELECT_LATEST, parameters)]


def count(session: Session, viewer_id: UUID, *, completed_from: float) -> tuple[int, float | None]:
    """Return the number of viewings and the share of the ended ones that reached the end."""
    parameters = {"viewer_id": viewer_id, "completed_from": completed_from}
    viewings, completion = session.execute(COUNT_VIEWINGS, parameters).one()
    return viewings, None if completion is None else float(completion)


def list_idle(session: Session, idle_for: timedelta, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (viewer, viewing) pairs of open viewings without an update for so long."""
    rows = session.execute(SELECT_IDLE, {"silence": idle_for, "limit": limit})
    return [(viewer_id, viewing_id) for viewer_id, viewing_id in rows]


def is_idle(session: Session, viewer_id: UUID, viewing_id: UUID, idle_for: timedelta) -> bool:
    """Return whether a viewing is open and had no update for so long."""
    parameters = {"id": viewing_id, "viewer_id": viewer_id, "silence": idle_for}
    return session.execute(SELECT_IS_IDLE, parameters).one_or_none() is not None


def completions(
    session: Session,
    *,
    since: datetime,
    completed_from: float,
    limit: int,
    title_id: int | None = None,
) -> list[TitleCompletion]:
    """Return completion rates of viewings started since then, by title, the most watched first."""
    parameters = {
        "since": since,
        "completed_from": completed_from,
        "limit": limit,
        "title_id": title_id,
    }
    return [
        TitleCompletion(number, viewings, viewers, float(completion), float(progress))
        for number, viewings, viewers, completion, progress in session.execute(
            SELECT_COMPLETIONS, parameters
        )
    ]


def move(session: Session, visitor_id: UUID, *, into: UUID) -> None:
    """Move a visitor's viewings to another viewer."""
    session.execute(UPDATE_VIEWER, {"visitor_id": visitor_id, "into": into})
