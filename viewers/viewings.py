"""Viewings and what follows from them: when one is over, that much was watched."""

from datetime import UTC, timedelta
from uuid import UUID, uuid5

from sqlmodel import Session

from db import viewer_lifecycle, viewings
from db.interactions import Interaction
from db.viewings import Viewing
from recommend.title_state import MIN_COMPLETED_PROGRESS
from viewers.interactions import TitleFeatureSource, record_interactions
from vocabulary.kinds import Event

IDLE_TIMEOUT = timedelta(
    hours=6
)  # a long film with an interval and a dinner in it; then it is over
STOP_EVENT_NAME = "stopped"  # what a viewing's line is numbered by: stopped twice, it counts once


def stop(
    session: Session,
    viewer_id: UUID,
    viewing_id: UUID,
    *,
    feature_source: TitleFeatureSource,
    progress: float = 0.0,
) -> Viewing:
    """End a viewing, at a progress if it got further; the caller commits.

    A viewing that is over stays as it is.

    Raises `db.viewings.ViewingNotFound` and `db.viewer_lifecycle.ViewerForgotten`.
    """
    viewer_lifecycle.lock(session, viewer_id)
    if viewings.get(session, viewer_id, viewing_id).stopped_at is None:
        viewings.update_progress(session, viewer_id, viewing_id, progress=progress)
        _end(session, viewer_id, viewing_id, feature_source)
    return viewings.get(session, viewer_id, viewing_id)


def close_idle(
    session: Session, viewer_id: UUID, viewing_id: UUID, *, feature_source: TitleFeatureSource
) -> bool:
    """End a viewing where it was last heard of, if it is still silent; the caller commits.

    Returns whether it was. Raises `db.viewer_lifecycle.ViewerForgotten`.
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
    seen = viewings.get(session, viewer_id, viewing_id)
    if seen.progress > 0 and seen.stopped_at is not None:  # who saw nothing did not give it up
        whole = seen.progress >= MIN_COMPLETED_PROGRESS
        line = Interaction(
            id=uuid5(seen.id, STOP_EVENT_NAME),
            title_id=seen.title_id,
            event=Event.COMPLETE if whole else Event.WATCH,
            at=seen.stopped_at.astimezone(UTC),
            progress=None if whole else seen.progress,
            device=seen.device,
        )
        record_interactions(session, viewer_id, [line], feature_source)
