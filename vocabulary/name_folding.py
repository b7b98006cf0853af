"""One plain form for names, so that spelling variants of a name compare equal."""

import re
import unicodedata

WORD_MARKS = ("Mn", "Mc")  # vowel signs and viramas: parts of letters in Indian scripts
FIRST_INDIC = "\u0900"
APOSTROPHES = str.maketrans("", "", "'’`")
# Between spaces: `\b` would separate an Indian letter from its vowel sign.
INITIALS_PATTERN = re.compile(r"(?<!\S)(?:[^\W\d_] )+[^\W\d_](?!\S)")


def fold(name: str) -> str:
    """Return a name in lower case, without accents and punctuation, words separated by one space.

    Initials are joined: sources write them with dots, spaces, both or neither.

    >>> fold("Bāhubali: The  Beginning"), fold("K.G.F"), fold("S. S. Rajamouli")
    ('bahubali the beginning', 'kgf', 'ss rajamouli')
    """
    decomposed = unicodedata.normalize("NFKD", name).casefold().translate(APOSTROPHES)
    kept = "".join(
        character if _is_part_of_word(character) else " "
        for character in decomposed
        if not _is_accent(character)
    )
    folded = unicodedata.normalize("NFC", " ".join(kept.split()))
    return INITIALS_PATTERN.sub(_join_initials, folded) or name.strip().casefold()


def _join_initials(initials: re.Match[str]) -> str:
    return initials.group().replace(" ", "")


def _is_part_of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character) in WORD_MARKS


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) != 0 and character < FIRST_INDIC
