"""Record and list a viewer's interactions with titles."""

from datetime import UTC, datetime
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from api.auth.consent import ViewerIdentityDep, declines_storage
from api.auth.identity import IdentityDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import PaginationDep
from api.schemas.interactions import (
    InteractionBatch,
    InteractionRequest,
    InteractionResponse,
    InteractionsBody,
    InteractionsResponse,
    RejectedInteraction,
)
from api.schemas.problems import Problem
from api.schemas.responses import ListResponse, json_response
from api.state import CatalogueViewDep, FeatureSourceDep, MetricsDep, ResourcesDep, SessionDep
from db import interactions
from db.titles import TitleNotFound
from services.interactions import record

router = APIRouter(
    prefix="/api/user",
    tags=["interactions"],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
    dependencies=[NO_STORE],
)


@router.post(
    "/interactions",
    operation_id="interact",
    response_model=InteractionsResponse,
    responses={404: {"model": Problem, "description": "There is no such title."}},
)
def post_interactions(
    body: InteractionsBody,
    request: Request,
    identity: ViewerIdentityDep,
    catalogue: CatalogueViewDep,
    feature_source: FeatureSourceDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
) -> Response:
    """Store one interaction or up to 500; the next feed takes them into account.

    Of several, those with unknown titles are refused and the others stored.
    """
    requests = body.interactions if isinstance(body, InteractionBatch) else [body]
    refused = [
        RejectedInteraction(index=index, detail=str(TitleNotFound(each.content_id)))
        for index, each in enumerate(requests)
        if each.content_id not in catalogue.titles
    ]
    if refused and isinstance(body, InteractionRequest):
        raise TitleNotFound(body.content_id)
    if identity is None or declines_storage(request, identity):
        return json_response(
            InteractionsResponse(stored=0, repeated=0, refused=refused, kept=False)
        )
    rejected_indices = {each.index for each in refused}
    now = datetime.now(UTC)
    events = [
        each.to_interaction(each.id or uuid4(), each.content_id, at=each.at or now)
        for index, each in enumerate(requests)
        if index not in rejected_indices
    ]
    result = record(resources.engine, identity.id, events, feature_source)
    for event in result.new:
        metrics.interactions.labels(event.event).inc()
    return json_response(
        InteractionsResponse(
            stored=result.stored_count, repeated=result.repeated_count, refused=refused
        )
    )


@router.get("/interactions", operation_id="interactions")
def list_interactions(
    identity: IdentityDep, pagination: PaginationDep, session: SessionDep
) -> ListResponse[InteractionResponse]:
    """Return the viewer's interactions, the last received first."""
    limit, offset = pagination.limit, pagination.offset
    items, total = list[InteractionResponse](), 0
    if identity is not None:
        latest = interactions.latest(session, identity.id, limit=limit, offset=offset)
        items = [InteractionResponse.from_interaction(each) for each in latest]
        total = interactions.count(session, identity.id)
    return ListResponse[InteractionResponse](items=items, total=total, limit=limit, offset=offset)
