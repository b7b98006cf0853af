"""What somebody says of his taste: picks at first, preferences at any time; and the end of it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from api import region_detection
from api.auth.identity import IdentityDep, ViewerIdentityDep, declines_storage, identify_viewer
from api.auth.viewer_context import ViewerContextDep
from api.auth.visitor_cookie import VisitorDep
from api.pages.header_account import GREETED
from api.pages.layout import LANGUAGES, page
from api.pages.login import PROBLEMS, onwards
from api.pages.search_form import chosen_region
from api.params import CatalogueViewDep, ResourcesDep, SessionDep
from api.routes import onboarding
from api.routes import profiles as profiles_routes
from api.routes.onboarding import MOST_PICKED
from api.routes.profiles import DISPLAY_LANGUAGES, Preferences
from api.routes.search_history import SearchLogDep
from api.state import CatalogueDep
from db import profiles
from db.engine import open_session
from db.profiles import ViewerProfile
from services.feed_metrics import FeedMetricsDep

CHOICE = 36  # titles to pick from: whole rows of 3, 4, 6 and 9
LEVELS = {"less": 0.3, "normal": 0.6, "more": 1.0}
"""How much a language is watched, as the form asks, to its weight."""
LANGUAGE = "language."  # begins the fields of languages

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[GREETED]
)


@router.get("/welcome", dependencies=[Depends(identify_viewer)])
def welcome(
    request: Request,
    live: CatalogueViewDep,
    person: ViewerContextDep,
    language: Annotated[list[str], Query()] = [],  # noqa: B006  # FastAPI copies its defaults
    pick: Annotated[list[int], Query()] = [],  # noqa: B006
) -> Response:
    """Return titles to pick from; what was picked stays when the languages change."""
    region = person.region or chosen_region(request) or region_detection.detect_region(request)
    picked = [live.listings[each] for each in pick[:MOST_PICKED] if each in live.listings]
    items = onboarding.chosen(live, person, region, asked=language, limit=CHOICE)
    context = {
        "chosen": language or list(person.preferences.languages),
        "picked": frozenset(pick),
        "items": [*picked, *(each for each in items if each.id not in pick)],
    }
    return page(request, "welcome.html", context)


@router.post("/welcome")
def picked(
    request: Request,
    asking: ViewerIdentityDep,
    live: CatalogueViewDep,
    resources: ResourcesDep,
    catalogue: CatalogueDep,
    language: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies its defaults
    pick: Annotated[list[int], Form()] = [],  # noqa: B006
) -> Response:
    """Store what was picked and the languages, and go on to the feed that follows from them."""
    if asking is not None and not declines_storage(request, asking):
        known = [each for each in pick[:MOST_PICKED] if each in live.listings]
        with open_session(resources.engine) as writing:
            said = _said(profiles.read_viewer_profile(writing, asking.id))
            weights = {
                code: said.languages.get(code, 1.0) for code in language if code in LANGUAGES
            }
            profiles_routes.put(
                writing,
                asking,
                Preferences.model_validate(
                    said.model_dump() | {"languages": weights or said.languages}
                ),
            )
            onboarding.picked_by(writing, asking.id, known, live=live, catalogue=catalogue)
            writing.commit()
    return onwards("/feed")


@router.get("/profile")
def shown(
    request: Request,
    asking: ViewerIdentityDep,
    reading: SessionDep,
    saved: bool = False,
    problem: str = "",
) -> Response:
    """Return what somebody said of himself, to be changed; `problem` is one at a provider."""
    if asking is None or declines_storage(request, asking):
        return page(request, "profile.html", {"kept": False, "faults": {}})
    given = _said(profiles.read_viewer_profile(reading, asking.id)).model_dump()
    faults = {"provider": PROBLEMS[problem]} if problem in PROBLEMS else {}
    return _profile(request, given, faults, saved=saved)


async def sent(request: Request) -> FormData:
    """Return the fields of a form."""
    return await request.form()


@router.post("/profile")
def save(
    request: Request,
    asking: ViewerIdentityDep,
    resources: ResourcesDep,
    form: Annotated[FormData, Depends(sent)],
) -> Response:
    """Store what somebody says of himself, or show what is wrong with it."""
    if asking is None or declines_storage(request, asking):
        return onwards("/profile")
    with open_session(resources.engine) as writing:
        before = _said(profiles.read_viewer_profile(writing, asking.id))
        given = _given(form, before)
        try:
            profiles_routes.put(writing, asking, Preferences.model_validate(given))
        except ValidationError as error:
            return _profile(request, given, _faults(error), status=422)
        writing.commit()
    return onwards("/profile?saved=1")


@router.post("/profile/delete")
def delete(
    request: Request,
    asking: IdentityDep,
    visitor: VisitorDep,
    resources: ResourcesDep,
    log: SearchLogDep,
    feeds: FeedMetricsDep,
    reading: SessionDep,
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Delete all that is kept of somebody who is sure."""
    if not sure:
        known = (
            profiles.read_viewer_profile(reading, asking.id)
            if asking
            else ViewerProfile.anonymous()
        )
        faults = {"sure": "Tick the box if you are sure."}
        return _profile(request, _said(known).model_dump(), faults, status=422)
    profiles_routes.forget_me(request, asking, visitor, resources, log, feeds)
    request.state.greeted = None
    said = {"heading": "Everything is deleted", "text": "Nothing is held of you any more."}
    return page(request, "error.html", said)


def _profile(
    request: Request,
    given: Mapping[str, object],
    faults: Mapping[str, str],
    *,
    status: int = 200,
    saved: bool = False,
) -> Response:
    weights = given["languages"]
    levels = (
        {code: _level(each) for code, each in weights.items()} if isinstance(weights, dict) else {}
    )
    context: dict[str, object] = {
        "told_in": DISPLAY_LANGUAGES,
        "providers": request.app.state.resources.settings.openid_providers,
        "given": given,
        "faults": faults,
        "levels": levels,
        "kept": True,
        "saved": saved,
    }
    response = page(request, "profile.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"  # nobody goes back to it after him
    return response


def _said(known: ViewerProfile) -> Preferences:
    shown = profiles_routes.shown(known).model_dump(include=set(Preferences.model_fields))
    return Preferences.model_validate(shown)


def _given(form: FormData, before: Preferences) -> dict[str, object]:
    """Return what a form says; an empty field says nothing."""
    fields = ("name", "birth_year", "region", "display_language")
    weights = {}
    for field, level in form.multi_items():
        code = field.removeprefix(LANGUAGE)
        if code != field and level in LEVELS:
            was = before.languages.get(code)
            kept = was is not None and _level(was) == level  # finer than the form can say
            weights[code] = was if kept else LEVELS[str(level)]
    return {
        **{field: next(iter(_texts(form, field)), None) for field in fields},
        "languages": weights,
        "favourite_genres": _texts(form, "favourite_genres"),
        "disliked_genres": _texts(form, "disliked_genres"),
        "personal_search": "personal_search" in form,
    }


def _texts(form: FormData, field: str) -> list[str]:
    return [each for each in form.getlist(field) if isinstance(each, str) and each]


def _level(weight: float) -> str:
    """Return the level nearest to a weight, none of a weight that is none."""
    if weight <= 0:
        return ""
    return min(LEVELS, key=lambda level: abs(LEVELS[level] - weight))


def _faults(error: ValidationError) -> dict[str, str]:
    return {
        str(each["loc"][0]): _sentence(each["msg"].removeprefix("Value error, "))
        for each in reversed(error.errors())
    }


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
