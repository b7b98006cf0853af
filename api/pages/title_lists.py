"""The viewer's lists."""

from urllib.parse import urlencode

from fastapi import Request, Response

from api.auth.identity import IdentityDep
from api.pages.forms import parse_number
from api.pages.layout import page_router, render_page
from api.pages.search_form import TITLES_PER_PAGE
from api.params import MAX_OFFSET
from api.state import CatalogueViewDep, SessionDep
from db.title_states import TitleList
from services.title_lists import EMPTY_PAGE, read_title_list

LIST_LABELS = {
    TitleList.HISTORY: "Watched",
    TitleList.RATINGS: "Rated",
    TitleList.WATCHLIST: "Watchlist",
    TitleList.FAVORITES: "Favourites",
}
EMPTY_LIST_TEXTS = {
    TitleList.HISTORY: "Nothing marked as watched yet.",
    TitleList.RATINGS: "Nothing rated yet. The stars are on the page of each title.",
    TitleList.WATCHLIST: "Your watchlist is empty. Add titles with the bookmark below them.",
    TitleList.FAVORITES: "No favourites yet. Add titles with the star on their page.",
}
REMOVAL_EVENTS = {
    TitleList.WATCHLIST: ("watchlist", "unwatchlist"),
    TitleList.FAVORITES: ("favorite", "unfavorite"),
}
"""Lists with a Remove button: the event that adds a title, and the one that removes it."""

router = page_router()


@router.get("/history")
def show_title_list(
    request: Request,
    identity: IdentityDep,
    catalogue: CatalogueViewDep,
    session: SessionDep,
    list: str = "",
    offset: str = "",
) -> Response:
    """Return a list, the latest first."""
    title_list = TitleList(list) if list in LIST_LABELS else TitleList.HISTORY
    start = parse_number(offset, maximum=MAX_OFFSET) or 0
    page = EMPTY_PAGE
    if identity is not None:
        page = read_title_list(
            session, catalogue, identity.id, title_list, limit=TITLES_PER_PAGE, offset=start
        )
    next_offset = start + TITLES_PER_PAGE
    has_more = next_offset < page.total and next_offset <= MAX_OFFSET
    context = {
        "list_labels": LIST_LABELS,
        "title_list": title_list,
        "empty_text": EMPTY_LIST_TEXTS[title_list],
        "removal_events": REMOVAL_EVENTS.get(title_list),
        "items": page.items,
        "return_to": _list_url(title_list, start),
        "next_url": _list_url(title_list, next_offset) if has_more else None,
        "previous_url": _list_url(title_list, max(0, start - TITLES_PER_PAGE)) if start else None,
    }
    return render_page(request, "title_lists.html", context)


def _list_url(title_list: TitleList, offset: int) -> str:
    pairs: dict[str, object] = {"list": title_list.value} | ({"offset": offset} if offset else {})
    return "/history?" + urlencode(pairs)
