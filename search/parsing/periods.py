"""Years, ranges of years and decades in a query."""

from collections.abc import Sequence
from dataclasses import dataclass

MIN_YEAR, MAX_YEAR = 1900, 2049
SHORT_DECADE_CENTURY = 1900  # of a decade in two digits: 90s always means the 1990s
MIN_SHORT_DECADE = 50  # 20s, 30s and 40s are ages of people in plots

NAMED_DECADES = {
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
    "नब्बे": 1990,
    "अस्सी": 1980,
    "सत्तर": 1970,
    "साठ": 1960,
    "తొంభైల": 1990,
    "ఎనభైల": 1980,
}
DECADE_QUALIFIERS = frozenset({"early", "mid", "late", "the"})
DECADE_SUFFIXES = [
    ("ke", "dashak"),
    ("के", "दशक"),
    ("ke", "daur"),
    ("के", "दौर"),
    ("के", "दशक", "की"),
    ("dashakam",),
    ("దశకం",),
    ("దశకంలో",),
    ("kalin",),
    ("కాలం",),
]
PLOT_WORDS_AFTER_PERIOD = frozenset(
    {"kid", "kids", "his", "her", "their", "my", "year", "years", "girl", "boy"}
)

FROM_WORDS = frozenset({"from", "since"})
AFTER_WORDS = frozenset({"after", "post"})
BEFORE_WORDS = frozenset({"before", "pre"})
UNTIL_WORDS = frozenset({"until", "till", "upto"})
RANGE_WORDS = frozenset(
    {"to", "and", "till", "until", "se", "से", "through", "thru", "nundi", "mudhal"}
)
ONWARDS_SUFFIXES = [("onwards",), ("onward",), ("and", "later"), ("or", "later"), ("and", "newer")]
AFTER_SUFFIXES = [
    ("ke", "baad"),
    ("ke", "bad"),
    ("के", "बाद"),
    ("tarvata",),
    ("taruvata",),
    ("tarwata",),
    ("tharvatha",),
    ("tharuvatha",),
    ("tarvatha",),
    ("తర్వాత",),
    ("తరువాత",),
    ("ku", "piragu"),
    ("ku", "pin"),
    ("piragu",),
    ("appuram",),
    ("aprom",),
    ("பிறகு",),
    ("பின்",),
    ("க்கு", "பிறகு"),
    ("nu", "shesham"),
    ("nu", "sesham"),
    ("shesham",),
    ("ശേഷം",),
    ("nantara",),
    ("ನಂತರ",),
    ("ರ", "ನಂತರ"),
]
BEFORE_SUFFIXES = [
    ("se", "pehle"),
    ("se", "pahle"),
    ("ke", "pehle"),
    ("से", "पहले"),
    ("ki", "mundu"),
    ("ku", "mundu"),
    ("kante", "mundu"),
    ("mundu",),
    ("ముందు",),
    ("ku", "munnadi"),
    ("ku", "munbu"),
    ("munnadi",),
    ("munbu",),
    ("முன்",),
    ("முன்பு",),
    ("nu", "munpu"),
    ("munpu",),
    ("മുമ്പ്",),
    ("മുൻപ്",),
    ("modalu",),
    ("ಮೊದಲು",),
    ("ಮುಂಚೆ",),
]


LEADING_WORDS = frozenset(
    {
        *NAMED_DECADES,
        *DECADE_QUALIFIERS,
        *FROM_WORDS,
        *AFTER_WORDS,
        *BEFORE_WORDS,
        *UNTIL_WORDS,
        "between",
    }
)


@dataclass(frozen=True, slots=True)
class Period:
    """Years, both ends inclusive, from the first words of a query."""

    word_count: int
    chip_key: str
    label: str
    first_year: int | None
    last_year: int | None


def parse_period(words: Sequence[str]) -> Period | None:
    """Return the period that the words of a query begin with.

    >>> parse_period(["90s"]).label, parse_period("between 1990 and 2000".split()).label
    ('1990s', '1990–2000')
    """
    if not words or not (words[0] in LEADING_WORDS or words[0][:1].isdecimal()):
        return None
    return (
        _parse_decade(words)
        or _parse_range(words)
        or _parse_open_range(words)
        or _parse_single_year(words)
    )


