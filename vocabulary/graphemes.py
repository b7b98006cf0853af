"""Text as people see it: letters with their vowel signs and conjuncts."""

import unicodedata

JOINING_VIRAMAS = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0ccd\u0d4d"  # Tamil's does not form conjuncts
JOINERS = "\u200c\u200d"


def grapheme_clusters(text: str) -> list[str]:
    """Split a text into visible letters: a conjunct and its vowel signs stay together.

    >>> grapheme_clusters("క్షణం"), grapheme_clusters("ஃபில்ம்")
    (['క్ష', 'ణం'], ['ஃ', 'பி', 'ல்', 'ம்'])
    """
    clusters: list[str] = []
    for character in text:
        if clusters and clusters[-1] != " " and _joins(clusters[-1], character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _joins(cluster: str, character: str) -> bool:
    if unicodedata.category(character) in ("Mn", "Mc", "Me") or character in JOINERS:
        return True
    return cluster.rstrip(JOINERS)[-1:] in JOINING_VIRAMAS and character.isalpha()
