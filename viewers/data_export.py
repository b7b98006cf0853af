"""The export of all data about a viewer, as one JSON document."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from db import personal_data
from db.engine import open_session
from db.personal_data import SECTIONS, PersonalDataSection

EXPORT_FORMAT = "rasika-export/1"
MAX_IN_MEMORY_BYTES = 1 << 20  # some thousand events; larger exports are written to disk


def write_export(engine: Engine, viewer_id: UUID) -> IO[bytes]:
    """Return the whole document, open at its start.

    It is complete before it is sent, so that a slow client does not hold a database connection.
    """
    document = SpooledTemporaryFile(max_size=MAX_IN_MEMORY_BYTES)  # noqa: SIM115  # the caller closes it
    with open_session(engine) as session:
        personal_data.begin_snapshot(session)
        for part in stream_export(session, viewer_id):
            document.write(part.encode())
    document.seek(0)
    return document


def stream_export(session: Session, viewer_id: UUID) -> Iterator[str]:
    """Yield the document in parts, as it is read from the database."""
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
    separator = "["
    for row in rows:
        yield f"{separator}{row}"
        separator = ",\n"
    yield "]" if separator != "[" else "[]"
