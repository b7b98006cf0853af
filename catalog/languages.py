"""Languages, scripts and countries by their codes; names come from the Unicode CLDR (Babel)."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

# The languages that Rasika is made for, in the order that it shows them.
HOME_LANGUAGES = ("te", "ta", "hi", "kn", "ml")

SCRIPTS: dict[str, str] = {
    "bn": "Beng",
    "gu": "Gujr",
    "hi": "Deva",
    "ja": "Jpan",
    "kn": "Knda",
    "ko": "Kore",
    "ml": "Mlym",
    "mr": "Deva",
    "or": "Orya",
    "pa": "Guru",
    "ta": "Taml",
    "te": "Telu",
    "zh": "Hani",
}
"""ISO 639-1 language to the ISO 15924 script that it is mostly written in, where not Latin."""

# Codes that sources use for what ISO 639-1 calls otherwise (TMDB's `cn` is Cantonese).
CODES = {"cn": "zh", "nb": "no", "sh": "sr", "xx": "zxx"}

# Names that the CLDR spells otherwise.
COUNTRY_NAMES = {
    "bosnia and herzegovina": "BA",
    "czech republic": "CZ",
    "east germany": "DE",
    "hong kong": "HK",
    "ivory coast": "CI",
    "korea": "KR",
    "macau": "MO",
    "myanmar": "MM",
    "palestine": "PS",
    "soviet union": "RU",
    "turkey": "TR",
    "uk": "GB",
    "usa": "US",
    "vatican city": "VA",
    "west germany": "DE",
}

BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latn"),
    (0x1E00, 0x1EFF, "Latn"),
    (0x0370, 0x03FF, "Grek"),
    (0x0400, 0x052F, "Cyrl"),
    (0x0590, 0x05FF, "Hebr"),
    (0x0600, 0x06FF, "Arab"),
    (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"),
    (0x0A00, 0x0A7F, "Guru"),
    (0x0A80, 0x0AFF, "Gujr"),
    (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"),
    (0x0C00, 0x0C7F, "Telu"),
    (0x0C80, 0x0CFF, "Knda"),
    (0x0D00, 0x0D7F, "Mlym"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x1100, 0x11FF, "Kore"),
    (0x3040, 0x30FF, "Jpan"),
    (0x4E00, 0x9FFF, "Hani"),
    (0xAC00, 0xD7AF, "Kore"),
)


def code(language: str) -> str:
    """Return the ISO 639-1 code that a source's code stands for."""
    plain = language.strip().lower()
    return CODES.get(plain, plain)


def script_of(text: str) -> str:
    """Return the ISO 15924 script most letters of a text are in; Latin where there is none."""
    counts: dict[str, int] = {}
    for character in text:
        script = _script(ord(character))
        if script is not None:
            counts[script] = counts.get(script, 0) + 1
    return max(counts, key=lambda script: counts[script], default="Latn")


def language_of_script(script: str) -> str | None:
    """Return the most spoken language written in a script, where the script tells it."""
    return next((language for language, own in SCRIPTS.items() if own == script), None)


@lru_cache(maxsize=512)
def language_name(language: str, *, inside: str = "en") -> str:
    """Return what a language is called in another, or its code when nobody knows."""
    try:
        return Locale.parse(inside).languages.get(language) or language
    except (UnknownLocaleError, ValueError):
        return language


@lru_cache(maxsize=512)
def country_name(country: str) -> str:
    """Return what a country (ISO 3166-1) is called in English, or its code."""
    return Locale("en").territories.get(country) or country


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    territories = Locale("en").territories
    known = {name.casefold(): key for key, name in territories.items() if len(key) == 2}
    return known | COUNTRY_NAMES


def country_code(name: str) -> str | None:
    """Return the ISO 3166-1 code of a country's English name, or none when unknown."""
    return _countries().get(name.strip().casefold())


def _script(point: int) -> str | None:
    return next((script for first, last, script in BLOCKS if first <= point <= last), None)
