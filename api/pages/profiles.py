"""What somebody says of his taste: picks at first, preferences at any time; and the end of it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from api import region_detection
from api.auth.consent import ViewerIdentityDep, declines_storage, identify_viewer
from api.auth.identity import IdentityDep, VisitorDep
from api.auth.redirects import redirect_to_local
from api.auth.viewer_context import ViewerContextDep
from api.pages.header_account import LOAD_HEADER_ACCOUNT
from api.pages.layout import SEARCH_LANGUAGES, render_page
from api.pages.login import OIDC_PROBLEM_TEXTS
from api.pages.search_form import chosen_region
from api.routes import onboarding
from api.routes import profiles as profiles_routes
from api.routes.onboarding import MAX_PICKS
from api.routes.profiles import DISPLAY_LANGUAGES, ProfileUpdate
from api.state import (
    CatalogueViewDep,
    FeatureSourceDep,
    FeedMetricsDep,
    ResourcesDep,
    SearchLogDep,
    SessionDep,
    app_state,
)
from db import profiles
from db.engine import open_session
from db.profiles import ViewerProfile

ONBOARDING_TITLES_PER_PAGE = 36  # titles to pick from: whole rows of 3, 4, 6 and 9
LANGUAGE_LEVEL_WEIGHTS = {"less": 0.3, "normal": 0.6, "more": 1.0}
"""How much a language is watched, as the form asks, to its weight."""
LANGUAGE_FIELD_PREFIX = "language."  # begins the fields of languages

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[LOAD_HEADER_ACCOUNT]
)


@router.get("/welcome", dependencies=[Depends(identify_viewer)])
def show_onboarding(
    request: Request,
    catalogue: CatalogueViewDep,
    viewer: ViewerContextDep,
    language: Annotated[list[str], Query()] = [],  # noqa: B006  # FastAPI copies its defaults
    pick: Annotated[list[int], Query()] = [],  # noqa: B006
) -> Response:
    """Return titles to pick from; what was picked stays when the languages change."""
    region = viewer.region or chosen_region(request) or region_detection.detect_region(request)
    picked = [catalogue.titles[each] for each in pick[:MAX_PICKS] if each in catalogue.titles]
    items = onboarding.onboarding_titles(
        catalogue, viewer, region, requested_languages=language, limit=ONBOARDING_TITLES_PER_PAGE
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
    """Store what was picked and the languages, and go on to the feed that follows from them."""
    if identity is not None and not declines_storage(request, identity):
        known = [each for each in pick[:MAX_PICKS] if each in catalogue.titles]
        with open_session(resources.engine) as writing:
            said = _to_profile_update(profiles.read_viewer_profile(writing, identity.id))
            weights = {
                code: said.languages.get(code, 1.0) for code in language if code in SEARCH_LANGUAGES
            }
            profiles_routes.replace_profile(
                writing,
                identity,
                ProfileUpdate.model_validate(
                    said.model_dump() | {"languages": weights or said.languages}
                ),
            )
            onboarding.record_picks(
                writing, identity.id, known, catalogue=catalogue, feature_source=feature_source
            )
            writing.commit()
    return redirect_to_local("/feed")


@router.get("/profile")
def show_profile(
    request: Request,
    identity: ViewerIdentityDep,
    session: SessionDep,
    saved: bool = False,
    problem: str = "",
) -> Response:
    """Return what somebody said of himself, to be changed; `problem` is one at a provider."""
    if identity is None or declines_storage(request, identity):
        return render_page(request, "profile.html", {"can_store": False, "errors": {}})
    given = _to_profile_update(profiles.read_viewer_profile(session, identity.id)).model_dump()
    faults = {"provider": OIDC_PROBLEM_TEXTS[problem]} if problem in OIDC_PROBLEM_TEXTS else {}
    return _render_profile(request, given, faults, saved=saved)


async def read_form(request: Request) -> FormData:
    """Return the fields of a form."""
    return await request.form()


@router.post("/profile")
def submit_profile(
    request: Request,
    identity: ViewerIdentityDep,
    resources: ResourcesDep,
    form: Annotated[FormData, Depends(read_form)],
) -> Response:
    """Store what somebody says of himself, or show what is wrong with it."""
    if identity is None or declines_storage(request, identity):
        return redirect_to_local("/profile")
    with open_session(resources.engine) as writing:
        before = _to_profile_update(profiles.read_viewer_profile(writing, identity.id))
        given = _parse_profile_form(form, before)
        try:
            profiles_routes.replace_profile(writing, identity, ProfileUpdate.model_validate(given))
        except ValidationError as error:
            return _render_profile(request, given, _errors_by_field(error), status=422)
        writing.commit()
    return redirect_to_local("/profile?saved=1")


@router.post("/profile/delete")
def submit_deletion(
    request: Request,
    identity: IdentityDep,
    visitor: VisitorDep,
    resources: ResourcesDep,
    search_log: SearchLogDep,
    feed_metrics: FeedMetricsDep,
    session: SessionDep,
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Delete all that is kept of somebody who is sure."""
    if not sure:
        known = (
            profiles.read_viewer_profile(session, identity.id)
            if identity
            else ViewerProfile.anonymous()
        )
        faults = {"sure": "Tick the box if you are sure."}
        return _render_profile(request, _to_profile_update(known).model_dump(), faults, status=422)
    profiles_routes.delete_profile(request, identity, visitor, resources, search_log, feed_metrics)
    request.state.header_account = None
    said = {"heading": "Everything is deleted", "text": "Nothing is held of you any more."}
    return render_page(request, "error.html", said)


