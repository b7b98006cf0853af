"""The pages of titles: the homepage, the search, a title and its poster."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.pages.layout import render_error_page, render_page, static_version
from api.pages.posters import PosterData, draw_poster
from api.pages.search_form import (
    MAX_OFFSET,
    REGION_COOKIE,
    SearchForm,
    SearchFormDep,
    chosen_region,
)
from catalog import regions
from vocabulary.ids import MAX_TITLE_ID

POSTER_MAX_AGE_S = 7 * 86_400
REGION_MAX_AGE_S = 365 * 86_400
POSTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class HomepageData(Protocol):
    """What `GET /api/recommendations/homepage` answers."""

    @property
    def rows(self) -> Sequence[object]:
        """Rows of key, title and items."""

    @property
    def region(self) -> str:
        """The region that the rows are for."""


class SearchResultsData(Protocol):
    """What `GET /api/search` answers."""

    @property
    def items(self) -> Sequence[object]:
        """Hits, best first, at most `Wanted.limit`."""

    @property
    def total(self) -> int | None:
        """How many titles match, where that is known."""

    @property
    def chips(self) -> Sequence[object]:
        """What was understood of the text, each with a key and a label."""

    @property
    def relaxed(self) -> Sequence[object]:
        """What was understood, and given up because nothing would have been left."""

    @property
    def did_you_mean(self) -> object | None:
        """A title whose name is nearly the text."""

    @property
    def nearest(self) -> bool:
        """No title has the name or the words."""


class PageDataSource(Protocol):
    """What the pages show: the objects (or mappings) that the JSON routes answer with."""

    def home(self, region: str | None, language: str | None, usual: str | None) -> HomepageData:
        """Return the homepage's rows.

        Without a region, for where the person says he is, or his browser before, or he seems to be.
        """

    def search(self, form: SearchForm) -> SearchResultsData:
        """Return the titles wanted, best first."""

    def title(self, title_id: int) -> object | None:
        """Return everything known of a title."""

    def standing(self, title_id: int) -> object | None:
        """Return what the person said of a title and did with it; none where nothing is kept."""

    def similar(self, title_id: int) -> Sequence[object]:
        """Return hits similar to a title."""

    def card(self, title_id: int) -> PosterData | None:
        """Return what is drawn of a title."""


def title_routes(page_data: Callable[..., PageDataSource | Awaitable[PageDataSource]]) -> APIRouter:
    """Return the routes of the pages."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    given = Depends(page_data)

    @router.get("/")
    def home(
        request: Request, region: str = "", language: str = "", shown: PageDataSource = given
    ) -> Response:
        chosen = regions.canonical_region(region) if region else None
        found = shown.home(chosen, language or None, chosen_region(request))
        response = render_page(request, "homepage.html", {"homepage": found, "language": language})
        if chosen:
            response.set_cookie(
                REGION_COOKIE, chosen, max_age=REGION_MAX_AGE_S, httponly=True, samesite="lax"
            )
        return response

    @router.get("/search")
    def search(request: Request, wanted: SearchFormDep, shown: PageDataSource = given) -> Response:
        return render_page(request, "search.html", _results_context(shown, wanted))

    @router.get("/search/results")
    def results(request: Request, wanted: SearchFormDep, shown: PageDataSource = given) -> Response:
        return render_page(request, "search_results.html", _results_context(shown, wanted))

    @router.get("/favicon.ico")
    def icon() -> Response:
        return RedirectResponse(f"/static/{static_version()}/icon.svg")

    @router.get("/title/{title_id:int}")
    def title(request: Request, title_id: int, shown: PageDataSource = given) -> Response:
        details = shown.title(title_id) if title_id <= MAX_TITLE_ID else None
        if details is None:
            return render_error_page(request, 404)
        context = {
            "details": details,
            "similar": shown.similar(title_id),
            "title_actions": shown.standing(title_id),
        }
        return render_page(request, "title.html", context)

    @router.get("/posters/{title_id:int}.svg")
    def poster(request: Request, title_id: int, shown: PageDataSource = given) -> Response:
        card = shown.card(title_id) if title_id <= MAX_TITLE_ID else None
        return (
            render_error_page(request, 404)
            if card is None
            else _poster_response(request, title_id, card)
        )

    return router


def _results_context(page_data: PageDataSource, form: SearchForm) -> dict[str, object]:
    # One title more than the page shows tells whether there is a next page.
    found = page_data.search(replace(form, limit=form.limit + 1))
    items = list(found.items)
    more = len(items) > form.limit or (found.total or 0) > form.offset + form.limit
    after = form.offset + form.limit
    total = found.total
    if total is None and items and not more:
        total = form.offset + len(items)
    before = max(0, form.offset - form.limit)
    return {
        "form": form,
        "hits": items[: form.limit],
        "total": total,
        "chips": found.chips,
        "ignored_constraints": found.relaxed,
        "did_you_mean": found.did_you_mean,
        "only_similar": found.nearest,
        "next_url": form.url(offset=after) if more and after <= MAX_OFFSET else None,
        "previous_url": form.url(offset=before) if form.offset else None,
    }


def _poster_response(request: Request, title_id: int, poster: PosterData) -> Response:
    drawing = draw_poster(title_id, poster).encode()
    etag = f'"{hashlib.blake2b(drawing, digest_size=12).hexdigest()}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={POSTER_MAX_AGE_S}, stale-while-revalidate=86400",
        "Content-Security-Policy": POSTER_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(drawing, media_type="image/svg+xml", headers=headers)
