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
from api.auth.consent import ViewerIdentityDep, declines_storage, identify_viewer
from api.auth.identity import Identity, LenientIdentityDep
from api.auth.redirects import is_local_destination, redirect_to_local
from api.auth.viewer_context import ViewerContextDep, reason_language
from api.pages.header_account import LOAD_HEADER_ACCOUNT
from api.pages.layout import STATUS_TEXTS, render_error_page, render_page
from api.pages.search_form import TITLES_PER_PAGE, chosen_region, parse_number
from api.params import MAX_EXCLUDED_TITLES, ExcludeParam
from api.routes.interactions import InteractionRequest, post_interactions
from api.schemas.feed import FeedResponse
from api.state import (
    AppStateDep,
    CatalogueViewDep,
    FeatureSourceDep,
    FeedMetricsDep,
    MetricsDep,
    ResourcesDep,
)
from catalog.regions import language_weights as watched
from index.query import Filter
from recommend.feed_context import Fallback
from recommend.moods import MOOD_NAMES, MoodTarget, Rasa, rasa_name
from recommend.reason_texts import REASON_LANGUAGES
from recommend.reasons import ENGLISH
from runtime.catalogue_view import CatalogueView
from services import feed
from services.feed import FeedRequest
from viewers.context import ViewerContext
from vocabulary.ids import MAX_TITLE_ID, Region
from vocabulary.kinds import Event

FEED_ROW = "feed"  # where a title was shown; with a mood, "feed:wonder"

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[LOAD_HEADER_ACCOUNT]
)


async def lenient_mood(state: AppStateDep, mood: str = "") -> MoodTarget | None:
    """Return the mood asked for; words that name none are left out, as no page of ours has them."""
    try:
        return await mood_param.parse_mood(state, mood)
    except RequestValidationError:
        return None


def load_feed(
    request: Request,
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    feed_metrics: FeedMetricsDep,
    mood: Annotated[MoodTarget | None, Depends(lenient_mood)],
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
) -> FeedResponse:
    """Return the feed of who asks."""
    wish = FeedRequest(
        region=viewer.region or chosen_region(request) or region_detection.detect_region(request),
        filter=feed.exclude_titles(Filter(), exclude),
        limit=TITLES_PER_PAGE,
        now=datetime.now(UTC),
        reason_language=reason_language(request, None, viewer),
        mood=mood,
    )
    served = feed.build_feed(catalogue, viewer, wish)
    feed_metrics.observe(viewer.id, served)
    return feed.to_response(catalogue, served, wish)


FeedDep = Annotated[FeedResponse, Depends(load_feed)]


async def identify_feed_viewer(request: Request, identity: LenientIdentityDep) -> Identity | None:
    """Return who reads the feed, a new visitor if need be; it goes on without PostgreSQL."""
    return await identify_viewer(request, identity)


@router.get("/feed")
def show_feed(
    request: Request,
    identity: Annotated[Identity | None, Depends(identify_feed_viewer)],
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    feed_response: FeedDep,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
    did: str = "",
) -> Response:
    """Return the page of the feed; `did` is what was just done on it."""
    told = _second_mood_language(
        reason_language(request, None, viewer), viewer, feed_response.region
    )
    context = _cards_context(feed_response, exclude) | {
        "moods": {
            rasa.value: (MOOD_NAMES[rasa]["en"], MOOD_NAMES[rasa][told], rasa_name(rasa, told))
            for rasa in Rasa
        },
        "mood": feed_response.mood or "",
        "mood_language": told,
        "can_store": not declines_storage(request, identity),
        "is_new_viewer": feed_response.ladder[:1] not in ([Fallback.TASTE], [Fallback.PICKS]),
        "undo": _undo_title_id(did),
        "status": _status_text(catalogue, did),
    }
    return render_page(request, "feed.html", context)


@router.get("/feed/cards")
def show_feed_cards(
    request: Request,
    feed_response: FeedDep,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
) -> Response:
    """Return the titles of the feed alone."""
    return render_page(request, "feed_cards.html", _cards_context(feed_response, exclude))


async def parse_interaction_form(request: Request) -> InteractionRequest | None:
    """Return what a button under a title sends, none for what no page of ours would."""
    sent = {name: value for name, value in (await request.form()).items() if value}
    try:
        return InteractionRequest.model_validate(sent)
    except ValidationError:
        return None


@router.post("/marks")
def submit_interaction(
    request: Request,
    interaction: Annotated[InteractionRequest | None, Depends(parse_interaction_form)],
    identity: ViewerIdentityDep,
    catalogue: CatalogueViewDep,
    feature_source: FeatureSourceDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    next: Annotated[str, Form()] = "",  # as addresses have it
) -> Response:
    """Store what was done to a title, and go back to where it was done."""
    if interaction is None:
        return render_error_page(request, 422)
    post_interactions(interaction, request, identity, catalogue, feature_source, resources, metrics)
    back = re.sub(r"[?&]did=[^&]*", "", next)
    told = urlencode({"did": f"{interaction.event}-{interaction.content_id}"})
    return redirect_to_local(
        f"{back}{'&' if '?' in back else '?'}{told}" if is_local_destination(next) else "", "/feed"
    )


def _second_mood_language(reason_language: str, viewer: ViewerContext, region: Region) -> str:
    """Return the language that moods are named in beside English: that of reasons, else his own."""
    said = sorted(viewer.preferences.languages.items(), key=lambda each: -each[1])
    wishes = [
        reason_language,
        *dict(said),
        *dict(viewer.taste.top_affinities("language")),
        *watched(region),
    ]
    return next((code for code in wishes if code in REASON_LANGUAGES and code != ENGLISH), "hi")


def _cards_context(feed_response: FeedResponse, exclude: Sequence[int]) -> dict[str, object]:
    row = f"{FEED_ROW}:{feed_response.mood}" if feed_response.mood else FEED_ROW
    shown = [*exclude, *(item.id for item in feed_response.items)]
    more = (
        len(feed_response.items) == TITLES_PER_PAGE
        and len(shown) + TITLES_PER_PAGE <= MAX_EXCLUDED_TITLES
    )
    return {
        "items": feed_response.items,
        "row": row,
        "return_to": _feed_url(feed_response.mood, exclude),
        "more_url": _feed_url(feed_response.mood, shown) if more else None,
    }


def _feed_url(mood: str | None, exclude: Sequence[int]) -> str:
    asked: list[tuple[str, object]] = [("mood", mood)] if mood else []
    asked += [("exclude", each) for each in exclude]
    return "/feed?" + urlencode(asked) if asked else "/feed"


def _status_text(catalogue: CatalogueView, did: str) -> str:
    event, _, title_id = did.partition("-")
    listing = catalogue.titles.get(parse_number(title_id, maximum=MAX_TITLE_ID) or 0)
    return STATUS_TEXTS.get(event, "").format(title=listing.title, value="") if listing else ""


def _undo_title_id(did: str) -> int | None:
    event, _, title_id = did.partition("-")
    return parse_number(title_id, maximum=MAX_TITLE_ID) if event == Event.DISMISS else None