def _render_profile(
    request: Request,
    values: Mapping[str, object],
    errors: Mapping[str, str],
    *,
    status: int = 200,
    saved: bool = False,
) -> Response:
    weights = values["languages"]
    levels = (
        {code: _nearest_level(each) for code, each in weights.items()}
        if isinstance(weights, dict)
        else {}
    )
    context: dict[str, object] = {
        "reason_languages": DISPLAY_LANGUAGES,
        "providers": app_state(request.app).settings.all_oidc_providers,
        "values": values,
        "errors": errors,
        "levels": levels,
        "can_store": True,
        "saved": saved,
    }
    response = render_page(request, "profile.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"  # nobody goes back to it after him
    return response


def _to_profile_update(viewer_profile: ViewerProfile) -> ProfileUpdate:
    shown = profiles_routes.profile_response(viewer_profile).model_dump(
        include=set(ProfileUpdate.model_fields)
    )
    return ProfileUpdate.model_validate(shown)


def _parse_profile_form(form: FormData, stored: ProfileUpdate) -> dict[str, object]:
    """Return what a form says; an empty field says nothing."""
    fields = ("name", "birth_year", "region", "display_language")
    weights = {}
    for field, level in form.multi_items():
        code = field.removeprefix(LANGUAGE_FIELD_PREFIX)
        if code != field and level in LANGUAGE_LEVEL_WEIGHTS:
            was = stored.languages.get(code)
            kept = was is not None and _nearest_level(was) == level  # finer than the form can say
            weights[code] = was if kept else LANGUAGE_LEVEL_WEIGHTS[str(level)]
    return {
        **{field: next(iter(_text_values(form, field)), None) for field in fields},
        "languages": weights,
        "favourite_genres": _text_values(form, "favourite_genres"),
        "disliked_genres": _text_values(form, "disliked_genres"),
        "personal_search": "personal_search" in form,
    }


def _text_values(form: FormData, field: str) -> list[str]:
    return [each for each in form.getlist(field) if isinstance(each, str) and each]


def _nearest_level(weight: float) -> str:
    """Return the level nearest to a weight, none of a weight that is none."""
    if weight <= 0:
        return ""
    return min(
        LANGUAGE_LEVEL_WEIGHTS, key=lambda level: abs(LANGUAGE_LEVEL_WEIGHTS[level] - weight)
    )


def _errors_by_field(error: ValidationError) -> dict[str, str]:
    return {
        str(each["loc"][0]): _as_sentence(each["msg"].removeprefix("Value error, "))
        for each in reversed(error.errors())
    }


def _as_sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
