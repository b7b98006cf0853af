"""A viewer's lists: watchlist, favourites, history, ratings and titles in progress."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from db import title_states
from db.title_states import ListEntry, TitleList
from runtime.catalogue_view import CatalogueView
from viewers import interactions
from vocabulary.kinds import Kind


@dataclass(frozen=True, slots=True)
class ListedTitle:
    """A title on a list; `at` is when it was added, `rating` and `progress` are the viewer's."""

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


@dataclass(frozen=True, slots=True)
class TitleListPage:
    """A part of a list, the latest first, and the length of the whole list."""

    items: Sequence[ListedTitle]
    total: int


EMPTY_PAGE = TitleListPage((), 0)


def read_title_list(
    session: Session,
    catalogue: CatalogueView,
    viewer_id: UUID,
    title_list: TitleList,
    *,
    limit: int,
    offset: int,
) -> TitleListPage:
    """Return a part of a viewer's list."""
    entries = title_states.list_entries(session, viewer_id, title_list, limit=limit, offset=offset)
    total = title_states.count_entries(session, viewer_id, title_list)
    return TitleListPage(_listed_titles(catalogue, entries), total)


def read_in_progress(
    session: Session, catalogue: CatalogueView, viewer_id: UUID, *, limit: int, offset: int
) -> TitleListPage:
    """Return the titles that a viewer stopped in the middle of."""
    entries = [
        ListEntry(title_id, state.watched_at, state.rating, state.progress)
        for title_id, state in interactions.read_title_states(session, viewer_id).items()
        if state.in_progress and state.watched_at is not None and title_id in catalogue.titles
    ]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return TitleListPage(_listed_titles(catalogue, entries[offset : offset + limit]), len(entries))


def _listed_titles(catalogue: CatalogueView, entries: Iterable[ListEntry]) -> list[ListedTitle]:
    """Return the titles that are served."""
    pairs = ((entry, catalogue.titles.get(entry.title_id)) for entry in entries)
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
            at=entry.at,
            rating=entry.rating,
            progress=entry.progress,
        )
        for entry, listing in pairs
        if listing is not None
    ]
