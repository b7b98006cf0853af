"""What the pages show, from what the process holds: the same answers as the JSON routes give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.auth.identity import AnybodyDep, Who, is_private
from api.auth.viewer_context import through, told_in, whole
from api.errors import TitleNotFound
from api.metrics import Metrics
from api.pages.header_account import GREETED
from api.pages.posters import Card
from api.pages.search_form import Wanted
from api.params import DEEPEST, MOST, LiveDep, MetricsDep, ResourcesDep, slugs
from api.region_detection import detected
from api.schemas.titles import Details, HitShown, Homepage, SearchAnswer
from api.search_logging import Asking, AskingDep
from catalog import languages
from config.resources import Resources
from db.engine import open_session
from index.query import Filter, Region
from recommend.title_state import EMPTY_STATE, TitleState
from runtime.catalogue_view import Live
from services import homepage, search
from services.feed import Wish
from viewers import interactions
from viewers.context import Personalization, ViewerContext
from vocabulary.kinds import Kind

SIMILAR = 18  # titles beside one


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands between a person and a title, as buttons show it; the last verdict counts."""

    liked: bool
    dismissed: bool
    watchlist: bool
    favorite: bool
    watched: bool
    rating: float | None

    @classmethod
    def of(cls, standing: TitleState) -> "Marks":
        """Return the marks of a standing."""
        verdicts = (standing.liked_at, standing.disliked_at, standing.dismissed_at)
        last = max((at for at in verdicts if at is not None), default=None)
        return cls(
            liked=last is not None and standing.liked_at == last,
            dismissed=last is not None and standing.dismissed_at == last,
            watchlist=standing.watchlist_at is not None,
            favorite=standing.favorite_at is not None,
            watched=standing.completed_at is not None,
            rating=standing.rating,
        )


@dataclass(frozen=True, slots=True)
class LivePages:
    """Implements `api.pages.titles.Pages`; `region` is where the visitor seems to be."""

    live: Live
    resources: Resources
    metrics: Metrics
    region: Region
    asking: Asking
    who: Who | None

    def home(self, region: str | None, language: str | None, usual: str | None) -> Homepage:
        """Return the rows of the homepage."""
        self.asking.welcomed()
        whose = self._person()
        place = region or whose.region or usual or self.region
        wish = Wish(
            region=place,
            wanted=Filter(),
            limit=homepage.ROW,
            now=datetime.now(UTC),
            told_in=told_in(self.asking.request, None, whose),
        )
        return homepage.homepage(
            self.live, region=place, language=language, person=whose, wish=wish
        )

    def search(self, wanted: Wanted) -> SearchAnswer:
        """Return what the search page lists."""
        region, whose = wanted.region or self.region, self._lens()
        found = search.search(
            self.live,
            self.metrics,
            asked=search.ask(
                self.live,
                self.resources.embedder,
                wanted.q,
                ignored=frozenset(wanted.ignored),
            ),
            wanted=whose.age_limit.restrict(_filter(wanted)),
            region=region,
            limit=min(wanted.limit, MOST),
            offset=min(wanted.offset, DEEPEST),
            embedded=self.resources.embedder is not None,
            taste=whose.taste_direction,
        )
        return self.asking.welcomed().noted(wanted.q, region, found)

    def title(self, title_id: int) -> Details | None:
        """Return everything known of a title, or none for what is not there."""
        with open_session(self.resources.engine) as reading:
            try:
                return search.details(reading, title_id)
            except TitleNotFound:
                return None

    def standing(self, title_id: int) -> Marks | None:
        """Return what stands between the person and a title; none where nothing can be kept."""
        if is_private(self.asking.request, self.who):
            return None
        if self.who is None:
            return Marks.of(EMPTY_STATE)
        try:
            with open_session(self.resources.engine) as reading:
                found = interactions.read_title_state(reading, self.who.id, title_id)
        except (DBAPIError, PoolTimeout):
            return None
        return Marks.of(found)

    def similar(self, title_id: int) -> Sequence[HitShown]:
        """Return the titles nearest to one; none for a title that is not served yet."""
        try:
            return search.similar(
                self.live,
                title_id,
                wanted=self._lens().age_limit.restrict(Filter()),
                limit=SIMILAR,
                offset=0,
            ).items
        except TitleNotFound:
            return []

    def card(self, title_id: int) -> Card | None:
        """Return what a poster is drawn from."""
        listing = self.live.listings.get(title_id)
        if listing is None:
            return None
        return Card(
            title=listing.title,
            original_title=listing.original_title,
            year=listing.year,
            language=listing.language or "",
            genres=listing.genres,
        )

    def _lens(self) -> Personalization:
        return through(self.who, self.live, self.resources, self.metrics)

    def _person(self) -> ViewerContext:
        return whole(self.who, self.live, self.resources, self.metrics)


async def pages(
    request: Request,
    live: LiveDep,
    resources: ResourcesDep,
    metrics: MetricsDep,
    asking: AskingDep,
    who: AnybodyDep,
    _: Annotated[None, GREETED],
) -> LivePages:
    """Return what this request's page shows."""
    return LivePages(live, resources, metrics, detected(request), asking, who)


def _filter(wanted: Wanted) -> Filter:
    return Filter(
        kinds=frozenset(map(Kind, wanted.kinds)),
        languages=frozenset(map(languages.normalise_code, wanted.languages)),
        genres_any=slugs(wanted.genres),
        providers=frozenset(wanted.providers),
        year_from=wanted.year_from,
        year_to=wanted.year_to,
    )
