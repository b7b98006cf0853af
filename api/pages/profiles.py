"""The profile page: preferences, the account, and deleting everything."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Form, Request, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from api.auth import login_cookies
from api.auth.consent import ViewerIdentityDep, declines_storage
from api.auth.identity import IdentityDep, VisitorDep
from api.auth.redirects import redirect_to_local
from api.pages.forms import errors_by_field, read_form, text_values
from api.pages.layout import page_router, render_page
from api.pages.login import OIDC_PROBLEM_TEXTS
from api.state import (
    FeedMetricsDep,
    ResourcesDep,
    SearchLogDep,
    SessionDep,
    SettingsDep,
)
from config.settings import Settings
from db import profiles
from db.engine import open_session
from db.profiles import ViewerProfile
from services.profiles import (
    DISPLAY_LANGUAGES,
    ProfileUpdate,
    delete_viewers,
    replace_profile,
)

LANGUAGE_LEVEL_WEIGHTS = {"less": 0.3, "normal": 0.6, "more": 1.0}
LANGUAGE_FIELD_PREFIX = "language."  # of form fields, such as `language.te`

router = page_router()


@router.get("/profile")
def show_profile(
    request: Request,
    identity: ViewerIdentityDep,
    session: SessionDep,
    settings: SettingsDep,
    saved: bool = False,
    problem: str = "",
) -> Response:
    """Return the profile form; `problem` is a failed sign-in at a provider."""
    if identity is None or declines_storage(request, identity):
        return render_page(request, "profile.html", {"can_store": False, "errors": {}})
    profile = ProfileUpdate.from_profile(profiles.read_viewer_profile(session, identity.id))
    errors = {"provider": OIDC_PROBLEM_TEXTS[problem]} if problem in OIDC_PROBLEM_TEXTS else {}
    return _render_profile(request, settings, profile.model_dump(), errors, saved=saved)


@router.post("/profile")
def submit_profile(
    request: Request,
    identity: ViewerIdentityDep,
    resources: ResourcesDep,
    settings: SettingsDep,
    form: Annotated[FormData, Depends(read_form)],
) -> Response:
    """Store the preferences, or show the form with its errors."""
    if identity is None or declines_storage(request, identity):
        return redirect_to_local("/profile")
    with open_session(resources.engine) as session:
        stored = ProfileUpdate.from_profile(profiles.read_viewer_profile(session, identity.id))
        values = _parse_profile_form(form, stored)
        try:
            update = ProfileUpdate.model_validate(values)
        except ValidationError as error:
            return _render_profile(request, settings, values, errors_by_field(error), status=422)
        replace_profile(session, identity.id, update, has_account=identity.is_logged_in)
        session.commit()
    return redirect_to_local("/profile?saved=1")


@router.post("/profile/delete")
def submit_deletion(
    request: Request,
    identity: IdentityDep,
    visitor: VisitorDep,
    resources: ResourcesDep,
    settings: SettingsDep,
    search_log: SearchLogDep,
    feed_metrics: FeedMetricsDep,
    session: SessionDep,
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Delete everything about the viewer, after they ticked the box."""
    if not sure:
        profile = (
            profiles.read_viewer_profile(session, identity.id)
            if identity
            else ViewerProfile.anonymous()
        )
        values = ProfileUpdate.from_profile(profile).model_dump()
        errors = {"sure": "Tick the box if you are sure."}
        return _render_profile(request, settings, values, errors, status=422)
    viewer_ids = {each.id for each in (identity, visitor) if each is not None}
    delete_viewers(resources.engine, viewer_ids, search_log, feed_metrics)
    login_cookies.clear_login_cookies(request)
    login_cookies.clear_visitor_cookie(request)
    request.state.header_account = None
    context = {
        "heading": "Everything is deleted",
        "text": "We no longer have any data about you.",
    }
    return render_page(request, "error.html", context)


def _render_profile(
    request: Request,
    settings: Settings,
    values: Mapping[str, object],
    errors: Mapping[str, str],
    *,
    status: int = 200,
    saved: bool = False,
) -> Response:
    weights = values["languages"]
    levels = (
        {code: _nearest_level(weight) for code, weight in weights.items()}
        if isinstance(weights, dict)
        else {}
    )
    context: dict[str, object] = {
        "reason_languages": DISPLAY_LANGUAGES,
        "providers": settings.all_oidc_providers,
        "values": values,
        "errors": errors,
        "levels": levels,
        "can_store": True,
        "saved": saved,
    }
    response = render_page(request, "profile.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _parse_profile_form(form: FormData, stored: ProfileUpdate) -> dict[str, object]:
    """Return the values of the form; an empty field is not set."""
    fields = ("name", "birth_year", "region", "display_language")
    return {
        **{field: next(iter(text_values(form, field)), None) for field in fields},
        "languages": _language_weights(form, stored),
        "favourite_genres": text_values(form, "favourite_genres"),
        "disliked_genres": text_values(form, "disliked_genres"),
        "personal_search": "personal_search" in form,
    }


def _language_weights(form: FormData, stored: ProfileUpdate) -> dict[str, float]:
    """Return the weights of the chosen levels; a stored weight with the same level stays exact."""
    weights = {}
    for field, level in form.multi_items():
        code = field.removeprefix(LANGUAGE_FIELD_PREFIX)
        if code != field and level in LANGUAGE_LEVEL_WEIGHTS:
            weight = stored.languages.get(code, 0.0)
            is_same = _nearest_level(weight) == level
            weights[code] = weight if is_same else LANGUAGE_LEVEL_WEIGHTS[str(level)]
    return weights


def _nearest_level(weight: float) -> str:
    """Return the level nearest to a weight, empty for 0."""
    if weight <= 0:
        return ""
    return min(
        LANGUAGE_LEVEL_WEIGHTS, key=lambda level: abs(LANGUAGE_LEVEL_WEIGHTS[level] - weight)
    )
