"""All that is held of a viewer, as one JSON document for him to take away."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from db import held
from db.held import SECTIONS, Section

FORM = "rasika-export/1"
PIECE = 64 * 1024  # characters, about; a row more at most


def written(session: Session, viewer_id: UUID) -> Iterator[str]:
    """Yield the document in pieces, as it is read."""
    waiting, length = list[str](), 0
    for part in _parts(session, viewer_id):
        waiting.append(part)
        length += len(part)
        if length >= PIECE:
            yield "".join(waiting)
            waiting, length = [], 0
    yield "".join(waiting)


def _parts(session: Session, viewer_id: UUID) -> Iterator[str]:
    at = datetime.now(UTC).isoformat()
    yield f'{{"form": {json.dumps(FORM)}, "exported_at": {json.dumps(at)}'
    for section in SECTIONS:
        yield f",\n{json.dumps(section.name)}: "
        yield from _section(session, section, viewer_id)
    yield "}\n"


def _section(session: Session, section: Section, viewer_id: UUID) -> Iterator[str]:
    rows = held.rows(session, section, viewer_id)
    if section.single:
        yield "".join(rows) or "null"
        return
    between = "["
    for row in rows:
        yield f"{between}{row}"
        between = ",\n"
    yield "]" if between != "[" else "[]"
