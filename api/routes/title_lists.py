"""A viewer's lists, the latest first."""

from collections.abc import Callable

from fastapi import APIRouter

from api.auth.identity import IdentityDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import Pagination, PaginationDep
from api.schemas.responses import ListResponse
from api.state import CatalogueViewDep, SessionDep
from db.title_states import TitleList
from services.title_lists import (
    EMPTY_PAGE,
    ListedTitle,
    TitleListPage,
    read_in_progress,
    read_title_list,
)

ListHandler = Callable[..., ListResponse[ListedTitle]]

router = APIRouter(
    prefix="/api/user",
    tags=["lists"],
    responses=DATABASE_UNAVAILABLE_RESPONSES,
    dependencies=[NO_STORE],
)


def list_handler(title_list: TitleList) -> ListHandler:
    """Return the handler of a list."""

    def get_title_list(
        identity: IdentityDep,
        catalogue: CatalogueViewDep,
        pagination: PaginationDep,
        session: SessionDep,
    ) -> ListResponse[ListedTitle]:
        page = EMPTY_PAGE
        if identity is not None:
            page = read_title_list(
                session,
                catalogue,
                identity.id,
                title_list,
                limit=pagination.limit,
                offset=pagination.offset,
            )
        return _list_response(page, pagination)

    return get_title_list


for title_list, summary in {
    TitleList.WATCHLIST: "Titles that the viewer wants to watch",
    TitleList.FAVORITES: "The viewer's favourites",
    TitleList.HISTORY: "Titles that the viewer watched, in full or in part",
    TitleList.RATINGS: "Titles that the viewer rated, each with its latest rating",
}.items():
    router.add_api_route(
        f"/{title_list}",
        list_handler(title_list),
        operation_id=title_list,
        summary=summary,
        description=f"{summary}, the latest first.",
    )


@router.get("/continue", operation_id="continue_watching")
def get_continue_watching(
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    pagination: PaginationDep,
    session: SessionDep,
) -> ListResponse[ListedTitle]:
    """Return the titles that the viewer stopped in the middle of."""
    page = EMPTY_PAGE
    if identity is not None:
        page = read_in_progress(
            session,
            catalogue,
            identity.id,
            limit=pagination.limit,
            offset=pagination.offset,
        )
    return _list_response(page, pagination)


def _list_response(page: TitleListPage, pagination: Pagination) -> ListResponse[ListedTitle]:
    return ListResponse[ListedTitle](
        items=list(page.items),
        total=page.total,
        limit=pagination.limit,
        offset=pagination.offset,
    )
