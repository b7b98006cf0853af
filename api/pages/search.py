"""The search page, and its results alone for the live search."""

from typing import Annotated

from fastapi import Depends, Request, Response

from api.auth.viewer_context import PersonalizationDep, reason_language
from api.pages.layout import page_router, render_page
from api.pages.region import PageRegionDep
from api.pages.search_form import SearchForm, SearchFormDep
from api.params import MAX_OFFSET
from api.schemas.search import SearchResponse
from api.search_logging import SearchLoggerDep
from api.search_results import analyze_text, run_search
from api.state import AppStateDep
from services.search import SearchRequest

router = page_router()


async def load_results(
    request: Request,
    form: SearchFormDep,
    state: AppStateDep,
    search_logger: SearchLoggerDep,
    personalization: PersonalizationDep,
    region: PageRegionDep,
) -> SearchResponse:
    """Return the results of a search: one more than a page shows, to tell whether more follow."""
    logger = search_logger.with_visitor()
    search_request = SearchRequest(
        filter=personalization.age_limit.restrict(form.to_filter()),
        region=region,
        limit=form.limit + 1,
        offset=form.offset,
        taste=personalization.taste_direction,
        reason_language=reason_language(request, None, personalization),
    )
    query = await analyze_text(state, form.q, frozenset(form.ignored_chips))

    def respond() -> SearchResponse:
        response = run_search(state, query, search_request)
        return logger.log_search(form.q, region, response)

    return await state.cpu_limiter.run(respond)


SearchResultsDep = Annotated[SearchResponse, Depends(load_results)]


@router.get("/search")
async def show_search(request: Request, form: SearchFormDep, results: SearchResultsDep) -> Response:
    """Return the search page."""
    return render_page(request, "search.html", results_context(form, results))


@router.get("/search/results")
async def show_results(
    request: Request, form: SearchFormDep, results: SearchResultsDep
) -> Response:
    """Return the results alone."""
    return render_page(request, "search_results.html", results_context(form, results))


def results_context(form: SearchForm, results: SearchResponse) -> dict[str, object]:
    """Return what the templates of results show."""
    items, total = list(results.items), results.total
    next_offset = form.offset + form.limit
    has_more = len(items) > form.limit or (total or 0) > next_offset
    if total is None and items and not has_more:
        total = form.offset + len(items)
    previous_offset = max(0, form.offset - form.limit)
    return {
        "form": form,
        "hits": items[: form.limit],
        "total": total,
        "chips": results.chips,
        "ignored_constraints": results.relaxed,
        "did_you_mean": results.did_you_mean,
        "only_similar": results.nearest,
        "next_url": form.url(offset=next_offset)
        if has_more and next_offset <= MAX_OFFSET
        else None,
        "previous_url": form.url(offset=previous_offset) if form.offset else None,
    }
