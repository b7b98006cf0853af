"""Whose answer it is: the taste, standings and preferences of who asks, or nobody's."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import structlog
from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from api.auth.identity import Identity, LenientIdentityDep
from api.metrics import Metrics
from api.params import CatalogueViewDep, MetricsDep, ResourcesDep
from config.resources import Resources
from db.engine import OUTAGES, first_line, open_session
from recommend.age_limits import AgeLimit
from recommend.reason_texts import REASON_LANGUAGES
from recommend.reasons import ENGLISH
from runtime.catalogue_view import CatalogueView
from viewers.context import ANONYMOUS_CONTEXT, Personalization, ViewerContext
from viewers.context import read_personalization as lens_of
from viewers.context import read_viewer_context as person_of

DEGRADED_TASTE = "taste"  # as a cause of degraded answers
NO_PERSONALIZATION = Personalization()

log = structlog.get_logger()


async def viewer_context(
    identity: LenientIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
) -> ViewerContext:
    """Return who asks."""
    if identity is None:
        return ANONYMOUS_CONTEXT
    return await run_in_threadpool(load_viewer_context, identity, catalogue, resources, metrics)


def load_viewer_context(
    identity: Identity | None, catalogue: CatalogueView, resources: Resources, metrics: Metrics
) -> ViewerContext:
    """Return who asks; nobody while PostgreSQL does not answer, for there are lists for anybody."""
    if identity is None:
        return ANONYMOUS_CONTEXT
    try:
        with open_session(resources.engine) as reading:
            return person_of(
                reading, identity.id, model=catalogue.model, today=datetime.now(UTC).date()
            )
    except OUTAGES as error:
        metrics.degraded.labels(DEGRADED_TASTE).inc()
        log.warning("taste_unreachable", error=first_line(error))
        return ANONYMOUS_CONTEXT


async def personalization(
    identity: LenientIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    personal: Annotated[
        bool, Query(description="let the taste of who asks order what fits equally well")
    ] = True,
) -> Personalization:
    """Return what an answer to who asks looks through, his taste included if he wants that."""
    if identity is None:
        return NO_PERSONALIZATION
    read = partial(load_personalization, identity, catalogue, resources, metrics, personal=personal)
    return await run_in_threadpool(read)


async def age_limits(
    identity: LenientIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
) -> AgeLimit:
    """Return what the age of who asks admits to."""
    return (
        await personalization(identity, catalogue, resources, metrics, personal=False)
    ).age_limit


def load_personalization(
    identity: Identity | None,
    catalogue: CatalogueView,
    resources: Resources,
    metrics: Metrics,
    *,
    personal: bool = True,
) -> Personalization:
    """Return what an answer looks through; nobody's lens while PostgreSQL does not answer."""
    if identity is None:
        return NO_PERSONALIZATION
    today = datetime.now(UTC).date()
    try:
        with open_session(resources.engine) as reading:
            return lens_of(
                reading, identity.id, model=catalogue.model, today=today, personal=personal
            )
    except OUTAGES:
        metrics.degraded.labels(DEGRADED_TASTE).inc()
        return NO_PERSONALIZATION


def reason_language(request: Request, requested_language: str | None, viewer: ViewerContext) -> str:
    """Return the language to tell reasons in: the one asked for, said, or understood."""
    accepted = request.headers.get("accept-language", "").split(",")
    wishes = [requested_language or "", viewer.display_language or "", *accepted]
    codes = (re.split("[-_;]", each.strip().lower())[0] for each in wishes)
    return next((code for code in codes if code in REASON_LANGUAGES), ENGLISH)


ViewerContextDep = Annotated[ViewerContext, Depends(viewer_context)]
PersonalizationDep = Annotated[Personalization, Depends(personalization)]
AgeLimitsDep = Annotated[AgeLimit, Depends(age_limits)]
