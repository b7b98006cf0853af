"""Lists that nobody asked a question for."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import region_detection
from api.auth.identity import AnybodyDep
from api.auth.viewer_context import TASTE, AdmitsDep, PersonDep, told_in
from api.cpu_limiter import CoresDep
from api.mood_param import MoodDep
from api.params import MOST, FilterDep, LiveDep, PageDep
from api.region_detection import RegionDep
from api.routes.titles import LARGEST_ID
from api.schemas.titles import Feed, HitShown, Homepage, Listed, personal, rendered
from catalog import languages
from index.query import Filter, TitleId
from services import feed, search
from services import homepage as homepage_service
from services.feed import Wish
from services.feed_metrics import FeedsDep
from viewers.context import ViewerContext
from vocabulary.kinds import Role

MOST_EXCLUDED = 500  # titles that a client has shown already

Excluded = Annotated[
    list[Annotated[TitleId, Query(ge=1, le=LARGEST_ID)]],
    Query(max_length=MOST_EXCLUDED, description="titles shown already"),
]
LangQuery = Annotated[str | None, Query(max_length=20, description="of the reasons")]

router = APIRouter(prefix="/api", tags=["recommendations"])


class Device(StrEnum):
    """What a feed is shown on."""

    PHONE = "phone"
    TABLET = "tablet"
    DESKTOP = "desktop"
    TV = "tv"


LENGTHS = {Device.PHONE: 12, Device.TABLET: 20, Device.DESKTOP: 24, Device.TV: 30}
"""Titles of a feed whose client does not say: what is looked through on such a screen."""
USUAL_LENGTH = 20


@router.get("/trending", operation_id="trending", response_model=Listed[HitShown])
async def trending(
    live: LiveDep,
    wanted: FilterDep,
    page: PageDep,
    region: RegionDep,
    cores: CoresDep,
    admits: AdmitsDep,
) -> Response:
    """Return what is trending in a region."""
    admitted = admits.restrict(wanted)
    return await cores.run(
        lambda: rendered(
            search.trending(
                live, wanted=admitted, region=region, limit=page.limit, offset=page.offset
            )
        )
    )


@router.get("/recommendations/homepage", operation_id="homepage", response_model=Homepage)
async def homepage(
    live: LiveDep,
    cores: CoresDep,
    person: PersonDep,
    request: Request,
    region: Annotated[
        str | None,
        Query(description="ISO 3166 country or Indian state", examples=["IN-TG"], max_length=10),
    ] = None,
    language: Annotated[str | None, Query(max_length=10, examples=["te"])] = None,
    lang: LangQuery = None,
) -> Response:
    """Return the rows of the homepage; no title stands in two of them.

    Somebody who did something finds his own rows first: what fits him, what he is in the middle
    of, what is like titles that he liked; and nothing that he knows. Who says where he is need
    not say it again.
    """
    code = languages.normalise_code(language) if language else None
    place = _region(request, region, person)
    wish = Wish(
        region=place,
        wanted=Filter(),
        limit=homepage_service.ROW,
        now=datetime.now(UTC),
        told_in=told_in(request, lang, person),
    )
    shown = rendered if person.is_new and person.region is None else personal
    return await cores.run(
        lambda: shown(
            homepage_service.homepage(live, region=place, language=code, person=person, wish=wish)
        )
    )


@router.get(
    "/recommendations/personalized",
    operation_id="personal_feed",
    response_model=Feed,
)
async def personalized(
    request: Request,
    live: LiveDep,
    person: PersonDep,
    wanted: FilterDep,
    cores: CoresDep,
    mood: MoodDep,
    feeds: FeedsDep,
    asking: AnybodyDep,
    limit: Annotated[int | None, Query(ge=1, le=MOST)] = None,
    device: Annotated[Device | None, Query(description="settles the length, if no limit")] = None,
    region: Annotated[str | None, Query(max_length=10, examples=["IN-TG"])] = None,
    lang: LangQuery = None,
    exclude: Excluded = [],  # noqa: B006  # FastAPI copies it
    explain: Annotated[
        bool, Query(description="also how the list is in itself, for administrators")
    ] = False,
) -> Response:
    """Return the feed of whoever asks, as what he did a moment ago has made it.

    Half of it is close to his taste, three in ten stretch it, two in ten are what everybody
    watches; nothing that he saw, judged or dismissed comes back.
    """
    wish = Wish(
        region=_region(request, region, person),
        wanted=feed.excluding(wanted, exclude),
        limit=limit or LENGTHS.get(device or Device.TABLET, USUAL_LENGTH),
        now=datetime.now(UTC),
        told_in=told_in(request, lang, person),
        mood=mood,
    )
    measured = explain and asking is not None and asking.role is Role.ADMIN
    degraded = [TASTE] if asking is not None and person.id is None else []

    def answered() -> Response:
        served = feed.serve(live, person, wish)
        measures = feeds.observe(person.id, served)
        answer = feed.shown(live, served, wish)
        told = {"degraded": degraded, "measures": feeds.told(measures) if measured else None}
        return personal(answer.model_copy(update=told))

    return await cores.run(answered)


def _region(request: Request, asked: str | None, person: ViewerContext) -> str:
    if asked:
        return region_detection.asked(asked)
    return person.region or region_detection.detected(request)
