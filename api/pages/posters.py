"""A drawn card for titles without a poster: the name in its own script over a composition."""

import colorsys
import hashlib
import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from catalog.languages import language_name
from vocabulary.graphemes import grapheme_clusters
from vocabulary.writing_systems import script_of

WIDTH, HEIGHT, MARGIN = 400, 600, 30  # SVG user units, two to three like a printed poster
FONTS = (
    "'Noto Sans Telugu','Noto Sans Tamil','Noto Sans Devanagari','Noto Sans Kannada',"
    "'Noto Sans Malayalam','Noto Sans JP','Noto Sans CJK JP','Noto Sans',system-ui,sans-serif"
)

TITLE_SIZES = (68, 60, 54, 48, 43, 38, 34, 30, 27)
TITLE_HEIGHT = 250  # what the name may take of the card, so that the drawing stays seen
LATIN_SIZES = (23, 20)

# Advances in em, read from the bold Noto faces and rounded up: an ordinary letter of a script, how
# much more a wide one takes, and what a vowel sign, another sign and a joined letter add.
LETTER_EM = {"Deva": 0.74, "Knda": 0.88, "Kore": 0.95, "Mlym": 1.2, "Taml": 1.0, "Telu": 0.81}
WIDE_EM = 0.45
WIDE_LETTERS = frozenset("ओऔऑआअझಉಊಯಝಮಞಋഐഈആഝഔഅഞണഛബഎഓഏഹഢணனஸஷஜஞஊஔஆஹழయమఘఝహఊఋఈ")
SIGN_EM = {
    0.3: "ािीिोौിീൃிో",
    0.4: "ాుృುೃുൂு",
    0.55: "ంఃಾೀೇാം",
    0.7: "ూಂാേെாூ",
    1.0: "ೂெே",
    1.35: "ೋോൊൈைொோ",
}
SIGNS_EM = {sign: width for width, signs in SIGN_EM.items() for sign in signs}
JOINED_EM = 0.2
LINE_EM = {"Knda": 1.42, "Mlym": 1.40, "Telu": 1.42, "Deva": 1.38, "Taml": 1.36}
NEVER_FIRST = "、。，．・：；？！」』）】〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"  # kinsoku

GENRE_HUES = {  # degrees; what a genre's posters are mostly painted in
    "horror": 350,
    "thriller": 205,
    "crime": 215,
    "mystery": 250,
    "science-fiction": 190,
    "fantasy": 275,
    "mythology": 20,
    "devotional": 24,
    "war": 88,
    "history": 14,
    "period": 18,
    "action": 12,
    "romance": 338,
    "comedy": 178,
    "musical": 322,
    "music": 262,
    "family": 160,
    "adventure": 140,
    "sport": 105,
    "animation": 175,
    "coming-of-age": 165,
}


AMBER = "#f0b35a"


@dataclass(frozen=True, slots=True)
class PosterData:
    """What is drawn of a title."""

    title: str
    original_title: str | None
    year: int | None
    language: str | None
    genres: Sequence[str]


