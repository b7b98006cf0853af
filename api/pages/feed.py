"""The personal feed, and what is done to a title on any page."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from api import mood_param, region_detection
from api.auth.identity import (
    Identity,
    LenientIdentityDep,
    ViewerIdentityDep,
    declines_storage,
    identify_viewer,
)
from api.auth.viewer_context import ViewerContextDep, reason_language
from api.pages.header_account import GREETED
from api.pages.layout import SAID, error_page, page
from api.pages.login import is_local, onwards
from api.pages.search_form import PAGE, chosen_region, number
from api.params import CatalogueViewDep, MetricsDep, ResourcesDep
from api.routes.feed import MAX_EXCLUDED_TITLES, ExcludeParam
from api.routes.interactions import InteractionRequest, interact
from api.routes.titles import MAX_TITLE_ID
from api.schemas.titles import FeedResponse
from api.state import CatalogueDep
from catalog.regions import language_weights as watched
from index.query import Filter, Region
from recommend.feed_plan import Fallback, MoodTarget
from recommend.moods import MOOD_NAMES, Rasa
from recommend.reason_texts import REASON_LANGUAGES
from recommend.reasons import ENGLISH
from runtime.catalogue_view import Live
from services import feed
from services.feed import FeedRequest
from services.feed_metrics import FeedMetricsDep
from viewers.context import ViewerContext

ROW = "feed"  # where a title was shown; with a mood, "feed:wonder"

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[GREETED]
)


async def mood(request: Request, resources: ResourcesDep, mood: str = "") -> MoodTarget | None:
    """Return the mood asked for; words that name none are left out, as no page of ours has them."""
    try:
        return await mood_param.parse_mood(request, resources, mood)
    except RequestValidationError:
        return None


def found(
    request: Request,
    live: CatalogueViewDep,
    person: ViewerContextDep,
    feeds: FeedMetricsDep,
    mood: Annotated[MoodTarget | None, Depends(mood)],
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
) -> FeedResponse:
    """Return the feed of who asks."""
    wish = FeedRequest(
        region=person.region or chosen_region(request) or region_detection.detect_region(request),
        filter=feed.exclude_titles(Filter(), exclude),
        limit=PAGE,
        now=datetime.now(UTC),
        reason_language=reason_language(request, None, person),
        mood=mood,
    )
    served = feed.build_feed(live, person, wish)
    feeds.observe(person.id, served)
    return feed.to_response(live, served, wish)


FoundDep = Annotated[FeedResponse, Depends(found)]


async def reader(request: Request, known: LenientIdentityDep) -> Identity | None:
    """Return who reads the feed, a new visitor if need be; it goes on without PostgreSQL."""
    return await identify_viewer(request, known)


@router.get("/feed")
def whole(
    request: Request,
    asking: Annotated[Identity | None, Depends(reader)],
    live: CatalogueViewDep,
    person: ViewerContextDep,
    found: FoundDep,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
    did: str = "",
) -> Response:
    """Return the page of the feed; `did` is what was just done on it."""
    told = _beside(reason_language(request, None, person), person, found.region)
    context = _listed(found, exclude) | {
        "moods": {rasa.value: (MOOD_NAMES[rasa]["en"], MOOD_NAMES[rasa][told]) for rasa in Rasa},
        "mood": found.mood or "",
        "told_in": told,
        "kept": not declines_storage(request, asking),
        "new": found.ladder[:1] not in ([Fallback.TASTE], [Fallback.PICKS]),
        "said": _said(live, did),
    }
    return page(request, "feed.html", context)


@router.get("/feed/cards")
def cards(
    request: Request,
    found: FoundDep,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
) -> Response:
    """Return the titles of the feed alone."""
    return page(request, "cards.html", _listed(found, exclude))


async def marked(request: Request) -> InteractionRequest | None:
    """Return what a button under a title sends, none for what no page of ours would."""
    sent = {name: value for name, value in (await request.form()).items() if value}
    try:
        return InteractionRequest.model_validate(sent)
    except ValidationError:
        return None


@router.post("/marks")
def mark(
    request: Request,
    did: Annotated[InteractionRequest | None, Depends(marked)],
    asking: ViewerIdentityDep,
    live: CatalogueViewDep,
    catalogue: CatalogueDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    next: Annotated[str, Form()] = "",  # noqa: A002  # as addresses have it
) -> Response:
    """Store what was done to a title, and go back to where it was done."""
    if did is None:
        return error_page(request, 422)
    interact(did, request, asking, live, catalogue, resources, metrics)
    back = re.sub(r"[?&]did=[^&]*", "", next)
    told = urlencode({"did": f"{did.event}-{did.content_id}"})
    return onwards(f"{back}{'&' if '?' in back else '?'}{told}" if is_local(next) else "", "/feed")


def _beside(told: str, person: ViewerContext, region: Region) -> str:
    """Return the language that moods are named in beside English: that of reasons, else his own."""
    said = sorted(person.preferences.languages.items(), key=lambda each: -each[1])
    wishes = [told, *dict(said), *dict(person.taste.top_affinities("language")), *watched(region)]
    return next((code for code in wishes if code in REASON_LANGUAGES and code != ENGLISH), "hi")


def _listed(found: FeedResponse, exclude: Sequence[int]) -> dict[str, object]:
    row = f"{ROW}:{found.mood}" if found.mood else ROW
    shown = [*exclude, *(item.id for item in found.items)]
    more = len(found.items) == PAGE and len(shown) + PAGE <= MAX_EXCLUDED_TITLES
    return {
        "items": found.items,
        "row": row,
        "here": _address(found.mood, exclude),
        "more": _address(found.mood, shown) if more else None,
    }


def _address(mood: str | None, exclude: Sequence[int]) -> str:
    asked: list[tuple[str, object]] = [("mood", mood)] if mood else []
    asked += [("exclude", each) for each in exclude]
    return "/feed?" + urlencode(asked) if asked else "/feed"


def _said(live: Live, did: str) -> str:
    event, _, title_id = did.partition("-")
    listing = live.listings.get(number(title_id, most=MAX_TITLE_ID) or 0)
    return SAID.get(event, "").format(title=listing.title, value="") if listing else ""
