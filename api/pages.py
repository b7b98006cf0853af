"""The pages that people see; every one of them is complete without JavaScript."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Protocol
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

import web
from api.posters import Card, draw
from catalog import regions
from catalog.genres import label
from catalog.languages import HOME_LANGUAGES, country_name, language_name

PAGE = 24  # titles: whole rows of 2, 3, 4 and 6 columns
MAX_OFFSET = 10_000
MAX_QUERY = 300  # characters; what the search box lets type
MAX_TITLE_ID = 2**31 - 1  # PostgreSQL's integer
POSTER_MAX_AGE_S = 7 * 86_400
REGION_COOKIE, REGION_MAX_AGE_S = "rasika_region", 365 * 86_400

KINDS = {"movie": "Films", "series": "Series", "anime": "Anime"}
LANGUAGES = (*HOME_LANGUAGES, "en", "ja", "ko", "bn", "mr")
REGIONS = ("IN", "IN-TG", "IN-AP", "IN-TN", "IN-KA", "IN-KL", "IN-MH", "IN-DL", "IN-UP", "IN-WB")
REGIONS_ABROAD = ("US", "GB", "JP")
GENRES = (
    *("action", "adventure", "animation", "biography", "comedy", "coming-of-age", "crime"),
    *("devotional", "drama", "family", "fantasy", "history", "horror", "music", "musical"),
    *("mystery", "mythology", "period", "political", "psychological", "romance"),
    *("science-fiction", "slice-of-life", "sport", "superhero", "supernatural", "thriller", "war"),
)
EXAMPLES = (
    ("a slow-burn mystery in a rainy Kerala village", "en"),
    ("కుటుంబంతో చూసే సంక్రాంతి సినిమా", "te"),
    ("like Drishyam but funny", "en"),
    ("மழையில் ஒரு காதல் கதை", "ta"),
    ("दोस्ती और सफ़र की कहानी", "hi"),
)

# No inline script or style anywhere, and no request to anyone but posters' hosts.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
POSTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

ERRORS = {
    404: ("This reel is missing", "There is no such page, or the title has left the catalogue."),
    429: ("One moment, please", "Too many requests came at once. Wait a little and try again."),
    500: ("The film tore", "Something went wrong on our side. It has been noted."),
    503: ("Intermission", "The search is resting for a moment. Please try again shortly."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of the search page; an empty field constrains nothing."""

    q: str = ""
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # keys of chips that were taken away
    year_from: int | None = None
    year_to: int | None = None
    region: str | None = None
    limit: int = PAGE
    offset: int = 0

    def url(self, *, offset: int = 0) -> str:
        """Return the address of this search, from another title on."""
        pairs: list[tuple[str, object]] = [("q", self.q)] if self.q else []
        lists = {"kind": self.kinds, "language": self.languages, "genre": self.genres}
        for name, values in (lists | {"provider": self.providers, "ignore": self.ignored}).items():
            pairs += [(name, value) for value in values]
        years = {"year_from": self.year_from, "year_to": self.year_to}
        pairs += [(name, year) for name, year in years.items() if year is not None]
        if offset:
            pairs.append(("offset", offset))
        return "/search?" + urlencode(pairs) if pairs else "/search"

    def without(self, key: str) -> str:
        """Return the address of this search, a chip of what was understood taken away."""
        return replace(self, ignored=(*self.ignored, key)).url()

    def instead(self, text: str) -> str:
        """Return the address of this search for another text."""
        return replace(self, q=text, ignored=()).url()


class Home(Protocol):
    """What `GET /api/recommendations/homepage` answers."""

    @property
    def rows(self) -> Sequence[object]:
        """Rows of key, title and items."""

    @property
    def region(self) -> str:
        """The region that the rows are for."""