class SeededRandom:
    """Numbers that are always the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._bytes = hashlib.blake2b(seed.encode(), digest_size=64).digest()
        self._next = 0

    def uniform(self, low: float, high: float) -> float:
        """Return the next number, from low to high."""
        value = self._bytes[self._next % 64]
        self._next += 1
        return low + (high - low) * value / 255


def draw_poster(title_id: int | str, card: PosterData) -> str:
    """Return the card as an SVG document.

    >>> draw(1, Card("Maya Bazaar", "మాయాబజార్", 1957, "te", ["mythology"])).startswith("<svg")
    True
    """
    dice = SeededRandom(f"{title_id}")
    known = [genre for genre in card.genres if genre in GENRE_HUES]
    hue = GENRE_HUES[known[0]] if known else dice.uniform(0, 359)
    hue += dice.uniform(-13, 13)
    motif = MOTIFS.get(known[0] if known else "") or ANY_MOTIF[int(dice.uniform(0, 3.99))]
    language = language_name(card.language) if card.language else None
    name = " · ".join(str(part) for part in (card.year, language) if part)
    label = f"{card.original_title or card.title}, {name}" if name else card.title
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label={quoteattr(_clean(label))} '
        f'font-family="{FONTS}">'
        f"{_backdrop(hue)}{motif(dice, hue)}{_shade()}{_lettering(card, name)}</svg>"
    )


# The drawing


def _colour(hue: float, saturation: float, lightness: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue % 360 / 360, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _backdrop(hue: float) -> str:
    top, bottom = _colour(hue + 18, 0.52, 0.30), _colour(hue - 14, 0.58, 0.13)
    return (
        '<defs><linearGradient id="b" x2=".35" y2="1">'
        f'<stop stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/></linearGradient>'
        '<linearGradient id="s" x2="0" y2="1">'
        f'<stop offset=".3" stop-color="{_colour(hue, 0.5, 0.05)}" stop-opacity="0"/>'
        f'<stop offset=".68" stop-color="{_colour(hue, 0.5, 0.05)}" stop-opacity=".78"/>'
        f'<stop offset="1" stop-color="{_colour(hue, 0.5, 0.04)}" stop-opacity=".94"/>'
        f'</linearGradient></defs><rect width="{WIDTH}" height="{HEIGHT}" fill="url(#b)"/>'
    )


def _shade() -> str:
    return (
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#s)"/>'
        f'<rect x="{MARGIN}" y="{HEIGHT - 62}" width="34" height="3" fill="{AMBER}"/>'
    )


def _sun(dice: SeededRandom, hue: float) -> str:
    """Draw a low sun in rings over two hills."""
    x, y, radius = dice.uniform(130, 270), dice.uniform(170, 220), dice.uniform(78, 104)
    rings = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius + step * 30:.0f}" '
        f'fill="{AMBER}" opacity="{0.13 - step * 0.03:.2f}"/>'
        for step in (3, 2, 1)
    )
    disc = _disc(x, y, radius, _lamp(dice))
    left, right = dice.uniform(235, 300), dice.uniform(260, 330)
    hills = (
        f'<path d="M0 {left:.0f}Q120 {left - 70:.0f} 230 {left + 30:.0f}T400 {right - 40:.0f}'
        f'V600H0Z" fill="{_colour(hue, 0.5, 0.26)}"/>'
        f'<path d="M0 {right + 70:.0f}Q90 {right:.0f} 200 {right + 30:.0f}T400 {left + 40:.0f}'
        f'V600H0Z" fill="{_colour(hue - 12, 0.55, 0.15)}"/>'
    )
    return rings + disc + hills


def _rays(dice: SeededRandom, hue: float) -> str:
    """Draw beams out of one point, as from a projector."""
    x, y, count = dice.uniform(60, 340), dice.uniform(60, 240), 11
    turn = dice.uniform(0, 30)
    beams = []
    for beam in range(count):
        start = math.radians(turn + beam * 360 / count)
        end = start + math.radians(360 / count * dice.uniform(0.3, 0.6))
        points = " ".join(
            f"{x + 760 * math.cos(angle):.0f},{y + 760 * math.sin(angle):.0f}"
            for angle in (start, end)
        )
        beams.append(f'<polygon points="{x:.0f},{y:.0f} {points}"/>')
    glow = _disc(x, y, dice.uniform(34, 62), _lamp(dice))
    paint = f'<g fill="{_colour(hue + 10, 0.62, 0.46)}" opacity=".5">{"".join(beams)}</g>'
    return paint + glow


def _arches(dice: SeededRandom, hue: float) -> str:
    """Draw nested pointed arches, a lamp in the innermost."""
    x, arches = 200, []
    for step in range(5):
        half, top = 176 - step * 32, 46 + step * 36
        shoulder = top + 92 - step * 6
        arches.append(
            f'<path d="M{x - half} 600V{shoulder}Q{x - half * 0.9:.0f} {top + 34} {x} {top}'
            f'Q{x + half * 0.9:.0f} {top + 34} {x + half} {shoulder}V600Z" '
            f'fill="{_colour(hue + step * 4, 0.56, 0.2 + 0.075 * step)}"/>'
        )
    lamp = _disc(x, dice.uniform(258, 286), dice.uniform(22, 34), _lamp(dice))
    return "".join(arches) + lamp


def _orbits(dice: SeededRandom, hue: float) -> str:
    """Draw tilted orbits and their planets."""
    x, y, tilt = dice.uniform(150, 250), dice.uniform(170, 230), dice.uniform(-38, 38)
    parts = [_disc(x, y, dice.uniform(46, 66), _lamp(dice))]
    for step in range(1, 5):
        wide, angle = 60 + step * 48, math.radians(dice.uniform(0, 359))
        tall = wide * 0.42
        parts.append(
            f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{wide}" ry="{tall:.0f}" fill="none" '
            f'stroke="{_colour(hue + 10, 0.6, 0.7)}" stroke-opacity=".55" stroke-width="2"/>'
        )
        at = x + wide * math.cos(angle), y + tall * math.sin(angle)
        parts.append(_disc(*at, dice.uniform(5, 14), _colour(hue + 50 * step, 0.7, 0.68)))
    return f'<g transform="rotate({tilt:.0f} {x:.0f} {y:.0f})">{"".join(parts)}</g>'


def _moon(dice: SeededRandom, hue: float) -> str:
    """Draw a pale moon behind tall bare strokes."""
    x, y = dice.uniform(120, 290), dice.uniform(130, 190)
    moon = _disc(x, y, dice.uniform(70, 92), _colour(hue + 8, 0.3, 0.8))
    strokes = []
    for stroke in range(9):
        left, lean = stroke * 48 + dice.uniform(-16, 16), dice.uniform(-34, 34)
        top, wide = dice.uniform(30, 300), dice.uniform(8, 24)
        strokes.append(
            f'<path d="M{left:.0f} 600L{left + lean:.0f} {top:.0f}L{left + wide:.0f} 600Z"/>'
        )
    return f'{moon}<g fill="{_colour(hue - 10, 0.6, 0.08)}">{"".join(strokes)}</g>'


def _petals(dice: SeededRandom, hue: float) -> str:
    """Draw a flower of overlapping petals."""
    x, y, count = dice.uniform(150, 250), dice.uniform(170, 215), 8 + int(dice.uniform(0, 4.9))
    reach, turn = dice.uniform(110, 140), dice.uniform(0, 40)
    petals = "".join(
        f'<ellipse cx="{x:.0f}" cy="{y - reach * 0.58:.0f}" rx="{reach * 0.3:.0f}" '
        f'ry="{reach * 0.6:.0f}" fill="{_colour(hue + step % 2 * 26, 0.68, 0.58)}" opacity=".5" '
        f'transform="rotate({turn + step * 360 / count:.0f} {x:.0f} {y:.0f})"/>'
        for step in range(count)
    )
    return petals + _disc(x, y, dice.uniform(18, 28), _lamp(dice))


def _confetti(dice: SeededRandom, _hue: float) -> str:
    """Draw a handful of large bright dots and half-discs."""
    shapes = []
    for shape in range(13):
        x, y = (shape % 4) * 110 + dice.uniform(0, 90), (shape // 4) * 96 + dice.uniform(10, 80)
        radius, paint = dice.uniform(14, 46), _colour(dice.uniform(-12, 58), 0.78, 0.6)
        if shape % 3:
            shapes.append(_disc(x, y, radius, paint))
        else:
            shapes.append(
                f'<path d="M{x - radius:.0f} {y:.0f}a{radius:.0f} {radius:.0f} 0 0 1 '
                f'{2 * radius:.0f} 0Z" fill="{paint}" '
                f'transform="rotate({dice.uniform(0, 359):.0f} {x:.0f} {y:.0f})"/>'
            )
    return f'<g opacity=".82">{"".join(shapes)}</g>'


def _lamp(dice: SeededRandom) -> str:
    """Return one of the warm lights that every card has, whatever its hue."""
    return _colour(dice.uniform(22, 48), 0.9, 0.65)


def _disc(x: float, y: float, radius: float, paint: str) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{paint}"/>'


Motif = Callable[[SeededRandom, float], str]
ANY_MOTIF: tuple[Motif, ...] = (_sun, _rays, _arches, _petals)
MOTIFS: dict[str, Motif] = {
    "action": _rays,
    "comedy": _confetti,
    "crime": _moon,
    "devotional": _arches,
    "fantasy": _orbits,
    "history": _arches,
    "horror": _moon,
    "music": _rays,
    "musical": _petals,
    "mystery": _moon,
    "mythology": _arches,
    "period": _arches,
    "romance": _petals,
    "science-fiction": _orbits,
    "thriller": _moon,
    "war": _rays,
}


# The lettering


def _lettering(card: PosterData, foot: str) -> str:
    """Set the name from the foot of the card upwards: year, Latin name, native name."""
    native, latin = card.original_title or card.title, card.title
    y = HEIGHT - 30
    parts = [_line(foot, y=y, size=21, lang="en", paint="#ffffff", opacity=0.82)]
    y -= 52
    if latin.casefold() != native.casefold():
        size, lines = fit_text(latin, sizes=LATIN_SIZES, height=60)
        for text in reversed(lines):
            parts.append(_line(text, y=y, size=size, lang="en", paint="#ffffff", opacity=0.88))
            y -= round(size * 1.25)
        y -= 8
    size, lines = fit_text(native, sizes=TITLE_SIZES, height=TITLE_HEIGHT)
    leading = _leading(native)
    y -= round(size * (leading - 1.16))
    for text in reversed(lines):
        parts.append(
            _line(text, y=y, size=size, lang=card.language or "und", paint="#fffaf0", bold=True)
        )
        y -= round(size * leading)
    return "".join(parts)


def _line(
    text: str,
    *,
    y: float,
    size: int,
    lang: str,
    paint: str,
    opacity: float = 1,
    bold: bool = False,
) -> str:
    faint = f' fill-opacity="{opacity}"' if opacity < 1 else ""
    weight = "700" if bold else "500"
    return (
        f'<text x="{MARGIN}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{paint}"'
        f"{faint} xml:lang={quoteattr(lang)}>{escape(_clean(text))}</text>"
    )


def fit_text(text: str, *, sizes: Sequence[int], height: int) -> tuple[int, list[str]]:
    """Return the largest size, and the lines in it, at which a text fits the card's width.

    Words stay whole where a size allows it; at the smallest size what is left is cut with an
    ellipsis.
    """
    leading = _leading(text)
    for size in sizes:
        room = (WIDTH - 2 * MARGIN) / size
        lines = wrap_text(text, room)
        if len(lines) * size * leading <= height and all(
            text_width_em(line) <= room for line in lines
        ):
            return size, lines
    size = sizes[-1]
    room, most = (WIDTH - MARGIN) / size, max(1, int(height / (size * leading)))
    lines = [part for line in wrap_text(text, room) for part in _broken(line, room)]
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(lines[most - 1], room)]
    return size, lines


def wrap_text(text: str, room: float) -> list[str]:
    """Break a text between words, and between Chinese or Japanese characters, at a width in em.

    >>> wrap("Maya Bazaar", 4.0), wrap("鉄腕アトム", 3.0)
    (['Maya', 'Bazaar'], ['鉄腕ア', 'トム'])
    """
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and text_width_em((lines[-1] + piece).rstrip()) > room:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines if line.strip()]


def text_width_em(text: str) -> float:
    """Return about how wide a bold line of text is, in em."""
    return sum(_cluster_em(cluster) for cluster in grapheme_clusters(text))


def _cluster_em(cluster: str) -> float:
    first = cluster[0]
    if letter := LETTER_EM.get(script_of(first)):
        signs = sum(SIGNS_EM.get(sign, 0.0) for sign in cluster[1:])
        joined = sum(character.isalpha() for character in cluster[1:])
        return letter + WIDE_EM * (first in WIDE_LETTERS) + signs + JOINED_EM * joined
    if unicodedata.east_asian_width(first) in "WF":
        return 1.0
    if first.isspace():
        return 0.3
    return _latin_em(first)


def _latin_em(letter: str) -> float:
    if letter in "mwMW":
        return 0.98
    if letter in "iljtfrI.,:;'’!|-()":
        return 0.42
    return 0.75 if letter.isupper() else 0.63


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    breakable = True
    for cluster in grapheme_clusters(" ".join(text.split())):
        wide = unicodedata.east_asian_width(cluster[0]) in "WF" and cluster[0] not in NEVER_FIRST
        if pieces and (cluster[0] in NEVER_FIRST or not (breakable or wide)):
            pieces[-1] += cluster
        else:
            pieces.append(cluster)
        breakable = wide or cluster in (" ", "-", "–", "/")
    return pieces


def _broken(line: str, room: float) -> list[str]:
    lines = [""]
    for cluster in grapheme_clusters(line):
        if lines[-1] and text_width_em(lines[-1] + cluster) > room:
            lines.append("")
        lines[-1] += cluster
    return lines


def _cut(line: str, room: float) -> str:
    kept = grapheme_clusters(line)
    while kept and text_width_em("".join(kept)) + 0.9 > room:
        kept.pop()
    return "".join(kept).rstrip() + "…"


def _leading(text: str) -> float:
    return LINE_EM.get(script_of(text), 1.16)


def _clean(text: str) -> str:
    """Drop what XML cannot carry, such as control characters and lone surrogates."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
