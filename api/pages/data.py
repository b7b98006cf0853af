"""What the pages show, from what the process holds: the same answers as the JSON routes give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Request

from api.auth.consent import declines_storage
from api.auth.identity import Identity, LenientIdentityDep
from api.auth.viewer_context import load_personalization, load_viewer_context, reason_language
from api.pages.header_account import LOAD_HEADER_ACCOUNT
from api.pages.posters import PosterData
from api.pages.search_form import SearchForm
from api.params import MAX_OFFSET, MAX_PAGE_SIZE, genre_slugs
from api.region_detection import resolve_region
from api.schemas.homepage import HomepageResponse
from api.schemas.search import SearchResponse
from api.schemas.titles import TitleDetailsResponse
from api.search_logging import SearchLogger, SearchLoggerDep
from api.state import AppState, AppStateDep
from catalog import languages
from db.engine import OUTAGES, open_session
from db.titles import TitleNotFound
from index.query import Filter
from recommend.title_state import EMPTY_STATE, TitleState
from services import homepage, search
from services.feed import FeedRequest
from services.title_cards import TitleCard
from viewers import interactions
from viewers.context import Personalization, ViewerContext
from vocabulary.ids import Region
from vocabulary.kinds import Kind

MAX_SIMILAR_TITLES = 18  # titles beside one


@dataclass(frozen=True, slots=True)
class TitleActions:
    """What stands between a person and a title, as buttons show it; the last verdict counts."""

    liked: bool
    dismissed: bool
    watchlist: bool
    favorite: bool
    watched: bool
    rating: float | None

    @classmethod
    def from_title_state(cls, state: TitleState) -> "TitleActions":
        """Return the marks of a standing."""
        verdicts = (state.liked_at, state.disliked_at, state.dismissed_at)
        last = max((at for at in verdicts if at is not None), default=None)
        return cls(
            liked=last is not None and state.liked_at == last,
            dismissed=last is not None and state.dismissed_at == last,
            watchlist=state.watchlist_at is not None,
            favorite=state.favorite_at is not None,
            watched=state.completed_at is not None,
            rating=state.rating,
        )


@dataclass(frozen=True, slots=True)
class PageData:
    """Implements `api.pages.titles.Pages`; `region` is where the visitor seems to be."""

    state: AppState
    region: Region
    search_logger: SearchLogger
    identity: Identity | None

    def home(self, region: str | None, language: str | None, usual: str | None) -> HomepageResponse:
        """Return the rows of the homepage."""
        self.search_logger.with_visitor()
        whose = self._viewer_context()
        place = region or whose.region or usual or self.region
        wish = FeedRequest(
            region=place,
            filter=Filter(),
            limit=homepage.MAX_ROW_TITLES,
            now=datetime.now(UTC),
            reason_language=reason_language(self.search_logger.request, None, whose),
        )
        return homepage.build_homepage(
            self.state.catalogue, region=place, language=language, viewer=whose, feed_request=wish
        )

    def search(self, wanted: SearchForm) -> SearchResponse:
        """Return what the search page lists."""
        whose = self._personalization()
        region = wanted.region or whose.region or self.region
        found = search.search(
            self.state.catalogue,
            self.state.metrics,
            query=search.analyze(
                self.state.catalogue,
                self.state.resources.embedder,
                wanted.q,
                ignored=frozenset(wanted.ignored_chips),
            ),
            filter=whose.age_limit.restrict(_title_filter(wanted)),
            region=region,
            limit=min(wanted.limit, MAX_PAGE_SIZE),
            offset=min(wanted.offset, MAX_OFFSET),
            has_embedder=self.state.resources.embedder is not None,
            taste=whose.taste_direction,
        )
        return self.search_logger.with_visitor().log_search(wanted.q, region, found)

    def title(self, title_id: int) -> TitleDetailsResponse | None:
        """Return everything known of a title, or none for what is not there."""
        with open_session(self.state.resources.engine) as reading:
            try:
                return search.title_details(reading, title_id)
            except TitleNotFound:
                return None

    def standing(self, title_id: int) -> TitleActions | None:
        """Return what stands between the person and a title; none where nothing can be kept."""
        if declines_storage(self.search_logger.request, self.identity):
            return None
        if self.identity is None:
            return TitleActions.from_title_state(EMPTY_STATE)
        try:
            with open_session(self.state.resources.engine) as reading:
                found = interactions.read_title_state(reading, self.identity.id, title_id)
        except OUTAGES:
            return None
        return TitleActions.from_title_state(found)

    def similar(self, title_id: int) -> Sequence[TitleCard]:
        """Return the titles nearest to one; none for a title that is not served yet."""
        try:
            return search.similar_titles(
                self.state.catalogue,
                title_id,
                filter=self._personalization().age_limit.restrict(Filter()),
                limit=MAX_SIMILAR_TITLES,
                offset=0,
            ).items
        except TitleNotFound:
            return []

    def card(self, title_id: int) -> PosterData | None:
        """Return what a poster is drawn from."""
        listing = self.state.catalogue.titles.get(title_id)
        if listing is None:
            return None
        return PosterData(
            title=listing.title,
            original_title=listing.original_title,
            year=listing.year,
            language=listing.language or "",
            genres=listing.genres,
        )

    def _personalization(self) -> Personalization:
        return load_personalization(self.identity, self.state)

    def _viewer_context(self) -> ViewerContext:
        return load_viewer_context(self.identity, self.state)


async def page_data(
    request: Request,
    state: AppStateDep,
    search_logger: SearchLoggerDep,
    identity: LenientIdentityDep,
    _: Annotated[None, LOAD_HEADER_ACCOUNT],
) -> PageData:
    """Return what this request's page shows."""
    return PageData(state, await resolve_region(request, None, None), search_logger, identity)


def _title_filter(wanted: SearchForm) -> Filter:
    return Filter(
        kinds=frozenset(map(Kind, wanted.kinds)),
        languages=frozenset(map(languages.normalise_code, wanted.languages)),
        genres_any=genre_slugs(wanted.genres),
        providers=frozenset(wanted.providers),
        year_from=wanted.year_from,
        year_to=wanted.year_to,
    )
