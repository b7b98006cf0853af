"""The personal feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.auth.consent import declines_storage, identify_viewer
from api.auth.identity import Identity, LenientIdentityDep
from api.auth.viewer_context import ViewerContextDep, reason_language
from api.pages.forms import parse_number
from api.pages.layout import STATUS_TEXTS, page_router, render_page
from api.pages.region import PageRegionDep
from api.pages.search_form import TITLES_PER_PAGE
from api.params import MAX_EXCLUDED_TITLES, ExcludeParam
from api.state import AppStateDep, CatalogueViewDep, CpuLimiterDep, FeedMetricsDep
from catalog.regions import language_weights
from index.query import Filter
from recommend.feed_context import Fallback
from recommend.moods import MOOD_NAMES, MoodTarget, Rasa, rasa_name
from recommend.reason_texts import REASON_LANGUAGES
from recommend.reasons import ENGLISH
from runtime.catalogue_view import CatalogueView
from services import feed
from services.feed import FeedRequest, FeedResult
from services.moods import UnknownMood, resolve_mood
from services.title_cards import TitleCard
from viewers.context import ViewerContext
from vocabulary.ids import MAX_TITLE_ID, Region
from vocabulary.kinds import Event

FEED_ROW = "feed"  # row key of interactions; with a mood, "feed:wonder"

router = page_router()


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A feed and its cards."""

    request: FeedRequest
    result: FeedResult
    cards: Sequence[TitleCard]

    @property
    def mood(self) -> Rasa | None:
        """The mood of the feed."""
        return self.request.mood.rasa if self.request.mood else None


async def lenient_mood(state: AppStateDep, mood: str = "") -> MoodTarget | None:
    """Return the mood of the address; unknown ones are ignored."""
    try:
        return await run_in_threadpool(
            resolve_mood, mood, state.resources.embedder, state.mood_cache
        )
    except UnknownMood:
        return None


async def load_feed(
    request: Request,
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    region: PageRegionDep,
    feed_metrics: FeedMetricsDep,
    cpu_limiter: CpuLimiterDep,
    mood: Annotated[MoodTarget | None, Depends(lenient_mood)],
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
) -> FeedPage:
    """Return the viewer's feed."""
    feed_request = FeedRequest(
        region=region,
        filter=feed.exclude_titles(Filter(), exclude),
        limit=TITLES_PER_PAGE,
        now=datetime.now(UTC),
        reason_language=reason_language(request, None, viewer),
        mood=mood,
    )

    def respond() -> FeedPage:
        result = feed.build_feed(catalogue, viewer, feed_request)
        feed_metrics.observe(viewer.id, result)
        return FeedPage(feed_request, result, feed.feed_cards(catalogue, result, feed_request))

    return await cpu_limiter.run(respond)


FeedPageDep = Annotated[FeedPage, Depends(load_feed)]


async def identify_feed_viewer(request: Request, identity: LenientIdentityDep) -> Identity | None:
    """Return the viewer, a new visitor if need be; the feed works while PostgreSQL is down."""
    return await identify_viewer(request, identity)


@router.get("/feed")
async def show_feed(
    request: Request,
    identity: Annotated[Identity | None, Depends(identify_feed_viewer)],
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    page: FeedPageDep,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
    did: str = "",
) -> Response:
    """Return the page of the feed; `did` is an action to confirm, such as `like-7`."""
    language = _second_mood_language(viewer, page.request.reason_language, page.request.region)
    context = _cards_context(page, exclude) | {
        "moods": {
            rasa.value: (
                MOOD_NAMES[rasa]["en"],
                MOOD_NAMES[rasa][language],
                rasa_name(rasa, language),
            )
            for rasa in Rasa
        },
        "mood": page.mood or "",
        "mood_language": language,
        "can_store": not declines_storage(request, identity),
        "is_new_viewer": page.result.plan.fallbacks[:1]
        not in ((Fallback.TASTE,), (Fallback.PICKS,)),
    }
    return render_page(request, "feed.html", context | _status_context(catalogue, did))


@router.get("/feed/cards")
async def show_feed_cards(
    request: Request,
    page: FeedPageDep,
    exclude: ExcludeParam = [],  # noqa: B006  # FastAPI copies its defaults
) -> Response:
    """Return the cards alone."""
    return render_page(request, "feed_cards.html", _cards_context(page, exclude))


def _second_mood_language(viewer: ViewerContext, reason_language: str, region: Region) -> str:
    """Return the language of mood names beside English: that of the reasons, else one watched."""
    preferred = sorted(viewer.preferences.languages.items(), key=lambda each: -each[1])
    candidates = [
        reason_language,
        *dict(preferred),
        *dict(viewer.taste.top_affinities("language")),
        *language_weights(region),
    ]
    return next((code for code in candidates if code in REASON_LANGUAGES and code != ENGLISH), "hi")


def _cards_context(page: FeedPage, exclude: Sequence[int]) -> dict[str, object]:
    listed = [*exclude, *(card.id for card in page.cards)]
    has_more = (
        len(page.cards) == TITLES_PER_PAGE and len(listed) + TITLES_PER_PAGE <= MAX_EXCLUDED_TITLES
    )
    return {
        "items": page.cards,
        "row": f"{FEED_ROW}:{page.mood}" if page.mood else FEED_ROW,
        "return_to": _feed_url(page.mood, exclude),
        "more_url": _feed_url(page.mood, listed) if has_more else None,
    }


def _feed_url(mood: str | None, exclude: Sequence[int]) -> str:
    pairs: list[tuple[str, object]] = [("mood", mood)] if mood else []
    pairs += [("exclude", title_id) for title_id in exclude]
    return "/feed?" + urlencode(pairs) if pairs else "/feed"


def _status_context(catalogue: CatalogueView, did: str) -> dict[str, object]:
    """Return the confirmation of an action, and the title of a dismissal that can be undone."""
    event, _, number = did.partition("-")
    title_id = parse_number(number, maximum=MAX_TITLE_ID)
    listing = catalogue.titles.get(title_id or 0)
    if listing is None:
        return {"status": "", "undo": None}
    text = STATUS_TEXTS.get(event, "").format(title=listing.title, value="")
    return {"status": text, "undo": title_id if event == Event.DISMISS else None}