class Results(Protocol):
    """What `GET /api/search` answers."""

    @property
    def items(self) -> Sequence[object]:
        """Hits, best first, at most `Wanted.limit`."""

    @property
    def total(self) -> int | None:
        """How many titles match, where that is known."""

    @property
    def chips(self) -> Sequence[object]:
        """What was understood of the text, each with a key and a label."""

    @property
    def relaxed(self) -> Sequence[object]:
        """What was understood, and given up because nothing would have been left."""

    @property
    def did_you_mean(self) -> object | None:
        """A title whose name is nearly the text."""

    @property
    def nearest(self) -> bool:
        """No title has the name or the words."""


class Pages(Protocol):
    """What the pages show: the objects (or mappings) that the JSON routes answer with."""

    def home(self, region: str | None, language: str | None) -> Home:
        """Return the homepage's rows; without a region, for where the visitor seems to be."""

    def search(self, wanted: Wanted) -> Results:
        """Return the titles wanted, best first."""

    def title(self, title_id: int) -> object | None:
        """Return everything known of a title."""

    def similar(self, title_id: int) -> Sequence[object]:
        """Return hits similar to a title."""

    def card(self, title_id: int) -> Card | None:
        """Return what is drawn of a title."""


def install(app: FastAPI, pages: Callable[..., Pages | Awaitable[Pages]]) -> None:
    """Add the pages and their static files to an application; `pages` is a dependency of each."""
    static = Static(directory=_folder() / "static")
    app.mount(f"/static/{_version()}", static, name="static")
    app.include_router(routes(pages))


def routes(pages: Callable[..., Pages | Awaitable[Pages]]) -> APIRouter:
    """Return the routes of the pages."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    given = Depends(pages)

    @router.get("/")
    def home(
        request: Request, region: str = "", language: str = "", shown: Pages = given
    ) -> Response:
        chosen = regions.canonical(region) if region else None
        found = shown.home(chosen or _region(request), language or None)
        response = _page(request, "home.html", {"home": found, "language": language})
        if chosen:
            response.set_cookie(
                REGION_COOKIE, chosen, max_age=REGION_MAX_AGE_S, httponly=True, samesite="lax"
            )
        return response

    @router.get("/search")
    def search(request: Request, wanted: WantedDep, shown: Pages = given) -> Response:
        return _page(request, "search.html", _found(shown, wanted))

    @router.get("/search/results")
    def results(request: Request, wanted: WantedDep, shown: Pages = given) -> Response:
        return _page(request, "results.html", _found(shown, wanted))

    @router.get("/favicon.ico")
    def icon() -> Response:
        return RedirectResponse(f"/static/{_version()}/icon.svg")

    @router.get("/title/{title_id:int}")
    def title(request: Request, title_id: int, shown: Pages = given) -> Response:
        details = shown.title(title_id) if title_id <= MAX_TITLE_ID else None
        if details is None:
            return error_page(request, 404)
        similar = shown.similar(title_id)
        return _page(request, "title.html", {"details": details, "similar": similar})

    @router.get("/posters/{title_id:int}.svg")
    def poster(request: Request, title_id: int, shown: Pages = given) -> Response:
        card = shown.card(title_id) if title_id <= MAX_TITLE_ID else None
        return error_page(request, 404) if card is None else _poster(request, title_id, card)

    return router


def wants_page(request: Request) -> bool:
    """Tell whether an error is to be answered with a page, not with problem details."""
    accepts = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and "text/html" in accepts


def error_page(
    request: Request, status: int, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error in the look of the pages, with a way to go on."""
    known = status if status in ERRORS else 500 if status >= 500 else 404
    heading, text = ERRORS[known]
    context = {"heading": heading, "text": text, "retry": known != 404}
    response = _page(request, "error.html", context, status=status)
    response.headers.update(headers or {})
    return response


