"""What somebody watched, rated and saved."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.auth.identity import IdentityDep
from api.pages.header_account import LOAD_HEADER_ACCOUNT
from api.pages.layout import render_page
from api.pages.search_form import TITLES_PER_PAGE, parse_number
from api.params import MAX_OFFSET, Pagination
from api.routes import title_lists
from api.state import CatalogueViewDep, SessionDep
from db.title_states import TitleList

LIST_LABELS = {
    TitleList.HISTORY: "Watched",
    TitleList.RATINGS: "Rated",
    TitleList.WATCHLIST: "Watchlist",
    TitleList.FAVORITES: "Favourites",
}
EMPTY_LIST_TEXTS = {
    TitleList.HISTORY: "You have watched nothing yet that we know of.",
    TitleList.RATINGS: "You have rated nothing yet. The stars are on the page of each title.",
    TitleList.WATCHLIST: "Your watchlist is empty. The bookmark below a title puts it here.",
    TitleList.FAVORITES: "You have no favourites yet. The star on the page of a title makes it one.",
}
REMOVAL_EVENTS = {
    TitleList.WATCHLIST: ("watchlist", "unwatchlist"),
    TitleList.FAVORITES: ("favorite", "unfavorite"),
}
"""What can be taken off its list: the event that put it there, and the one that takes it away."""

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[LOAD_HEADER_ACCOUNT]
)


@router.get("/history")
def show_title_list(
    request: Request,
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    session: SessionDep,
    list: str = "",  # as addresses have it
    offset: str = "",
) -> Response:
    """Return a list of somebody's, the latest first."""
    which = TitleList(list) if list in LIST_LABELS else TitleList.HISTORY
    since = parse_number(offset, maximum=MAX_OFFSET) or 0
    found = title_lists.read_title_list(
        catalogue, session, identity, which, Pagination(TITLES_PER_PAGE, since)
    )
    until = since + TITLES_PER_PAGE
    context = {
        "list_labels": LIST_LABELS,
        "title_list": which,
        "empty_text": EMPTY_LIST_TEXTS[which],
        "removal_events": REMOVAL_EVENTS.get(which),
        "items": found.items,
        "return_to": _list_url(which, since),
        "next_url": _list_url(which, until) if until < (found.total or 0) else None,
        "previous_url": _list_url(which, max(0, since - TITLES_PER_PAGE)) if since else None,
    }
    return render_page(request, "title_lists.html", context)


def _list_url(title_list: TitleList, offset: int) -> str:
    asked: dict[str, object] = {"list": title_list.value} | ({"offset": offset} if offset else {})
    return "/history?" + urlencode(asked)