def _parse_decade(words: Sequence[str]) -> Period | None:
    lead = 0
    while lead < len(words) - 1 and words[lead] in DECADE_QUALIFIERS:
        lead += 1
    suffix_length = _longest_suffix_length(words[lead + 1 : lead + 4], DECADE_SUFFIXES)
    first = _decade_start(words[lead])
    if first is None and suffix_length:
        first = _decade_from_digits(words[lead])
    if first is None:
        return None
    length = lead + 1 + suffix_length
    if words[length : length + 1] and words[length] in PLOT_WORDS_AFTER_PERIOD:
        return None
    return Period(length, f"decade:{first}", f"{first}s", first, first + 9)


def _decade_start(word: str) -> int | None:
    """Return the first year of `90s`, `1990s`, `nineties` or `90ల`."""
    if word in NAMED_DECADES:
        return NAMED_DECADES[word]
    digits, rest = _split_digits(word)
    if not rest or (rest.isascii() and rest != "s"):
        return None
    return _decade_from_digits(digits) if rest == "s" or len(digits) == 2 else None


def _decade_from_digits(digits: str) -> int | None:
    if not digits.isdecimal() or not digits.isascii() or not digits.endswith("0"):
        return None
    value = int(digits) if len(digits) in (2, 4) else 0
    if len(digits) == 2 and value >= MIN_SHORT_DECADE:
        return SHORT_DECADE_CENTURY + value
    return value if MIN_YEAR <= value <= MAX_YEAR else None


def _parse_range(words: Sequence[str]) -> Period | None:
    lead = 1 if words[0] in FROM_WORDS or words[0] == "between" else 0
    if len(words) < lead + 2:
        return None
    first = parse_year(words[lead])
    joined = words[lead + 1] in RANGE_WORDS
    at = lead + 1 + joined
    last = parse_year(words[at]) if at < len(words) else None
    if first is None or last is None or first >= last or not (joined or last - first < 100):
        return None
    length = at + 1 + (words[at + 1 : at + 2] == ["tak"])
    return Period(length, f"years:{first}-{last}", f"{first}–{last}", first, last)


def _parse_open_range(words: Sequence[str]) -> Period | None:
    if len(words) < 2:
        return None
    year = parse_year(words[1])
    if year is not None:
        return _range_from_word(words[0], year, words[2:4])
    year = parse_year(words[0])
    return None if year is None else _range_from_suffix(year, words[1:4])


def _range_from_word(word: str, year: int, next_words: Sequence[str]) -> Period | None:
    """Return the range of "after 1990", "from 1990 onwards" and so on."""
    if word in AFTER_WORDS:
        return _period_from(2, year + 1)
    if word in FROM_WORDS:
        length = _longest_suffix_length(next_words, ONWARDS_SUFFIXES)
        return _period_from(2 + length, year) if length or word == "since" else None
    if word in BEFORE_WORDS:
        return _period_until(2, year - 1)
    return _period_until(2, year) if word in UNTIL_WORDS else None


def _range_from_suffix(year: int, next_words: Sequence[str]) -> Period | None:
    """Return the range of "1990 onwards", "1990 ke baad" and so on."""
    for suffixes, offset in ((ONWARDS_SUFFIXES, 0), (AFTER_SUFFIXES, 1)):
        length = _longest_suffix_length(next_words, suffixes)
        if length:
            return _period_from(1 + length, year + offset)
    length = _longest_suffix_length(next_words, BEFORE_SUFFIXES)
    return _period_until(1 + length, year - 1) if length else None


def _parse_single_year(words: Sequence[str]) -> Period | None:
    year = parse_year(words[0])
    if year is None or (words[1:2] and words[1] in PLOT_WORDS_AFTER_PERIOD):
        return None
    return Period(1, f"year:{year}", str(year), year, year)


def parse_year(word: str) -> int | None:
    """Return the year of a word, which may have an Indian ending (`2015க்கு`)."""
    digits, rest = _split_digits(word)
    if len(digits) != 4 or not digits.isascii() or (rest and rest.isascii()):
        return None
    return value if MIN_YEAR <= (value := int(digits)) <= MAX_YEAR else None


def _split_digits(word: str) -> tuple[str, str]:
    end = next((at for at, letter in enumerate(word) if not letter.isdecimal()), len(word))
    return word[:end], word[end:]


def _period_from(length: int, first: int) -> Period:
    return Period(length, f"years:{first}-", f"{first} and later", first, None)


def _period_until(length: int, last: int) -> Period:
    return Period(length, f"years:-{last}", f"Up to {last}", None, last)


def _longest_suffix_length(words: Sequence[str], suffixes: Sequence[tuple[str, ...]]) -> int:
    """Return the number of words of the longest suffix that these words begin with."""
    lengths = (len(suffix) for suffix in suffixes if tuple(words[: len(suffix)]) == suffix)
    return max(lengths, default=0)
