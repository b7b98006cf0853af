"""Onboarding: pick languages and titles."""

from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response

from api.auth.consent import ViewerIdentityDep, declines_storage, identify_viewer
from api.auth.redirects import redirect_to_local
from api.auth.viewer_context import ViewerContextDep
from api.pages.layout import page_router, render_page
from api.pages.region import PageRegionDep
from api.state import CatalogueViewDep, CpuLimiterDep, FeatureSourceDep, ResourcesDep
from catalog.languages import SEARCH_LANGUAGES
from db import profiles
from db.engine import open_session
from services.onboarding import onboarding_titles, record_picks
from services.profiles import ProfileUpdate, replace_profile
from viewers.context import MAX_PICKS

ONBOARDING_TITLES_PER_PAGE = 36  # fills rows of 3, 4, 6 and 9

router = page_router()


@router.get("/welcome", dependencies=[Depends(identify_viewer)])
async def show_onboarding(
    request: Request,
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    region: PageRegionDep,
    cpu_limiter: CpuLimiterDep,
    language: Annotated[list[str], Query()] = [],  # noqa: B006  # FastAPI copies its defaults
    pick: Annotated[list[int], Query()] = [],  # noqa: B006
) -> Response:
    """Return titles to pick from; picks stay when the languages change."""
    picked = [catalogue.titles[each] for each in pick[:MAX_PICKS] if each in catalogue.titles]
    items = await cpu_limiter.run(
        lambda: onboarding_titles(
            catalogue,
            viewer,
            region,
            requested_languages=language,
            limit=ONBOARDING_TITLES_PER_PAGE,
        )
    )
    context = {
        "selected_languages": language or list(viewer.preferences.languages),
        "picked_ids": frozenset(pick),
        "items": [*picked, *(each for each in items if each.id not in pick)],
    }
    return render_page(request, "onboarding.html", context)


@router.post("/welcome")
def submit_onboarding(
    request: Request,
    identity: ViewerIdentityDep,
    catalogue: CatalogueViewDep,
    resources: ResourcesDep,
    feature_source: FeatureSourceDep,
    language: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies its defaults
    pick: Annotated[list[int], Form()] = [],  # noqa: B006
) -> Response:
    """Store the picks and languages, and go on to the feed."""
    if identity is None or declines_storage(request, identity):
        return redirect_to_local("/feed")
    title_ids = [each for each in pick[:MAX_PICKS] if each in catalogue.titles]
    with open_session(resources.engine) as session:
        profile = ProfileUpdate.from_profile(profiles.read_viewer_profile(session, identity.id))
        weights = {
            code: profile.languages.get(code, 1.0) for code in language if code in SEARCH_LANGUAGES
        }
        update = ProfileUpdate.model_validate(
            profile.model_dump() | {"languages": weights or profile.languages}
        )
        replace_profile(session, identity.id, update, has_account=identity.is_logged_in)
        record_picks(
            session, identity.id, title_ids, catalogue=catalogue, feature_source=feature_source
        )
        session.commit()
    return redirect_to_local("/feed")
