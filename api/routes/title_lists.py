"""A viewer's lists: what he wants to watch, likes best, watched, rated, has begun; latest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlmodel import Session

from api.auth.consent import PersonalDep
from api.auth.identity import Identity, IdentityDep
from api.params import CatalogueViewDep, Pagination, PaginationDep, SessionDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES
from api.schemas.titles import ListResponse
from db import title_states
from db.title_states import ListEntry, TitleList
from runtime.catalogue_view import Live
from viewers import interactions
from vocabulary.kinds import Kind

router = APIRouter(
    prefix="/api/user",
    tags=["lists"],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
    dependencies=[PersonalDep],
)


@dataclass(frozen=True, slots=True)
class TitleOfMine:
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
def watchlist(
    asking: IdentityDep, live: CatalogueViewDep, page: PaginationDep, reading: SessionDep
) -> ListResponse[TitleOfMine]:
    """Return what the viewer wants to watch."""
    return shelf(live, reading, asking, TitleList.WATCHLIST, page)


@router.get("/favorites", operation_id="favorites")
def favorites(
    asking: IdentityDep, live: CatalogueViewDep, page: PaginationDep, reading: SessionDep
) -> ListResponse[TitleOfMine]:
    """Return what the viewer likes best."""
    return shelf(live, reading, asking, TitleList.FAVORITES, page)


@router.get("/history", operation_id="history")
def history(
    asking: IdentityDep, live: CatalogueViewDep, page: PaginationDep, reading: SessionDep
) -> ListResponse[TitleOfMine]:
    """Return what the viewer watched, to the end or not."""
    return shelf(live, reading, asking, TitleList.HISTORY, page)


@router.get("/ratings", operation_id="ratings")
def ratings(
    asking: IdentityDep, live: CatalogueViewDep, page: PaginationDep, reading: SessionDep
) -> ListResponse[TitleOfMine]:
    """Return what the viewer rated, each title once, as he rated it last."""
    return shelf(live, reading, asking, TitleList.RATINGS, page)


@router.get("/continue", operation_id="continue_watching")
def under_way(
    asking: IdentityDep, live: CatalogueViewDep, page: PaginationDep, reading: SessionDep
) -> ListResponse[TitleOfMine]:
    """Return what the viewer stopped in the middle of."""
    begun = [] if asking is None else _begun(live, reading, asking)
    items = _shown(live, begun[page.offset : page.end])
    return ListResponse[TitleOfMine](
        items=items, total=len(begun), limit=page.limit, offset=page.offset
    )


def shelf(
    live: Live, reading: Session, asking: Identity | None, which: TitleList, page: Pagination
) -> ListResponse[TitleOfMine]:
    """Return a part of a list; nobody's is empty."""
    found, total = list[ListEntry](), 0
    if asking is not None:
        found = title_states.list_entries(
            reading, asking.id, which, limit=page.limit, offset=page.offset
        )
        total = title_states.count_entries(reading, asking.id, which)
    items = _shown(live, found)
    return ListResponse[TitleOfMine](items=items, total=total, limit=page.limit, offset=page.offset)


def _begun(live: Live, reading: Session, asking: Identity) -> list[ListEntry]:
    found = [
        ListEntry(title_id, each.watched_at, each.rating, each.progress)
        for title_id, each in interactions.read_title_states(reading, asking.id).items()
        if each.in_progress and each.watched_at is not None and title_id in live.listings
    ]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _shown(live: Live, placed: Iterable[ListEntry]) -> list[TitleOfMine]:
    """Return the titles that are served, as a list shows them."""
    listed = ((each, live.listings.get(each.title_id)) for each in placed)
    return [
        TitleOfMine(
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
