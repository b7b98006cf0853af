"""Languages, scripts and countries by their codes; names come from the Unicode CLDR (Babel)."""

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError

# The languages that Rasika is made for, in display order.
HOME_LANGUAGES = ("te", "ta", "hi", "kn", "ml")
HOME_CHIP_LANGUAGES = (*HOME_LANGUAGES, "en", "ja")
SEARCH_LANGUAGES = (*HOME_CHIP_LANGUAGES, "ko", "bn", "mr")

SCRIPT_OF_LANGUAGE: dict[str, str] = {
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
"""ISO 639-1 language to its usual ISO 15924 script, where that is not Latin."""

# Codes of sources that differ from ISO 639-1 (TMDB's `cn` is Cantonese).
CODE_ALIASES = {"cn": "zh", "nb": "no", "sh": "sr", "xx": "zxx"}

# Names that the CLDR spells differently.
COUNTRY_ALIASES = {
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


LANGUAGE_CODE_PATTERN = re.compile(r"[a-z]{2,3}")
NON_LANGUAGE_CODES = frozenset({"mul", "und", "zxx"})  # several, unknown, none


def normalise_code(language: str) -> str:
    """Return the ISO 639-1 code for a source's code."""
    plain = language.strip().lower()
    return CODE_ALIASES.get(plain, plain)


def canonical_language(language: str) -> str | None:
    """Return the code of a spoken language, or none for any other text.

    >>> canonical_language("TE"), canonical_language("cn"), canonical_language("zxx"), \
canonical_language("Telugu")
    ('te', 'zh', None, None)
    """
    plain = normalise_code(language)
    spoken = LANGUAGE_CODE_PATTERN.fullmatch(plain) and plain not in NON_LANGUAGE_CODES
    return plain if spoken and plain in Locale("en").languages else None


def language_of_script(script: str) -> str | None:
    """Return the most spoken language written in a script; none for scripts such as Latin."""
    return next((language for language, own in SCRIPT_OF_LANGUAGE.items() if own == script), None)


@lru_cache(maxsize=512)
def language_name(language: str, *, in_language: str = "en") -> str:
    """Return the name of a language in another language, or its code if there is none."""
    try:
        return Locale.parse(in_language).languages.get(language) or language
    except (UnknownLocaleError, ValueError):
        return language


@lru_cache(maxsize=512)
def country_name(country: str, *, in_language: str = "en") -> str:
    """Return the name of a country (ISO 3166-1) in a language, or its code."""
    try:
        return Locale.parse(in_language).territories.get(country) or country
    except (UnknownLocaleError, ValueError):
        return country


@lru_cache(maxsize=1)
def _country_codes() -> dict[str, str]:
    territories = Locale("en").territories
    known = {name.casefold(): key for key, name in territories.items() if len(key) == 2}
    return known | COUNTRY_ALIASES


def country_code(name: str) -> str | None:
    """Return the ISO 3166-1 code of a country's English name; none if it is unknown."""
    return _country_codes().get(name.strip().casefold())
