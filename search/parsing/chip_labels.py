"""How languages, genres and people are written on chips."""

from search.parsing import lexicon
from search.parsing.phrase_table import SOUTH_INDIAN_CODE

VOWELS = frozenset("aeiouy")
SHORT_NAME_WORDS = frozenset(
    {"om", "jr", "de", "la", "le", "al", "di", "da", "ed", "jo", "bo", "li"}
)


def language_label(code: str) -> str:
    """Return the label of a language, or of the South Indian languages."""
    return "South Indian" if code == SOUTH_INDIAN_CODE else lexicon.LANGUAGE_LABELS[code]


def genre_label(slug: str) -> str:
    """Return the label of a genre."""
    return lexicon.GENRE_LABELS.get(slug) or slug.replace("-", " ").capitalize()


def display_name(name: str) -> str:
    """Return a folded name as people write it.

    >>> display_name("ss rajamouli"), display_name("om puri"), display_name("ntr")
    ('SS Rajamouli', 'Om Puri', 'NTR')
    """
    return " ".join(_capitalise(word, first=at == 0) for at, word in enumerate(name.split()))


def _capitalise(word: str, *, first: bool) -> str:
    are_initials = (len(word) <= 3 and VOWELS.isdisjoint(word)) or (first and len(word) == 2)
    if are_initials and word not in SHORT_NAME_WORDS:
        return word.upper()
    return word[:1].upper() + word[1:]
