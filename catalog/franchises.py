"""Which films belong together as parts of one story, as far as their names tell."""

import re

from vocabulary.name_folding import fold

LAST_PART = 12  # series go on, their numbers seldom: `Article 15` is no part of anything

SUBTITLE = re.compile(r"\s*[:：]\s+|\s+[–—-]\s+|:$")
ASIDE = re.compile(r"\s*[(\[].*?[)\]]\s*$")  # a year, a language
SAGA = re.compile(r"^(\w+ \w.*?) and the .+$")  # `Harry Potter and the …`
ARTICLE = re.compile(r"^(?:the|a|an) (?=\S)")
NUMBER = r"\d+|[ivx]{2,}|one|two|three|four|five"
PART = re.compile(
    r"(?:\s+(?:part|chapter|volume|vol|episode|season|side|bhaag|bhag)"
    rf"\s+(?:{NUMBER}|[a-c]|[ivx])"
    r"|\s+(?P<number>[1-9]\d*|[ivx]{2,})|\s+(?:returns|again|reloaded))$"
)


def franchise(title: str) -> str:
    """Return a key that the parts of a series of films share, whatever stands alone being its own.

    >>> franchise("Baahubali 2: The Conclusion") == franchise("Baahubali: The Beginning")
    True
    >>> franchise("K.G.F: Chapter 2"), franchise("Singham Returns"), franchise("The Godfather II")
    ('kgf', 'singham', 'godfather')
    >>> franchise("Aditya 369"), franchise("2001: A Space Odyssey")
    ('aditya 369', '2001 a space odyssey')
    """
    whole = fold(title)
    stem = fold(ASIDE.sub("", SUBTITLE.split(title.strip())[0]))
    stem = _without_part(ARTICLE.sub("", stem))
    saga = SAGA.match(stem)
    stem = saga[1] if saga else stem
    return stem if any(character.isalpha() for character in stem) else whole


def _without_part(stem: str) -> str:
    found = PART.search(stem)
    if found is None or _too_many(found["number"]):
        return stem
    return stem[: found.start()]


def _too_many(number: str | None) -> bool:
    return number is not None and number.isdecimal() and int(number) > LAST_PART
