"""What viewers did: an append-only log, each line once by the client's own number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from vocabulary.kinds import Event

PAGE = 5000  # lines read at once

# The numbers are drawn in the order of the lines, which is the order they are heard in.
APPEND = text(
    """
    INSERT INTO interaction (client_id, viewer_id, title_id, event, value, progress, at,
        received_at, session_id, device, row, position)
    SELECT told.client_id, :viewer_id, told.title_id, told.event, told.value, told.progress,
        told.at, now(), told.session_id, told.device, told.row, told.position
    FROM unnest(CAST(:client_id AS uuid[]), CAST(:title_id AS integer[]), CAST(:event AS text[]),
        CAST(:value AS float8[]), CAST(:progress AS float8[]), CAST(:at AS timestamptz[]),
        CAST(:session_id AS text[]), CAST(:device AS text[]), CAST(:row AS text[]),
        CAST(:position AS integer[])) WITH ORDINALITY
        AS told (client_id, title_id, event, value, progress, at, session_id, device, row, position,
            number)
    ORDER BY told.number
    ON CONFLICT (viewer_id, client_id) DO NOTHING
    RETURNING client_id
    """
)
SINCE = text(
    """
    SELECT id, title_id, event, value, progress, at FROM interaction
    WHERE viewer_id = :viewer_id AND id > :after AND event <> 'impression'
    ORDER BY id LIMIT :limit
    """
)
LATEST = text(
    """
    SELECT client_id, title_id, event, value, progress, at, session_id, device, row, position
    FROM interaction WHERE viewer_id = :viewer_id ORDER BY id DESC LIMIT :limit OFFSET :offset
    """
)
COUNT = text("SELECT count(*) FROM interaction WHERE viewer_id = :viewer_id")
ALL = text(
    """
    SELECT id, viewer_id, client_id, title_id, event, value, progress, at, session_id, device, row,
        position
    FROM interaction WHERE id > :after ORDER BY id LIMIT :limit
    """
)
# The row that titles picked at first are told with.
ONBOARDING = "onboarding"
DONE_ELSE = text(
    """
    SELECT EXISTS (SELECT FROM interaction WHERE viewer_id = :viewer_id
        AND event <> 'impression' AND row IS DISTINCT FROM :onboarding)
    """
)
MOVE = text(
    """
    UPDATE interaction SET viewer_id = :into WHERE viewer_id = :visitor_id AND client_id NOT IN (
        SELECT client_id FROM interaction WHERE viewer_id = :into)
    """
)
TOLD_OF = text("SELECT DISTINCT viewer_id FROM interaction ORDER BY viewer_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a client told that its viewer did; `id` is the client's own."""

    id: UUID
    title_id: int
    event: Event
    at: datetime  # no later than now
    value: float | None = None  # of `rate`, 0.5..5
    progress: float | None = None  # of `watch`, 0..1
    session_id: str | None = None
    device: str | None = None
    row: str | None = None
    position: int | None = None  # from 1


class Line(NamedTuple):
    """A line of the log, as far as standings and tastes follow from it."""

    id: int
    title_id: int
    event: Event
    value: float | None
    progress: float | None
    at: datetime  # UTC


def append(session: Session, viewer_id: UUID, told: Sequence[Told]) -> list[Told]:
    """Store what is new of it, in order, and return that."""
    if not told:
        return []
    columns = {each.name: [getattr(one, each.name) for one in told] for each in fields(Told)}
    columns["client_id"] = columns.pop("id")
    rows = session.execute(APPEND, {"viewer_id": viewer_id, **columns})
    stored = set(rows.scalars())
    new = []
    for one in told:
        if one.id in stored:  # the first of those that share a number
            stored.remove(one.id)
            new.append(one)
    return new


def lines(session: Session, viewer_id: UUID) -> Iterator[Line]:
    """Yield all that a viewer did, and not what he was shown, in the order it was heard."""
    after = 0
    while True:
        asked = {"viewer_id": viewer_id, "after": after, "limit": PAGE}
        page = session.execute(SINCE, asked).all()
        for number, title_id, event, value, progress, at in page:
            yield Line(number, title_id, Event(event), value, progress, at.astimezone(UTC))
        if len(page) < PAGE:
            return
        after = page[-1].id


def latest(session: Session, viewer_id: UUID, *, limit: int, offset: int) -> list[Told]:
    """Return what a viewer did, the last told first."""
    asked = {"viewer_id": viewer_id, "limit": limit, "offset": offset}
    return [_told(*row) for row in session.execute(LATEST, asked)]


def count(session: Session, viewer_id: UUID) -> int:
    """Return how much a viewer did."""
    return int(session.execute(COUNT, {"viewer_id": viewer_id}).scalar_one())


def everything(session: Session) -> Iterator[tuple[UUID, Told]]:
    """Yield what all viewers did, in the order it was heard, with whose it is."""
    after = 0
    while page := session.execute(ALL, {"after": after, "limit": PAGE}).all():
        for _, viewer_id, *row in page:
            yield viewer_id, _told(*row)
        after = page[-1].id


def move(session: Session, visitor_id: UUID, *, into: UUID) -> int:
    """Give a viewer's lines to another, save those that he told too; return how many moved."""
    moved = session.execute(MOVE, {"visitor_id": visitor_id, "into": into})
    return int(getattr(moved, "rowcount", 0))


def viewers(session: Session) -> list[UUID]:
    """Return everybody who did anything."""
    return list(session.execute(TOLD_OF).scalars())


def _told(
    client_id: UUID,
    title_id: int,
    event: str,
    value: float | None,
    progress: float | None,
    at: datetime,
    *shown: object,
) -> Told:
    session_id, device, row, position = shown
    return Told(
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


def picked_only(session: Session, viewer_id: UUID) -> bool:
    """Tell whether all that a viewer did was to pick titles at first."""
    asked = {"viewer_id": viewer_id, "onboarding": ONBOARDING}
    return not session.execute(DONE_ELSE, asked).scalar_one()
