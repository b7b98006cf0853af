"""The export of a viewer's data."""

from collections.abc import Iterator
from typing import IO

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.auth.identity import IdentityDep
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES, problem_responses
from api.state import ResourcesDep, SearchLogDep
from viewers.data_export import write_export
from viewers.login_sessions import NotSignedIn

CHUNK_BYTES = 1 << 16
EXPORT_HEADERS = {
    "Content-Disposition": 'attachment; filename="rasika-export.json"',
    "Cache-Control": "no-store",
}

router = APIRouter(prefix="/api/user", tags=["profile"])


@router.get(
    "/export",
    operation_id="export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}, "description": "One JSON document."}}
    | problem_responses({401: "Neither signed in nor a known visitor."})
    | DATABASE_UNAVAILABLE_RESPONSES,
)
def export_data(
    identity: IdentityDep, resources: ResourcesDep, search_log: SearchLogDep
) -> StreamingResponse:
    """Return all data about the viewer: what they entered and did, and what is derived from it."""
    if identity is None:
        raise NotSignedIn("sign in, or send a visitor's cookie")
    search_log.flush()
    document = write_export(resources.engine, identity.id)
    return StreamingResponse(
        _stream_chunks(document), headers=EXPORT_HEADERS, media_type="application/json"
    )


def _stream_chunks(document: IO[bytes]) -> Iterator[bytes]:
    with document:
        while chunk := document.read(CHUNK_BYTES):
            yield chunk
