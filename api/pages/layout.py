"""How every page looks: templates, static files, headers, and errors in the look of the pages."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

import web
from api.pages.search_form import KIND_LABELS, MAX_SEARCH_BOX_CHARACTERS, chosen_region
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
STATUS_TEXTS = {  # what is told after each event; `failed` and `unkept` tell what did not happen
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

# No inline script or style anywhere, and no request to anyone but posters' hosts.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

ERROR_TEXTS = {
    401: ("Who is there?", "This is for somebody who is signed in."),
    403: ("Not from here", "This may not be done in your name from where you came."),
    404: ("This reel is missing", "There is no such page, or the title has left the catalogue."),
    410: ("The account is gone", "It was deleted, and with it all that was kept."),
    422: ("That cannot be", "Something that was sent makes no sense here."),
    429: ("One moment, please", "Too many requests came at once. Wait a little and try again."),
    500: ("The film tore", "Something went wrong on our side. It has been noted."),
    503: ("Intermission", "The search is resting for a moment. Please try again shortly."),
}


RETRYABLE_STATUSES = frozenset({429, 500, 503})  # what may be better the next time


def mount_static_files(app: FastAPI) -> None:
    """Serve the static files, under an address that changes when they do."""
    static = ImmutableStaticFiles(directory=_web_folder() / "static")
    app.mount(f"/static/{static_version()}", static, name="static")


def wants_page(request: Request) -> bool:
    """Tell whether an error is to be answered with a page, not with problem details."""
    accepts = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and "text/html" in accepts


def render_error_page(
    request: Request, status: int, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error in the look of the pages, with a way to go on."""
    known = status if status in ERROR_TEXTS else 500 if status >= 500 else 404
    heading, text = ERROR_TEXTS[known]
    context = {"heading": heading, "text": text, "retry": known in RETRYABLE_STATUSES}
    response = render_page(request, "error.html", context, status=status)
    response.headers.update(headers or {})
    return response


def render_page(
    request: Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> Response:
    """Return a page, with what it may load and do."""
    place = getattr(context.get("homepage"), "region", None) or chosen_region(request)
    response = _templates().TemplateResponse(
        request,
        template,
        {"region": place, "account": getattr(request.state, "header_account", None), **context},
        status_code=status,
    )
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


class ImmutableStaticFiles(StaticFiles):
    """Files that never change under their address, which names their version."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return a file, to be kept for a year."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # passed on
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@lru_cache(maxsize=1)
def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(directory=_web_folder() / "templates")
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
        static=f"/static/{static_version()}",
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


@lru_cache(maxsize=1)
def static_version() -> str:
    """Return what tells these static files from those of another day."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted((_web_folder() / "static").iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _web_folder() -> Path:
    return Path(web.__path__[0])


def _format_runtime(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0))


def _language_by_script(text: str) -> str | None:
    """Return the language that the script of a text tells, whatever names it holds in Latin."""
    return language_of_script(
        script_of("".join(each for each in text if each > LAST_LATIN_CHARACTER))
    )


def _format_date(value: date | str) -> str:
    when = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{when.day} {when:%B %Y}"


def _safe_url(url: object) -> str:
    """Return an address that is safe to link to, or nothing."""
    text = str(url or "")
    return text if urlsplit(text).scheme in ("http", "https") else ""
