"""To begin with: a choice of titles that people know, and those of them that somebody loves."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from api.auth.consent import KeptDep, PersonalDep
from api.auth.viewer_context import ViewerContextDep
from api.cpu_limiter import CpuLimiterDep
from api.errors import TitleNotFound
from api.params import CatalogueViewDep, ResourcesDep, TextListParam
from api.region_detection import RegionDep
from api.routes.titles import DATABASE_UNAVAILABLE_RESPONSES, MAX_TITLE_ID
from api.schemas.titles import (
    ListResponse,
    Problem,
    ResponseModel,
    TitleCard,
    private_json_response,
)
from api.state import CatalogueDep
from catalog import languages, regions
from db.engine import open_session
from db.interactions import ONBOARDING_ROW, Interaction
from index.query import Filter, Region
from recommend import onboarding, reasons
from runtime.catalogue_view import Live
from services import title_cards
from services.feed import content_vectors, ranking_attributes
from viewers.context import ViewerContext
from viewers.interactions import TitleFeatureSource, record_interactions
from vocabulary.kinds import Event

MOST_SHOWN = 60  # nobody looks at more before he begins
MOST_PICKED = 100
EVERYWHERE = (*languages.HOME_LANGUAGES, "en")  # offered wherever somebody is

router = APIRouter(prefix="/api/user", tags=["onboarding"], dependencies=[PersonalDep])


class Picks(BaseModel):
    """Titles that somebody loves."""

    content_ids: list[Annotated[int, Field(ge=1, le=MAX_TITLE_ID)]] = Field(
        min_length=1, max_length=MOST_PICKED, examples=[[7, 9, 21]]
    )


class Picked(ResponseModel):
    """How many of the picks are new; the others had been picked before."""

    picked: int
    repeated: int


@router.get("/onboarding", operation_id="onboarding", response_model=ListResponse[TitleCard])
async def choice(
    live: CatalogueViewDep,
    person: ViewerContextDep,
    region: RegionDep,
    cores: CpuLimiterDep,
    language: Annotated[
        TextListParam, Query(description="ISO 639-1; by default those one watches")
    ] = [],  # noqa: B006  # FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = 24,
) -> Response:
    """Return well known titles of many sorts, to pick from."""

    def answer() -> Response:
        items = chosen(live, person, region, asked=language, limit=limit)
        return private_json_response(
            ListResponse[TitleCard](items=items, total=None, limit=limit, offset=0)
        )

    return await cores.run(answer)


@router.put(
    "/picks",
    operation_id="pick",
    responses={
        403: {"model": Problem, "description": "Nothing may be kept."},
        404: {"model": Problem, "description": "There is no such title."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def pick(
    picks: Picks,
    asking: KeptDep,
    live: CatalogueViewDep,
    resources: ResourcesDep,
    catalogue: CatalogueDep,
) -> Picked:
    """Tell which titles one loves; each counts as a like, once, and what was picked before stays.

    The next feed follows from them.
    """
    with open_session(resources.engine) as writing:
        picked = picked_by(writing, asking.id, picks.content_ids, live=live, catalogue=catalogue)
        writing.commit()
    return picked


def chosen(
    live: Live, person: ViewerContext, region: Region, *, asked: list[str], limit: int
) -> list[TitleCard]:
    """Return the titles that somebody may pick from."""
    place = regions.known_region(region)
    shares = onboarding.language_shares(
        [languages.normalise_code(each) for each in asked if each.strip()],
        person.preferences.languages,
        {**dict.fromkeys(EVERYWHERE, 0.0), **regions.language_weights(place)},
    )
    plans = onboarding.candidate_queries(place, shares, person.restrict(Filter()), k=limit)
    found = onboarding.select_titles(
        shares,
        live.index.search_many(plans),
        features_of=lambda title_id: ranking_attributes(live, title_id),
        vectors=lambda ids: content_vectors(live, ids),
        k=limit,
    )
    told_in = person.display_language or reasons.ENGLISH
    return list(title_cards.title_cards(live, found, title_cards.boost_reasons(region, told_in)))


def picked_by(
    writing: Session, viewer_id: UUID, ids: list[int], *, live: Live, catalogue: TitleFeatureSource
) -> Picked:
    """Store what somebody picked; the caller commits.

    Raises `TitleNotFound`.
    """
    unknown = next((each for each in ids if each not in live.listings), None)
    if unknown is not None:
        raise TitleNotFound(unknown)
    now = datetime.now(UTC)
    told = [
        Interaction(
            id=uuid5(viewer_id, f"{ONBOARDING_ROW}:{title_id}"),
            title_id=title_id,
            event=Event.LIKE,
            at=now,
            row=ONBOARDING_ROW,
        )
        for title_id in dict.fromkeys(ids)
    ]
    counted = record_interactions(writing, viewer_id, told, catalogue)
    return Picked(picked=counted.stored_count, repeated=counted.repeated_count)
