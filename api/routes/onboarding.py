"""To begin with: a choice of titles that people know, and those of them that somebody loves."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from api.auth.consent import ConsentingIdentityDep
from api.auth.viewer_context import ViewerContextDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import TextListParam
from api.region_detection import RegionParam, resolve_region
from api.schemas.problems import Problem
from api.schemas.responses import ListResponse, ResponseModel, private_json_response
from api.state import CatalogueViewDep, CpuLimiterDep, FeatureSourceDep, ResourcesDep
from catalog import languages, regions
from db.engine import open_session
from db.interactions import ONBOARDING_ROW, Interaction
from db.titles import TitleNotFound
from index.query import Filter
from recommend import onboarding, reasons
from runtime.catalogue_view import CatalogueView
from services import title_cards
from services.feed import content_vectors, ranking_attributes
from services.title_cards import TitleCard
from viewers.context import ViewerContext
from viewers.interactions import TitleFeatureSource, record_interactions
from vocabulary.ids import MAX_TITLE_ID, Region
from vocabulary.kinds import Event

MAX_ONBOARDING_TITLES = 60  # nobody looks at more before he begins
MAX_PICKS = 100
ALWAYS_OFFERED_LANGUAGES = (*languages.HOME_LANGUAGES, "en")  # offered wherever somebody is

router = APIRouter(prefix="/api/user", tags=["onboarding"], dependencies=[NO_STORE])


class PicksRequest(BaseModel):
    """Titles that somebody loves."""

    content_ids: list[Annotated[int, Field(ge=1, le=MAX_TITLE_ID)]] = Field(
        min_length=1, max_length=MAX_PICKS, examples=[[7, 9, 21]]
    )


class PicksResponse(ResponseModel):
    """How many of the picks are new; the others had been picked before."""

    picked: int
    repeated: int


@router.get("/onboarding", operation_id="onboarding", response_model=ListResponse[TitleCard])
async def list_onboarding_titles(
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    region: RegionParam,
    request: Request,
    cpu_limiter: CpuLimiterDep,
    language: Annotated[
        TextListParam, Query(description="ISO 639-1; by default those one watches")
    ] = [],  # noqa: B006  # FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=MAX_ONBOARDING_TITLES)] = 24,
) -> Response:
    """Return well known titles of many sorts, to pick from."""
    place = await resolve_region(request, region, viewer.region)

    def answer() -> Response:
        items = onboarding_titles(
            catalogue, viewer, place, requested_languages=language, limit=limit
        )
        return private_json_response(
            ListResponse[TitleCard](items=items, total=None, limit=limit, offset=0)
        )

    return await cpu_limiter.run(answer)


@router.put(
    "/picks",
    operation_id="pick",
    responses={
        403: {"model": Problem, "description": "Nothing may be kept."},
        404: {"model": Problem, "description": "There is no such title."},
        **DATABASE_UNAVAILABLE_RESPONSES,
    },
)
def put_picks(
    body: PicksRequest,
    identity: ConsentingIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    feature_source: FeatureSourceDep,
) -> PicksResponse:
    """Tell which titles one loves; each counts as a like, once, and what was picked before stays.

    The next feed follows from them.
    """
    with open_session(resources.engine) as writing:
        picked = record_picks(
            writing,
            identity.id,
            body.content_ids,
            catalogue=catalogue,
            feature_source=feature_source,
        )
        writing.commit()
    return picked


def onboarding_titles(
    catalogue: CatalogueView,
    viewer: ViewerContext,
    region: Region,
    *,
    requested_languages: list[str],
    limit: int,
) -> list[TitleCard]:
    """Return the titles that somebody may pick from."""
    place = regions.known_region(region)
    shares = onboarding.language_shares(
        [languages.normalise_code(each) for each in requested_languages if each.strip()],
        viewer.preferences.languages,
        {**dict.fromkeys(ALWAYS_OFFERED_LANGUAGES, 0.0), **regions.language_weights(place)},
    )
    plans = onboarding.candidate_queries(place, shares, viewer.restrict(Filter()), k=limit)
    found = onboarding.select_titles(
        shares,
        catalogue.index.search_many(plans),
        features_of=lambda title_id: ranking_attributes(catalogue, title_id),
        vectors=lambda ids: content_vectors(catalogue, ids),
        k=limit,
    )
    told_in = viewer.display_language or reasons.ENGLISH
    return list(
        title_cards.title_cards(catalogue, found, title_cards.boost_reasons(region, told_in))
    )


def record_picks(
    session: Session,
    viewer_id: UUID,
    title_ids: list[int],
    *,
    catalogue: CatalogueView,
    feature_source: TitleFeatureSource,
) -> PicksResponse:
    """Store what somebody picked; the caller commits.

    Raises `TitleNotFound`.
    """
    unknown = next((each for each in title_ids if each not in catalogue.titles), None)
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
        for title_id in dict.fromkeys(title_ids)
    ]
    counted = record_interactions(session, viewer_id, told, feature_source)
    return PicksResponse(picked=counted.stored_count, repeated=counted.repeated_count)
