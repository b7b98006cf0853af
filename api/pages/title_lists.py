"""What somebody watched, rated and saved."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.auth.identity import IdentityDep
from api.pages.header_account import GREETED
from api.pages.layout import page
from api.pages.search_form import PAGE, number
from api.params import MAX_OFFSET, CatalogueViewDep, Pagination, SessionDep
from api.routes import title_lists
from db.title_states import TitleList

LISTS = {
    TitleList.HISTORY: "Watched",
    TitleList.RATINGS: "Rated",
    TitleList.WATCHLIST: "Watchlist",
    TitleList.FAVORITES: "Favourites",
}
EMPTY = {
    TitleList.HISTORY: "You have watched nothing yet that we know of.",
    TitleList.RATINGS: "You have rated nothing yet. The stars are on the page of each title.",
    TitleList.WATCHLIST: "Your watchlist is empty. The bookmark below a title puts it here.",
    TitleList.FAVORITES: "You have no favourites yet. The star on the page of a title makes it one.",
}
TAKEN_OFF = {
    TitleList.WATCHLIST: ("watchlist", "unwatchlist"),
    TitleList.FAVORITES: ("favorite", "unfavorite"),
}
"""What can be taken off its list: the event that put it there, and the one that takes it away."""

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[GREETED]
)


@router.get("/history")
def history(
    request: Request,
    asking: IdentityDep,
    live: CatalogueViewDep,
    reading: SessionDep,
    list: str = "",  # noqa: A002  # as addresses have it
    offset: str = "",
) -> Response:
    """Return a list of somebody's, the latest first."""
    which = TitleList(list) if list in LISTS else TitleList.HISTORY
    since = number(offset, most=MAX_OFFSET) or 0
    found = title_lists.shelf(live, reading, asking, which, Pagination(PAGE, since))
    until = since + PAGE
    context = {
        "lists": LISTS,
        "list": which,
        "empty": EMPTY[which],
        "taken_off": TAKEN_OFF.get(which),
        "items": found.items,
        "here": _address(which, since),
        "next": _address(which, until) if until < (found.total or 0) else None,
        "previous": _address(which, max(0, since - PAGE)) if since else None,
    }
    return page(request, "history.html", context)


def _address(which: TitleList, since: int) -> str:
    asked: dict[str, object] = {"list": which.value} | ({"offset": since} if since else {})
    return "/history?" + urlencode(asked)
