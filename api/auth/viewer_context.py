"""What the API reads of the viewer: taste, title states, preferences, age limit and language."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, TypeVar

import structlog
from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from api.auth.identity import Identity, LenientIdentityDep
from api.state import AppState, AppStateDep
from db.engine import OUTAGES, first_line, open_session
from recommend.reason_texts import REASON_LANGUAGES
from recommend.reasons import ENGLISH
from viewers.context import (
    ANONYMOUS_CONTEXT,
    DEFAULT_PERSONALIZATION,
    Personalization,
    ViewerContext,
    read_personalization,
    read_viewer_context,
)

DEGRADED_TASTE = "taste"  # as a cause of degraded answers

Result = TypeVar("Result")

log = structlog.get_logger()


def load_viewer_context(identity: Identity | None, state: AppState) -> ViewerContext:
    """Return the viewer's context, an anonymous one while PostgreSQL is away."""
    if identity is None:
        return ANONYMOUS_CONTEXT
    read = partial(
        read_viewer_context, viewer_id=identity.id, model=state.catalogue.model, today=_today()
    )
    return _read_or(ANONYMOUS_CONTEXT, read, state)


def load_personalization(
    identity: Identity | None, state: AppState, *, personal: bool = True
) -> Personalization:
    """Return what of the viewer changes results, the default while PostgreSQL is away."""
    if identity is None:
        return DEFAULT_PERSONALIZATION
    read = partial(
        read_personalization,
        viewer_id=identity.id,
        model=state.catalogue.model,
        today=_today(),
        personal=personal,
    )
    return _read_or(DEFAULT_PERSONALIZATION, read, state)


def reason_language(
    request: Request, requested: str | None, viewer: ViewerContext | Personalization
) -> str:
    """Return the language of reasons: requested, else the profile's, the browser's or English."""
    accepted = request.headers.get("accept-language", "").split(",")
    candidates = [requested or "", viewer.display_language or "", *accepted]
    codes = (re.split("[-_;]", text.strip().lower())[0] for text in candidates)
    return next((code for code in codes if code in REASON_LANGUAGES), ENGLISH)


async def _viewer_context(identity: LenientIdentityDep, state: AppStateDep) -> ViewerContext:
    if identity is None:
        return ANONYMOUS_CONTEXT
    return await run_in_threadpool(load_viewer_context, identity, state)


async def _personalization(
    identity: LenientIdentityDep,
    state: AppStateDep,
    personal: Annotated[
        bool, Query(description="whether the user's taste orders results that fit equally well")
    ] = True,
) -> Personalization:
    if identity is None:
        return DEFAULT_PERSONALIZATION
    return await run_in_threadpool(load_personalization, identity, state, personal=personal)


async def _viewer_settings(identity: LenientIdentityDep, state: AppStateDep) -> Personalization:
    return await _personalization(identity, state, personal=False)


def _read_or(default: Result, read: Callable[[Session], Result], state: AppState) -> Result:
    try:
        with open_session(state.resources.engine) as session:
            return read(session)
    except OUTAGES as error:
        state.metrics.degraded.labels(DEGRADED_TASTE).inc()
        log.warning("viewer_unavailable", error=first_line(error))
        return default


def _today() -> date:
    return datetime.now(UTC).date()


ViewerContextDep = Annotated[ViewerContext, Depends(_viewer_context)]
PersonalizationDep = Annotated[Personalization, Depends(_personalization)]
# Without the taste: the age limit, region and language.
ViewerSettingsDep = Annotated[Personalization, Depends(_viewer_settings)]