async def wanted(
    request: Request,
    q: str = "",
    kind: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies its defaults
    language: Annotated[list[str], Query()] = [],  # noqa: B006
    genre: Annotated[list[str], Query()] = [],  # noqa: B006
    provider: Annotated[list[str], Query()] = [],  # noqa: B006
    year_from: str = "",
    year_to: str = "",
    offset: str = "",
    ignore: Annotated[list[str], Query()] = [],  # noqa: B006
) -> Wanted:
    """Return what a form asks for; what no form would send is left out, not refused."""
    return Wanted(
        q=" ".join(q.split())[:MAX_QUERY],
        kinds=tuple(value for value in kind if value in KINDS),
        languages=_some(language),
        genres=_some(genre),
        providers=_some(provider),
        ignored=_some(ignore),
        year_from=_number(year_from, most=9999),
        year_to=_number(year_to, most=9999),
        region=_region(request),
        offset=_number(offset, most=MAX_OFFSET) or 0,
    )


WantedDep = Annotated[Wanted, Depends(wanted)]


class Static(StaticFiles):
    """Files that never change under their address, which names their version."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return a file, to be kept for a year."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # passed on
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _found(shown: Pages, wanted: Wanted) -> dict[str, object]:
    # One title more than the page shows tells whether there is a next page.
    found = shown.search(replace(wanted, limit=wanted.limit + 1))
    items = list(found.items)
    more = len(items) > wanted.limit or (found.total or 0) > wanted.offset + wanted.limit
    after = wanted.offset + wanted.limit
    total = found.total
    if total is None and items and not more:
        total = wanted.offset + len(items)
    before = max(0, wanted.offset - wanted.limit)
    return {
        "wanted": wanted,
        "hits": items[: wanted.limit],
        "total": total,
        "chips": found.chips,
        "relaxed": found.relaxed,
        "meant": found.did_you_mean,
        "nearest": found.nearest,
        "next": wanted.url(offset=after) if more and after <= MAX_OFFSET else None,
        "previous": wanted.url(offset=before) if wanted.offset else None,
    }


def _page(
    request: Request, template: str, context: dict[str, object], *, status: int = 200
) -> Response:
    region = getattr(context.get("home"), "region", None) or _region(request)
    response = _templates().TemplateResponse(
        request, template, {"region": region, **context}, status_code=status
    )
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _poster(request: Request, title_id: int, card: Card) -> Response:
    drawing = draw(title_id, card).encode()
    etag = f'"{hashlib.blake2b(drawing, digest_size=12).hexdigest()}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, max-age={POSTER_MAX_AGE_S}, stale-while-revalidate=86400",
        "Content-Security-Policy": POSTER_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(drawing, media_type="image/svg+xml", headers=headers)


@lru_cache(maxsize=1)
def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(directory=_folder() / "templates")
    templates.env.trim_blocks = templates.env.lstrip_blocks = True
    templates.env.filters.update(
        country=country_name, day=_day, genre=label, hours=_hours, language=language_name, web=_web
    )
    templates.env.globals.update(
        static=f"/static/{_version()}",
        KINDS=KINDS,
        LANGUAGES=LANGUAGES,
        GENRES=GENRES,
        REGIONS={code: regions.name(code) for code in (*REGIONS, *REGIONS_ABROAD)},
        region_name=regions.name,
        EXAMPLES=EXAMPLES,
        MAX_QUERY=MAX_QUERY,
    )
    return templates


@lru_cache(maxsize=1)
def _version() -> str:
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted((_folder() / "static").iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _folder() -> Path:
    return Path(web.__path__[0])


def _region(request: Request) -> str | None:
    asked = request.query_params.get("region") or request.cookies.get(REGION_COOKIE)
    return regions.canonical(asked) if asked else None


def _some(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value[:40] for value in values if value.strip()))[:20]


def _number(text: str, *, most: int) -> int | None:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain[:9]) <= most else None


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0))


def _day(value: date | str) -> str:
    when = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{when.day} {when:%B %Y}"


def _web(url: object) -> str:
    """Return an address that is safe to link to, or nothing."""
    text = str(url or "")
    return text if urlsplit(text).scheme in ("http", "https") else ""
