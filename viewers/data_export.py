"""All that is held of a viewer, as one JSON document for him to take away."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from db import personal_data
from db.personal_data import SECTIONS, PersonalDataSection

EXPORT_FORMAT = "rasika-export/1"


def stream_export(session: Session, viewer_id: UUID) -> Iterator[str]:
    """Yield the document, part by part, as it is read."""
    at = datetime.now(UTC).isoformat()
    yield f'{{"form": {json.dumps(EXPORT_FORMAT)}, "exported_at": {json.dumps(at)}'
    for section in SECTIONS:
        yield f",\n{json.dumps(section.name)}: "
        yield from _stream_section(session, section, viewer_id)
    yield "}\n"


def _stream_section(
    session: Session, section: PersonalDataSection, viewer_id: UUID
) -> Iterator[str]:
    rows = personal_data.stream_rows(session, section, viewer_id)
    if section.single:
        yield "".join(rows) or "null"
        return
    between = "["
    for row in rows:
        yield f"{between}{row}"
        between = ",\n"
    yield "]" if between != "[" else "[]"
