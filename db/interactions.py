"""The append-only log of what viewers did; an event is stored once per id chosen by its client."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from vocabulary.kinds import Event

ROWS_PER_PAGE = 5000  # lines read at once

# Ids are assigned in the order of the request, which is the order events are applied in.
INSERT_NEW = text(
    """
    INSERT INTO interaction (client_id, viewer_id, title_id, event, value, progress, at,
        received_at, session_id, device, row, position)
    SELECT new.client_id, :viewer_id, new.title_id, new.event, new.value, new.progress,
        new.at, now(), new.session_id, new.device, new.row, new.position
    FROM unnest(CAST(:client_id AS uuid[]), CAST(:title_id AS integer[]), CAST(:event AS text[]),
        CAST(:value AS float8[]), CAST(:progress AS float8[]), CAST(:at AS timestamptz[]),
        CAST(:session_id AS text[]), CAST(:device AS text[]), CAST(:row AS text[]),
        CAST(:position AS integer[])) WITH ORDINALITY
        AS new (client_id, title_id, event, value, progress, at, session_id, device, row, position,
            number)
    ORDER BY new.number
    ON CONFLICT (viewer_id, client_id) DO NOTHING
    RETURNING client_id
    """
)
SELECT_AFTER = text(
    """
    SELECT id, title_id, event, value, progress, at FROM interaction
    WHERE viewer_id = :viewer_id AND id > :after AND event <> 'impression'
    ORDER BY id LIMIT :limit
    """
)
SELECT_LATEST = text(
    """
    SELECT client_id, title_id, event, value, progress, at, session_id, device, row, position
    FROM interaction WHERE viewer_id = :viewer_id ORDER BY id DESC LIMIT :limit OFFSET :offset
    """
)
COUNT_INTERACTIONS = text("SELECT count(*) FROM interaction WHERE viewer_id = :viewer_id")
SELECT_ALL_AFTER = text(
    """
    SELECT id, viewer_id, client_id, title_id, event, value, progress, at, session_id, device, row,
        position
    FROM interaction WHERE id > :after ORDER BY id LIMIT :limit
    """
)
# The `row` of events that the onboarding page sends.
ONBOARDING_ROW = "onboarding"
SELECT_HAS_OTHER_EVENTS = text(
    """
    SELECT EXISTS (SELECT FROM interaction WHERE viewer_id = :viewer_id
        AND event <> 'impression' AND row IS DISTINCT FROM :onboarding)
    """
)
UPDATE_VIEWER = text(
    """
    UPDATE interaction SET viewer_id = :into WHERE viewer_id = :visitor_id AND client_id NOT IN (
        SELECT client_id FROM interaction WHERE viewer_id = :into)
    """
)
SELECT_VIEWER_IDS = text("SELECT DISTINCT viewer_id FROM interaction ORDER BY viewer_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """An event as a client sent it; the client chooses the `id`."""

    id: UUID
    title_id: int
    event: Event
    at: datetime  # no later than now
    value: float | None = None  # for `rate`: 0.5..5
    progress: float | None = None  # for `watch`: 0..1
    session_id: str | None = None
    device: str | None = None
    row: str | None = None
    position: int | None = None  # from 1


class ViewerEvent(NamedTuple):
    """An event of the log, with the fields that title states and tastes are computed from."""

    id: int
    title_id: int
    event: Event
    value: float | None
    progress: float | None
    at: datetime  # UTC


def append(
    session: Session, viewer_id: UUID, interactions: Sequence[Interaction]
) -> list[Interaction]:
    """Store the events that are new, in order, and return them."""
    if not interactions:
        return []
    columns = {
        each.name: [getattr(one, each.name) for one in interactions] for each in fields(Interaction)
    }
    columns["client_id"] = columns.pop("id")
    rows = session.execute(INSERT_NEW, {"viewer_id": viewer_id, **columns})
    stored = set(rows.scalars())
    new = []
    for one in interactions:
        if one.id in stored:  # the first of those with the same id
            stored.remove(one.id)
            new.append(one)
    return new


def viewer_events(session: Session, viewer_id: UUID) -> Iterator[ViewerEvent]:
    """Yield a viewer's events except impressions, in the order in which they were received."""
    after = 0
    while True:
        parameters = {"viewer_id": viewer_id, "after": after, "limit": ROWS_PER_PAGE}
        page = session.execute(SELECT_AFTER, parameters).all()
        for number, title_id, event, value, progress, at in page:
            yield ViewerEvent(number, title_id, Event(event), value, progress, at.astimezone(UTC))
        if len(page) < ROWS_PER_PAGE:
            return
        after = page[-1].id


def latest(session: Session, viewer_id: UUID, *, limit: int, offset: int) -> list[Interaction]:
    """Return a viewer's events, the last received first."""
    parameters = {"viewer_id": viewer_id, "limit": limit, "offset": offset}
    return [_to_interaction(*row) for row in session.execute(SELECT_LATEST, parameters)]


def count(session: Session, viewer_id: UUID) -> int:
    """Return how many events a viewer has."""
    return int(session.execute(COUNT_INTERACTIONS, {"viewer_id": viewer_id}).scalar_one())


def read_all(session: Session) -> Iterator[tuple[UUID, Interaction]]:
    """Yield the events of all viewers with the viewer, in the order in which they were received."""
    after = 0
    while page := session.execute(SELECT_ALL_AFTER, {"after": after, "limit": ROWS_PER_PAGE}).all():
        for _, viewer_id, *row in page:
            yield viewer_id, _to_interaction(*row)
        after = page[-1].id


def move(session: Session, visitor_id: UUID, *, into: UUID) -> int:
    """Move a visitor's events to another viewer, unless they have the same id; return how many."""
    moved = session.execute(UPDATE_VIEWER, {"visitor_id": visitor_id, "into": into})
    return int(getattr(moved, "rowcount", 0))


def viewer_ids(session: Session) -> list[UUID]:
    """Return every viewer with an event."""
    return list(session.execute(SELECT_VIEWER_IDS).scalars())


def _to_interaction(
    client_id: UUID,
    title_id: int,
    event: str,
    value: float | None,
    progress: float | None,
    at: datetime,
    *context: object,
) -> Interaction:
    session_id, device, row, position = context
    return Interaction(
        id=client_id,
        title_id=title_id,
        event=Event(event),
        value=value,
        progress=progress,
        at=at.astimezone(UTC),
        session_id=session_id,  # type: ignore[arg-type]  # as the table has them
        device=device,  # type: ignore[arg-type]
        row=row,  # type: ignore[arg-type]
        position=position,  # type: ignore[arg-type]
    )


def has_only_onboarding_picks(session: Session, viewer_id: UUID) -> bool:
    """Return whether all events of a viewer come from the onboarding page."""
    parameters = {"viewer_id": viewer_id, "onboarding": ONBOARDING_ROW}
    return not session.execute(SELECT_HAS_OTHER_EVENTS, parameters).scalar_one()
