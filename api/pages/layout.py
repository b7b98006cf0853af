"""Rendering of pages: templates with their filters and constants, and security headers."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.templating import Jinja2Templates

from api.pages.header_account import LOAD_HEADER_ACCOUNT
from api.pages.search_form import KIND_LABELS, MAX_SEARCH_BOX_CHARACTERS
from api.pages.static_files import WEB_FOLDER, static_url
from api.region_detection import cookie_region
from catalog import regions
from catalog.genres import label
from catalog.languages import (
    HOME_CHIP_LANGUAGES,
    SEARCH_LANGUAGES,
    country_name,
    language_name,
    language_of_script,
)
from recommend.title_state import MIN_COMPLETED_PROGRESS
from vocabulary.writing_systems import script_of

INDIAN_REGIONS = (
    "IN",
    "IN-TG",
    "IN-AP",
    "IN-TN",
    "IN-KA",
    "IN-KL",
    "IN-MH",
    "IN-DL",
    "IN-UP",
    "IN-WB",
)
FOREIGN_REGIONS = ("US", "GB", "JP")
OFFERED_GENRES = (
    *("action", "adventure", "animation", "biography", "comedy", "coming-of-age", "crime"),
    *("devotional", "drama", "family", "fantasy", "history", "horror", "music", "musical"),
    *("mystery", "mythology", "period", "political", "psychological", "romance"),
    *("science-fiction", "slice-of-life", "sport", "superhero", "supernatural", "thriller", "war"),
)
EXAMPLE_QUERIES = (
    ("a slow-burn mystery in a rainy Kerala village", "en"),
    ("కుటుంబంతో చూసే సంక్రాంతి సినిమా", "te"),
    ("like Drishyam but funny", "en"),
    ("மழையில் ஒரு காதல் கதை", "ta"),
    ("दोस्ती और सफ़र की कहानी", "hi"),
)

LAST_LATIN_CHARACTER = "\u024f"
# Confirmation of each event; `failed` and `unkept` when nothing was stored.
STATUS_TEXTS = {
    "like": "Liked: {title}.",
    "dismiss": "Hidden: {title}.",
    "undismiss": "Not hidden any more: {title}.",
    "watchlist": "Added to your watchlist: {title}.",
    "unwatchlist": "Removed from your watchlist: {title}.",
    "favorite": "Added to favourites: {title}.",
    "unfavorite": "Removed from favourites: {title}.",
    "complete": "Watched: {title}.",
    "rate": "{title}: {value} of 5 stars.",
    "unkept": "Not saved, because your browser sends “Do Not Track”: {title}.",
    "failed": "That did not work: {title}. Please try again.",
}

# No inline scripts or styles, and no requests to other hosts except for poster images.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page_router() -> APIRouter:
    """Return a router for pages, whose header shows the account."""
    return APIRouter(
        include_in_schema=False,
        default_response_class=HTMLResponse,
        dependencies=[LOAD_HEADER_ACCOUNT],
    )


def render_page(
    request: Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> Response:
    """Return a page; `region` is the region that its script searches in."""
    response = _templates().TemplateResponse(
        request,
        template,
        {
            "region": cookie_region(request),
            "account": getattr(request.state, "header_account", None),
            **context,
        },
        status_code=status,
    )
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def render_template(template: str, context: Mapping[str, object]) -> str:
    """Return a template as text."""
    return _templates().get_template(template).render(context)


@lru_cache(maxsize=1)
def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(directory=WEB_FOLDER / "templates")
    templates.env.trim_blocks = templates.env.lstrip_blocks = True
    templates.env.filters.update(
        country=country_name,
        date=_format_date,
        genre=label,
        runtime=_format_runtime,
        language=language_name,
        script_language=_language_by_script,
        safe_url=_safe_url,
    )
    templates.env.globals.update(
        static=static_url(),
        KIND_LABELS=KIND_LABELS,
        HOME_CHIP_LANGUAGES=HOME_CHIP_LANGUAGES,
        MIN_COMPLETED_PROGRESS=MIN_COMPLETED_PROGRESS,
        SEARCH_LANGUAGES=SEARCH_LANGUAGES,
        OFFERED_GENRES=OFFERED_GENRES,
        REGION_NAMES={
            code: regions.region_name(code) for code in (*INDIAN_REGIONS, *FOREIGN_REGIONS)
        },
        region_name=regions.region_name,
        EXAMPLE_QUERIES=EXAMPLE_QUERIES,
        MAX_SEARCH_BOX_CHARACTERS=MAX_SEARCH_BOX_CHARACTERS,
        STATUS_TEXTS=STATUS_TEXTS,
    )
    return templates


def _format_runtime(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0))


def _language_by_script(text: str) -> str | None:
    """Return the language of a text by its script; Latin letters in it are ignored."""
    return language_of_script(
        script_of("".join(letter for letter in text if letter > LAST_LATIN_CHARACTER))
    )


def _format_date(value: date | str) -> str:
    day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{day.day} {day:%B %Y}"


def _safe_url(url: object) -> str:
    """Return an HTTP address as it is, and an empty text for any other."""
    text = str(url or "")
    return text if urlsplit(text).scheme in ("http", "https") else ""
