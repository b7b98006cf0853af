"""All that is kept of somebody, for him to take away."""

from collections.abc import Iterator
from itertools import chain
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy import Engine

from api.accounts.who import WhoDep
from api.content import NEEDS_DATABASE
from api.dependencies import ResourcesDep
from api.history import SearchLogDep
from api.schemas import Problem
from db import held
from db.engine import session
from viewers import export
from viewers.sign_ins import NotSignedIn

HEADERS = {
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
        **NEEDS_DATABASE,
    },
)
def exported(asking: WhoDep, resources: ResourcesDep, log: SearchLogDep) -> StreamingResponse:
    """Return all that is kept of the one who asks: what he said and did, and what follows."""
    if asking is None:
        raise NotSignedIn("nobody is known by this request: sign in, or bring a visitor's cookie")
    log.flush()
    pieces = _pieces(resources.engine, asking.id)
    first = next(pieces)  # what fails, fails before the answer begins
    return StreamingResponse(chain([first], pieces), headers=HEADERS, media_type="application/json")


def _pieces(engine: Engine, viewer_id: UUID) -> Iterator[str]:
    with session(engine) as reading:
        held.begin(reading)
        yield from export.written(reading, viewer_id)
