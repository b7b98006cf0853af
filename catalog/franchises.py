"""Franchises: films that are parts of one story, judged by their names."""

import re

from vocabulary.name_folding import fold

MAX_PART_NUMBER = 12  # few series have more parts: `Article 15` is not a sequel

SUBTITLE_SEPARATOR = re.compile(r"\s*[:：]\s+|\s+[–—-]\s+|:$")
TRAILING_PARENTHESES = re.compile(r"\s*[(\[].*?[)\]]\s*$")  # a year, a language
SAGA_PATTERN = re.compile(r"^(\w+ \w.*?) and the .+$")  # `Harry Potter and the …`
LEADING_ARTICLE = re.compile(r"^(?:the|a|an) (?=\S)")
NUMBER_PATTERN = r"\d+|[ivx]{2,}|one|two|three|four|five"
PART_SUFFIX = re.compile(
    r"(?:\s+(?:part|chapter|volume|vol|episode|season|side|bhaag|bhag)"
    rf"\s+(?:{NUMBER_PATTERN}|[a-c]|[ivx])"
    r"|\s+(?P<number>[1-9]\d*|[ivx]{2,})|\s+(?:returns|again|reloaded))$"
)


def franchise_key(title: str) -> str:
    """Return a key that the parts of a franchise share; other films have a key of their own.

    >>> franchise_key("Baahubali 2: The Conclusion") == franchise_key("Baahubali: The Beginning")
    True
    >>> franchise_key("K.G.F: Chapter 2"), franchise_key("Singham Returns")
    ('kgf', 'singham')
    >>> franchise_key("Aditya 369"), franchise_key("2001: A Space Odyssey")
    ('aditya 369', '2001 a space odyssey')
    """
    whole = fold(title)
    stem = fold(TRAILING_PARENTHESES.sub("", SUBTITLE_SEPARATOR.split(title.strip())[0]))
    stem = _without_part(LEADING_ARTICLE.sub("", stem))
    saga = SAGA_PATTERN.match(stem)
    stem = saga[1] if saga else stem
    return stem if any(character.isalpha() for character in stem) else whole


def _without_part(stem: str) -> str:
    suffix = PART_SUFFIX.search(stem)
    if suffix is None or _exceeds_max_part(suffix["number"]):
        return stem
    return stem[: suffix.start()]


def _exceeds_max_part(number: str | None) -> bool:
    return number is not None and number.isdecimal() and int(number) > MAX_PART_NUMBER
