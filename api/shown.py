"""What the pages show, from what the process holds: the same answers as the JSON routes give."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from api import answers
from api.asked import Asking, AskingDep
from api.dependencies import DEEPEST, MOST, LiveDep, MetricsDep, ResourcesDep, slugs
from api.errors import TitleNotFound
from api.metrics import Metrics
from api.pages.wanted import Wanted
from api.posters import Card
from api.regions import detected
from api.schemas import Details, HitShown, Homepage, SearchAnswer
from catalog import languages
from db.engine import session
from db.kinds import Kind
from index.query import Filter, Region
from wiring.live import Live
from wiring.resources import Resources

SIMILAR = 18  # titles beside one


@dataclass(frozen=True, slots=True)
class LivePages:
    """Implements `api.pages.titles.Pages`; `region` is where the visitor seems to be."""

    live: Live
    resources: Resources
    metrics: Metrics
    region: Region
    asking: Asking

    def home(self, region: str | None, language: str | None) -> Homepage:
        """Return the rows of the homepage."""
        self.asking.welcomed()
        return answers.homepage(self.live, region=region or self.region, language=language)

    def search(self, wanted: Wanted) -> SearchAnswer:
        """Return what the search page lists."""
        region = wanted.region or self.region
        found = answers.search(
            self.live,
            self.metrics,
            asked=answers.ask(
                self.live,
                self.resources.embedder,
                wanted.q,
                ignored=frozenset(wanted.ignored),
            ),
            wanted=_filter(wanted),
            region=region,
            limit=min(wanted.limit, MOST),
            offset=min(wanted.offset, DEEPEST),
            embedded=self.resources.embedder is not None,
        )
        return self.asking.welcomed().noted(wanted.q, region, found)

    def title(self, title_id: int) -> Details | None:
        """Return everything known of a title, or none for what is not there."""
        with session(self.resources.engine) as reading:
            try:
                return answers.details(reading, title_id)
            except TitleNotFound:
                return None

    def similar(self, title_id: int) -> Sequence[HitShown]:
        """Return the titles nearest to one; none for a title that is not served yet."""
        try:
            return answers.similar(
                self.live, title_id, wanted=Filter(), limit=SIMILAR, offset=0
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


async def pages(
    request: Request, live: LiveDep, resources: ResourcesDep, metrics: MetricsDep, asking: AskingDep
) -> LivePages:
    """Return what this request's page shows."""
    return LivePages(live, resources, metrics, detected(request), asking)


def _filter(wanted: Wanted) -> Filter:
    return Filter(
        kinds=frozenset(map(Kind, wanted.kinds)),
        languages=frozenset(map(languages.code, wanted.languages)),
        genres_any=slugs(wanted.genres),
        providers=frozenset(wanted.providers),
        year_from=wanted.year_from,
        year_to=wanted.year_to,
    )
