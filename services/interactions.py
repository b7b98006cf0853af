"""Recording what viewers do with titles."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Engine

from db.engine import open_session
from db.interactions import Interaction
from viewers import interactions
from viewers.interactions import RecordResult, TitleFeatureSource


def record(
    engine: Engine,
    viewer_id: UUID,
    events: Sequence[Interaction],
    feature_source: TitleFeatureSource,
) -> RecordResult:
    """Store events and what follows from them, and commit; an id counts once."""
    with open_session(engine) as session:
        result = interactions.record_interactions(session, viewer_id, events, feature_source)
        session.commit()
    return result
