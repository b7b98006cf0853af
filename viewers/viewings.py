"""Ending viewings: the progress becomes a `watch` or `complete` event."""

from datetime import UTC, timedelta
from uuid import UUID, uuid5

from sqlmodel import Session

from db import viewer_lifecycle, viewings
from db.interactions import Interaction
from db.viewings import Viewing
from recommend.title_state import MIN_COMPLETED_PROGRESS
from viewers.interactions import TitleFeatureSource, record_interactions
from vocabulary.kinds import Event

IDLE_TIMEOUT = timedelta(hours=6)  # a long film with an interval and dinner
STOP_EVENT_NAME = "stopped"  # in the id of the event, so that a viewing stopped twice counts once


def stop(
    session: Session,
    viewer_id: UUID,
    viewing_id: UUID,
    *,
    feature_source: TitleFeatureSource,
    progress: float = 0.0,
) -> Viewing:
    """End a viewing, at this progress if it is further; the caller commits.

    A viewing that has ended does not change.

    Raises `db.viewings.ViewingNotFound` and `db.viewer_lifecycle.ViewerDeleted`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    if viewings.get(session, viewer_id, viewing_id).stopped_at is None:
        viewings.update_progress(session, viewer_id, viewing_id, progress=progress)
        _end(session, viewer_id, viewing_id, feature_source)
    return viewings.get(session, viewer_id, viewing_id)


def close_idle(
    session: Session, viewer_id: UUID, viewing_id: UUID, *, feature_source: TitleFeatureSource
) -> bool:
    """End a viewing as of its last update, if it is still idle; the caller commits.

    Returns whether it was. Raises `db.viewer_lifecycle.ViewerDeleted`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    if not viewings.is_idle(session, viewer_id, viewing_id, IDLE_TIMEOUT):
        return False
    _end(session, viewer_id, viewing_id, feature_source)
    return True


def _end(
    session: Session, viewer_id: UUID, viewing_id: UUID, feature_source: TitleFeatureSource
) -> None:
    viewings.stop(session, viewer_id, viewing_id)
    viewing = viewings.get(session, viewer_id, viewing_id)
    if (
        viewing.progress > 0 and viewing.stopped_at is not None
    ):  # without progress the title was not abandoned
        completed = viewing.progress >= MIN_COMPLETED_PROGRESS
        event = Interaction(
            id=uuid5(viewing.id, STOP_EVENT_NAME),
            title_id=viewing.title_id,
            event=Event.COMPLETE if completed else Event.WATCH,
            at=viewing.stopped_at.astimezone(UTC),
            progress=None if completed else viewing.progress,
            device=viewing.device,
        )
        record_interactions(session, viewer_id, [event], feature_source)
