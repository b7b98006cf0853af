"""The buttons under a title, for browsers without scripts."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from fastapi import Depends, Form, Request, Response
from pydantic import ValidationError

from api.auth.consent import ViewerIdentityDep, declines_storage
from api.auth.redirects import is_local_destination, redirect_to_local
from api.pages.errors import render_error_page
from api.pages.layout import page_router
from api.schemas.interactions import InteractionRequest
from api.state import CatalogueViewDep, FeatureSourceDep, MetricsDep, ResourcesDep
from db.titles import TitleNotFound
from services.interactions import record

router = page_router()


async def parse_interaction_form(request: Request) -> InteractionRequest | None:
    """Return the interaction that a button sends, None for an invalid form."""
    fields = {name: value for name, value in (await request.form()).items() if value}
    try:
        return InteractionRequest.model_validate(fields)
    except ValidationError:
        return None


@router.post("/marks")
def submit_interaction(
    request: Request,
    interaction: Annotated[InteractionRequest | None, Depends(parse_interaction_form)],
    identity: ViewerIdentityDep,
    catalogue: CatalogueViewDep,
    feature_source: FeatureSourceDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    next: Annotated[str, Form()] = "",
) -> Response:
    """Store an interaction and return to the page it came from."""
    if interaction is None:
        return render_error_page(request, 422)
    title_id = interaction.content_id
    if title_id not in catalogue.titles:
        raise TitleNotFound(title_id)
    if identity is not None and not declines_storage(request, identity):
        event = interaction.to_interaction(
            interaction.id or uuid4(), title_id, at=interaction.at or datetime.now(UTC)
        )
        result = record(resources.engine, identity.id, [event], feature_source)
        for new in result.new:
            metrics.interactions.labels(new.event).inc()
    if not is_local_destination(next):
        return redirect_to_local("/feed")
    return redirect_to_local(_with_status(next, f"{interaction.event}-{title_id}"), "/feed")


def _with_status(url: str, status: str) -> str:
    """Return an address with `did`, which the feed confirms, instead of an earlier one."""
    parts = urlsplit(url)
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if name != "did"]
    return parts._replace(query=urlencode([*pairs, ("did", status)])).geturl()
