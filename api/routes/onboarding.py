"""Onboarding: titles to pick from, and the picks."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth.consent import ConsentingIdentityDep
from api.auth.viewer_context import ViewerContextDep
from api.caching import NO_STORE
from api.openapi import DATABASE_UNAVAILABLE_RESPONSES
from api.params import TextListParam
from api.region_detection import RegionDep
from api.schemas.onboarding import PicksRequest, PicksResponse
from api.schemas.problems import Problem
from api.schemas.responses import ListResponse, private_json_response
from api.state import CatalogueViewDep, CpuLimiterDep, FeatureSourceDep, ResourcesDep
from db.engine import open_session
from services.onboarding import onboarding_titles, record_picks
from services.title_cards import TitleCard

MAX_ONBOARDING_TITLES = 60

router = APIRouter(prefix="/api/user", tags=["onboarding"], dependencies=[NO_STORE])


@router.get("/onboarding", operation_id="onboarding", response_model=ListResponse[TitleCard])
async def list_onboarding_titles(
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    region: RegionDep,
    cpu_limiter: CpuLimiterDep,
    language: Annotated[
        TextListParam, Query(description="ISO 639-1; default: the languages of the profile")
    ] = [],  # noqa: B006  # FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=MAX_ONBOARDING_TITLES)] = 24,
) -> Response:
    """Return a varied choice of well-known titles."""

    def respond() -> Response:
        items = onboarding_titles(
            catalogue, viewer, region, requested_languages=language, limit=limit
        )
        return private_json_response(
            ListResponse[TitleCard](items=items, total=None, limit=limit, offset=0)
        )

    return await cpu_limiter.run(respond)


@router.put(
    "/picks",
    operation_id="pick",
    responses={
        403: {"model": Problem, "description": "Nothing may be stored for this client."},
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
    """Record loved titles, each as one like; earlier picks stay.

    The next feed takes them into account.
    """
    with open_session(resources.engine) as session:
        result = record_picks(
            session,
            identity.id,
            body.content_ids,
            catalogue=catalogue,
            feature_source=feature_source,
        )
        session.commit()
    return PicksResponse(picked=result.stored_count, repeated=result.repeated_count)
