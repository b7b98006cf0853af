"""Regions, and the languages that are watched in them.

Weights are rounded shares of first languages in the Census of India 2011 (table C-16), with Hindi
and English raised a little for viewing beyond the mother tongue. They sum to 1 per region.
"""

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from catalog import translated_labels
from catalog.languages import country_name

DEFAULT_REGION = "IN"

LANGUAGE_WEIGHTS: dict[str, dict[str, float]] = {
    "IN": {"hi": 0.46, "te": 0.14, "ta": 0.12, "ml": 0.07, "kn": 0.07, "en": 0.08, "mr": 0.06},
    "IN-AP": {"te": 0.84, "hi": 0.06, "ta": 0.04, "en": 0.06},
    "IN-DL": {"hi": 0.80, "en": 0.12, "pa": 0.08},
    "IN-GJ": {"gu": 0.62, "hi": 0.32, "en": 0.06},
    "IN-KA": {"kn": 0.62, "te": 0.10, "hi": 0.11, "ta": 0.07, "ml": 0.04, "en": 0.06},
    "IN-KL": {"ml": 0.80, "ta": 0.09, "hi": 0.05, "en": 0.06},
    "IN-MH": {"hi": 0.46, "mr": 0.46, "en": 0.08},
    "IN-PB": {"pa": 0.62, "hi": 0.32, "en": 0.06},
    "IN-TG": {"te": 0.74, "hi": 0.17, "ur": 0.03, "en": 0.06},
    "IN-TN": {"ta": 0.85, "te": 0.05, "hi": 0.02, "ml": 0.02, "en": 0.06},
    "IN-UP": {"hi": 0.93, "ur": 0.04, "en": 0.03},
    "IN-WB": {"bn": 0.80, "hi": 0.14, "en": 0.06},
    "GB": {"en": 1.0},
    "JP": {"ja": 0.9, "en": 0.1},
    "US": {"en": 1.0},
}

STATE_NAMES: dict[str, str] = {
    "IN-AP": "Andhra Pradesh",
    "IN-DL": "Delhi",
    "IN-GJ": "Gujarat",
    "IN-KA": "Karnataka",
    "IN-KL": "Kerala",
    "IN-MH": "Maharashtra",
    "IN-PB": "Punjab",
    "IN-TG": "Telangana",
    "IN-TN": "Tamil Nadu",
    "IN-UP": "Uttar Pradesh",
    "IN-WB": "West Bengal",
}

# The zone of most of a country's people; other countries count as India.
TIME_ZONES: dict[str, str] = {
    "GB": "Europe/London",
    "IN": "Asia/Kolkata",
    "JP": "Asia/Tokyo",
    "US": "America/Chicago",
}

TRANSLATED_STATE_NAMES = translated_labels.parse_labels(translated_labels.STATE_LABELS)
"""State to language to name, in languages other than English."""

NON_COUNTRY_CODES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # in the CLDR

REGION_CODE_PATTERN = re.compile(r"([A-Z]{2})(?:-[A-Z0-9]{1,3})?")

# ISO renamed Telangana's code; geolocation providers send either.
REGION_ALIASES = {"IN-TS": "IN-TG", "UK": "GB"}


def canonical_region(region: str) -> str | None:
    """Return a region as ISO 3166 writes it, or none if it is not a region.

    >>> canonical_region("in-tg"), canonical_region("IN-TS"), canonical_region("Telangana")
    ('IN-TG', 'IN-TG', None)
    """
    plain = region.strip().upper().replace("_", "-")
    plain = REGION_ALIASES.get(plain, plain)
    match = REGION_CODE_PATTERN.fullmatch(plain)
    if match is None or match[1] in NON_COUNTRY_CODES or country_name(match[1]) == match[1]:
        return None
    return plain


def known_region(region: str) -> str:
    """Return the narrowest region with language weights: itself, its country, or India."""
    for candidate in (region, region.partition("-")[0]):
        if candidate in LANGUAGE_WEIGHTS:
            return candidate
    return DEFAULT_REGION


def language_weights(region: str) -> Mapping[str, float]:
    """Return the weights of the languages watched in a region, most watched first, sum 1."""
    weights = LANGUAGE_WEIGHTS[known_region(region)]
    return dict(sorted(weights.items(), key=lambda item: -item[1]))


def time_zone(region: str) -> ZoneInfo:
    """Return the time zone of a region."""
    country = region.partition("-")[0]
    return ZoneInfo(TIME_ZONES.get(country, TIME_ZONES[DEFAULT_REGION]))


def region_name(region: str, *, in_language: str = "en") -> str:
    """Return the name of a region, in English if the language has none."""
    translated = TRANSLATED_STATE_NAMES.get(region, {}).get(in_language) or STATE_NAMES.get(region)
    return translated or country_name(region.partition("-")[0], in_language=in_language)
