"""Generated posters for titles without one: the name in its own script over a simple drawing."""

import hashlib
import math
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response

from api.pages.errors import render_error_page
from api.pages.layout import page_router, render_template
from api.state import CatalogueViewDep
from catalog.languages import language_name
from vocabulary.graphemes import grapheme_clusters
from vocabulary.writing_systems import script_of

POSTER_MAX_AGE_S = 7 * 86_400
POSTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

TEXT_WIDTH, TEXT_HEIGHT = 340, 250  # of 400 x 600 units
MAX_TITLE_HEIGHT = 290  # where CSS cuts a title with an ellipsis
MIN_TITLE_SIZE, MAX_TITLE_SIZE = 27, 68
# Mean width of a bold grapheme, em; CSS breaks the lines, this only chooses the font size.
WIDTH_EM_BY_SCRIPT = {"Taml": 1.75, "Mlym": 1.65, "Knda": 1.25, "Telu": 1.3, "Deva": 0.95}
DEFAULT_WIDTH_EM = 0.66
WIDE_CHARACTER_EM = 1.0  # Chinese and Japanese
LINE_HEIGHT_BY_SCRIPT = {"Latn": 1.16, "Hani": 1.2, "Hira": 1.2, "Kana": 1.2}
DEFAULT_LINE_HEIGHT = 1.4

GENRE_STYLES = {  # hue in degrees, and motif
    "horror": (350, "moon"),
    "thriller": (205, "moon"),
    "crime": (215, "moon"),
    "mystery": (250, "moon"),
    "science-fiction": (190, "orbits"),
    "fantasy": (275, "orbits"),
    "mythology": (20, "arches"),
    "devotional": (24, "arches"),
    "war": (88, "rays"),
    "history": (14, "arches"),
    "period": (18, "arches"),
    "action": (12, "rays"),
    "romance": (338, "petals"),
    "comedy": (178, "confetti"),
    "musical": (322, "petals"),
    "music": (262, "rays"),
    "family": (160, None),
    "adventure": (140, None),
    "sport": (105, None),
    "animation": (175, None),
    "coming-of-age": (165, None),
}
MOTIFS = ("sun", "rays", "arches", "petals")  # for other genres

router = page_router()


@dataclass(frozen=True, slots=True)
class PosterData:
    """What a poster shows of a title."""

    title: str
    original_title: str | None
    year: int | None
    language: str | None
    genres: Sequence[str]


async def load_poster(title_id: int, catalogue: CatalogueViewDep) -> PosterData | None:
    """Return what the poster of a title shows, None for an unknown title."""
    listing = catalogue.titles.get(title_id)
    if listing is None:
        return None
    return PosterData(
        title=listing.title,
        original_title=listing.original_title,
        year=listing.year,
        language=listing.language,
        genres=listing.genres,
    )


@router.get("/posters/{title_id:int}.svg")
async def show_poster(
    request: Request, title_id: int, poster: Annotated[PosterData | None, Depends(load_poster)]
) -> Response:
    """Return the generated poster of a title."""
    if poster is None:
        return render_error_page(request, 404)
    drawing = draw_poster(title_id, poster).encode()
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


def draw_poster(title_id: int, poster: PosterData) -> str:
    """Return the poster as an SVG document; the same title always gets the same one."""
    rng = random.Random(title_id)  # noqa: S311  # not for security
    genre = next((each for each in poster.genres if each in GENRE_STYLES), "")
    hue, motif = GENRE_STYLES.get(genre, (rng.uniform(0, 359), None))
    language = language_name(poster.language) if poster.language else None
    native = _printable(poster.original_title or poster.title)
    latin = _printable(poster.title)
    size, line_height = title_size(native), _line_height(native)
    return render_template(
        "poster.svg",
        {
            "hue": round(hue + rng.uniform(-13, 13)) % 360,
            "motif": motif or rng.choice(MOTIFS),
            "uniform": lambda low, high: round(rng.uniform(low, high)),
            "cos": lambda degrees: math.cos(math.radians(degrees)),
            "native": native,
            "latin": latin if latin.casefold() != native.casefold() else "",
            "language": poster.language or "und",
            "facts": " · ".join(str(each) for each in (poster.year, language) if each),
            "size": size,
            "line_height": line_height,
            "max_lines": math.ceil(MAX_TITLE_HEIGHT / (size * line_height)),
        },
    )


def title_size(text: str) -> int:
    """Return the font size at which a title fits its place, in units of the drawing.

    >>> title_size("ఈగ"), title_size("Dilwale Dulhania Le Jayenge")
    (68, 48)
    """
    word_ems = [sum(map(_width_em, grapheme_clusters(word))) for word in text.split()] or [1.0]
    by_word = TEXT_WIDTH / max(word_ems)
    if max(map(_width_em, text), default=0.0) == WIDE_CHARACTER_EM:
        by_word = MAX_TITLE_SIZE  # these scripts break lines anywhere
    total_em = sum(word_ems) + 0.3 * len(word_ems)
    by_area = math.sqrt(TEXT_WIDTH * TEXT_HEIGHT / (total_em * _line_height(text) * 1.35))
    return int(max(MIN_TITLE_SIZE, min(MAX_TITLE_SIZE, by_word, by_area)))


def _width_em(grapheme: str) -> float:
    if unicodedata.east_asian_width(grapheme[0]) in "WF":
        return WIDE_CHARACTER_EM
    return WIDTH_EM_BY_SCRIPT.get(script_of(grapheme) or "", DEFAULT_WIDTH_EM)


def _line_height(text: str) -> float:
    return LINE_HEIGHT_BY_SCRIPT.get(script_of(text) or "", DEFAULT_LINE_HEIGHT)


def _printable(text: str) -> str:
    """Remove what XML cannot hold, such as control characters and lone surrogates."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
