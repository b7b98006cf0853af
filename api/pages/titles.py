"""The page of a title."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.auth.consent import declines_storage
from api.auth.identity import Identity, LenientIdentityDep
from api.auth.viewer_context import ViewerSettingsDep
from api.pages.errors import render_error_page
from api.pages.layout import page_router, render_page
from api.schemas.titles import TitleDetailsResponse
from api.state import CatalogueViewDep, CpuLimiterDep, ResourcesDep
from config.resources import Resources
from db import titles
from db.engine import OUTAGES, open_session
from db.titles import TitleNotFound
from index.query import Filter
from recommend.title_state import EMPTY_STATE, TitleState
from services.similar import similar_cards, similar_query
from services.title_cards import TitleCard
from viewers import interactions
from vocabulary.ids import MAX_TITLE_ID

MAX_SIMILAR_TITLES = 18

router = page_router()


@dataclass(frozen=True, slots=True)
class TitleActions:
    """The pressed buttons of a title; of like and dismiss, the later one counts."""

    liked: bool
    dismissed: bool
    watchlist: bool
    favorite: bool
    watched: bool
    rating: float | None

    @classmethod
    def from_title_state(cls, state: TitleState) -> "TitleActions":
        """Return the buttons for a title's state."""
        verdict_times = (state.liked_at, state.disliked_at, state.dismissed_at)
        latest = max((at for at in verdict_times if at is not None), default=None)
        return cls(
            liked=latest is not None and state.liked_at == latest,
            dismissed=latest is not None and state.dismissed_at == latest,
            watchlist=state.watchlist_at is not None,
            favorite=state.favorite_at is not None,
            watched=state.completed_at is not None,
            rating=state.rating,
        )


@dataclass(frozen=True, slots=True)
class TitlePage:
    """A title, similar titles, and the viewer's buttons; none where nothing may be stored."""

    details: TitleDetailsResponse
    similar: Sequence[TitleCard]
    title_actions: TitleActions | None


async def load_title_page(
    title_id: int,
    request: Request,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    identity: LenientIdentityDep,
    viewer: ViewerSettingsDep,
    cpu_limiter: CpuLimiterDep,
) -> TitlePage | None:
    """Return what the page of a title shows, None for an unknown title."""
    if title_id > MAX_TITLE_ID:
        return None
    details = await run_in_threadpool(_read_details, resources, title_id)
    if details is None:
        return None
    actions = None
    if not declines_storage(request, identity):
        actions = await run_in_threadpool(_read_title_actions, resources, identity, title_id)

    def find_similar() -> list[TitleCard]:
        try:
            query = similar_query(
                catalogue, title_id, viewer.age_limit.restrict(Filter()), k=MAX_SIMILAR_TITLES
            )
            return similar_cards(catalogue, title_id, catalogue.index.search(query))
        except TitleNotFound:  # it is not served yet
            return []

    return TitlePage(details, await cpu_limiter.run(find_similar), actions)


@router.get("/title/{title_id:int}")
async def show_title(
    request: Request, page: Annotated[TitlePage | None, Depends(load_title_page)]
) -> Response:
    """Return the page of a title."""
    if page is None:
        return render_error_page(request, 404)
    context = {
        "details": page.details,
        "similar": page.similar,
        "title_actions": page.title_actions,
    }
    return render_page(request, "title.html", context)


def _read_details(resources: Resources, title_id: int) -> TitleDetailsResponse | None:
    with open_session(resources.engine) as session:
        title = titles.get(session, title_id)
        return TitleDetailsResponse.from_title(title) if title else None


def _read_title_actions(
    resources: Resources, identity: Identity | None, title_id: int
) -> TitleActions | None:
    if identity is None:
        return TitleActions.from_title_state(EMPTY_STATE)
    try:
        with open_session(resources.engine) as session:
            state = interactions.read_title_state(session, identity.id, title_id)
    except OUTAGES:
        return None
    return TitleActions.from_title_state(state)
