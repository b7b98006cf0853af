"""A viewer's lists: what he wants to watch, likes best, watched, rated, has begun; latest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session

from api.auth.identity import Identity, IdentityDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import Pagination, PaginationDep
from api.schemas.responses import ListResponse
from api.state import CatalogueViewDep, SessionDep
from db import title_states
from db.title_states import ListEntry, TitleList
from runtime.catalogue_view import CatalogueView
from viewers import interactions
from vocabulary.kinds import Kind

router = APIRouter(
    prefix="/api/user",
    tags=["lists"],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
    dependencies=[NO_STORE],
)


@dataclass(frozen=True, slots=True)
class ListedTitle:
    """A title on a list, and since when; `rating` and `progress` are the viewer's."""

    id: int
    title: str
    original_title: str | None
    kind: Kind
    year: int | None
    language: str | None
    genres: list[str]
    poster_url: str | None
    at: datetime
    rating: float | None
    progress: float | None


@router.get("/watchlist", operation_id="watchlist")
def get_watchlist(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ListedTitle]:
    """Return what the viewer wants to watch."""
    return read_title_list(catalogue, session, identity, TitleList.WATCHLIST, pagination)


@router.get("/favorites", operation_id="favorites")
def get_favorites(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ListedTitle]:
    """Return what the viewer likes best."""
    return read_title_list(catalogue, session, identity, TitleList.FAVORITES, pagination)


@router.get("/history", operation_id="history")
def get_watch_history(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ListedTitle]:
    """Return what the viewer watched, to the end or not."""
    return read_title_list(catalogue, session, identity, TitleList.HISTORY, pagination)


@router.get("/ratings", operation_id="ratings")
def get_ratings(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ListedTitle]:
    """Return what the viewer rated, each title once, as he rated it last."""
    return read_title_list(catalogue, session, identity, TitleList.RATINGS, pagination)


@router.get("/continue", operation_id="continue_watching")
def get_continue_watching(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ListedTitle]:
    """Return what the viewer stopped in the middle of."""
    begun = [] if identity is None else _entries_in_progress(catalogue, session, identity)
    items = _listed_titles(catalogue, begun[pagination.offset : pagination.end])
    return ListResponse[ListedTitle](
        items=items, total=len(begun), limit=pagination.limit, offset=pagination.offset
    )


def read_title_list(
    catalogue: CatalogueView,
    session: Session,
    identity: Identity | None,
    title_list: TitleList,
    pagination: Pagination,
) -> ListResponse[ListedTitle]:
    """Return a part of a list; nobody's is empty."""
    found, total = list[ListEntry](), 0
    if identity is not None:
        found = title_states.list_entries(
            session, identity.id, title_list, limit=pagination.limit, offset=pagination.offset
        )
        total = title_states.count_entries(session, identity.id, title_list)
    items = _listed_titles(catalogue, found)
    return ListResponse[ListedTitle](
        items=items, total=total, limit=pagination.limit, offset=pagination.offset
    )


def _entries_in_progress(
    catalogue: CatalogueView, session: Session, identity: Identity
) -> list[ListEntry]:
    found = [
        ListEntry(title_id, each.watched_at, each.rating, each.progress)
        for title_id, each in interactions.read_title_states(session, identity.id).items()
        if each.in_progress and each.watched_at is not None and title_id in catalogue.titles
    ]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _listed_titles(catalogue: CatalogueView, entries: Iterable[ListEntry]) -> list[ListedTitle]:
    """Return the titles that are served, as a list shows them."""
    listed = ((each, catalogue.titles.get(each.title_id)) for each in entries)
    return [
        ListedTitle(
            id=listing.id,
            title=listing.title,
            original_title=listing.original_title,
            kind=listing.kind,
            year=listing.year,
            language=listing.language,
            genres=list(listing.genres),
            poster_url=listing.poster_url,
            at=each.at,
            rating=each.rating,
            progress=each.progress,
        )
        for each, listing in listed
        if listing is not None
    ]
