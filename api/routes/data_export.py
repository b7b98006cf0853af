"""All that is kept of somebody, for him to take away."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy import Engine

from api.auth.identity import IdentityDep
from api.params import ResourcesDep
from api.routes.search_history import SearchLogDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import Problem
from db import personal_data
from db.engine import open_session
from viewers import data_export
from viewers.login_sessions import NotSignedIn

MAX_IN_MEMORY_BYTES = 1 << 20  # bytes, some thousand events; more is written to a file meanwhile
CHUNK_BYTES = 1 << 16  # bytes

EXPORT_HEADERS = {
    "Content-Disposition": 'attachment; filename="rasika-export.json"',
    "Cache-Control": "no-store",
}

router = APIRouter(prefix="/api/user", tags=["profile"])


@router.get(
    "/export",
    operation_id="export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/json": {}}, "description": "One JSON document."},
        401: {"model": Problem, "description": "Nobody is known by this request."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def export_data(
    identity: IdentityDep, resources: ResourcesDep, search_log: SearchLogDep
) -> StreamingResponse:
    """Return all that is kept of the one who asks: what he said and did, and what follows."""
    if identity is None:
        raise NotSignedIn("nobody is known by this request: sign in, or bring a visitor's cookie")
    search_log.flush()
    document = _write_document(resources.engine, identity.id)
    return StreamingResponse(
        _stream_chunks(document), headers=EXPORT_HEADERS, media_type="application/json"
    )


def _write_document(engine: Engine, viewer_id: UUID) -> IO[bytes]:
    """Return the whole document, so that nobody who reads slowly holds a connection."""
    document = SpooledTemporaryFile(max_size=MAX_IN_MEMORY_BYTES)  # noqa: SIM115  # who reads it closes it
    with open_session(engine) as reading:
        personal_data.begin_snapshot(reading)
        for piece in data_export.stream_export(reading, viewer_id):
            document.write(piece.encode())
    document.seek(0)
    return document


def _stream_chunks(document: IO[bytes]) -> Iterator[bytes]:
    with document:
        while piece := document.read(CHUNK_BYTES):
            yield piece
