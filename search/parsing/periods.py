"""Years, spans of years and decades in a query."""

from collections.abc import Sequence
from dataclasses import dataclass

FIRST_YEAR, LAST_YEAR = 1900, 2049
CENTURY = 1900  # of a decade in two digits: people say 90s of the 1990s and of no other
FIRST_SHORT_DECADE = 50  # 20s, 30s and 40s are ages of people in plots

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
PARTS_OF_DECADES = frozenset({"early", "mid", "late", "the"})
DECADE_WORDS = [
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
NOT_OF_FILMS = frozenset(
    {"kid", "kids", "his", "her", "their", "my", "year", "years", "girl", "boy"}
)

FROM = frozenset({"from", "since"})
AFTER = frozenset({"after", "post"})
BEFORE = frozenset({"before", "pre"})
UNTIL = frozenset({"until", "till", "upto"})
TO = frozenset({"to", "and", "till", "until", "se", "से", "through", "thru", "nundi", "mudhal"})
ONWARDS = [("onwards",), ("onward",), ("and", "later"), ("or", "later"), ("and", "newer")]
LATER = [
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
EARLIER = [
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


LEADING = frozenset({*NAMED_DECADES, *PARTS_OF_DECADES, *FROM, *AFTER, *BEFORE, *UNTIL, "between"})


@dataclass(frozen=True, slots=True)
class Period:
    """Years, both ends included, said in so many words of the query."""

    words: int
    key: str
    label: str
    first: int | None
    last: int | None


def period(words: Sequence[str]) -> Period | None:
    """Return the period that a query's words begin with.

    >>> period(["90s"]).label, period("between 1990 and 2000".split()).label
    ('1990s', '1990–2000')
    """
    if not words or not (words[0] in LEADING or words[0][:1].isdecimal()):
        return None
    return _decade(words) or _span(words) or _open(words) or _year(words)


def _decade(words: Sequence[str]) -> Period | None:
    lead = 0
    while lead < len(words) - 1 and words[lead] in PARTS_OF_DECADES:
        lead += 1
    first = _decade_of(words[lead])
    after = list(words[lead + 1 : lead + 4])
    length = lead + 1
    if first is None:
        first = _bare_decade(words[lead])
        extra = _follows(after, DECADE_WORDS)
        if first is None or not extra:
            return None
        length += extra
    else:
        length += _follows(after, DECADE_WORDS)
    if words[length : length + 1] and words[length] in NOT_OF_FILMS:
        return None
    return Period(length, f"decade:{first}", f"{first}s", first, first + 9)


def _decade_of(word: str) -> int | None:
    """Return the first year of `90s`, `1990s`, `nineties` or `90ల`."""
    if word in NAMED_DECADES:
        return NAMED_DECADES[word]
    digits, rest = _digits(word)
    if not rest or (rest.isascii() and rest != "s"):
        return None
    return _bare_decade(digits) if rest == "s" or len(digits) == 2 else None


def _bare_decade(digits: str) -> int | None:
    if not digits.isdecimal() or not digits.isascii() or not digits.endswith("0"):
        return None
    value = int(digits) if len(digits) in (2, 4) else 0
    if len(digits) == 2 and value >= FIRST_SHORT_DECADE:
        return CENTURY + value
    return value if FIRST_YEAR <= value <= LAST_YEAR else None


def _span(words: Sequence[str]) -> Period | None:
    lead = 1 if words[0] in FROM or words[0] == "between" else 0
    if len(words) < lead + 2:
        return None
    first = year(words[lead])
    joined = words[lead + 1] in TO
    at = lead + 1 + joined
    last = year(words[at]) if at < len(words) else None
    if first is None or last is None or first >= last or not (joined or last - first < 100):
        return None
    length = at + 1 + (words[at + 1 : at + 2] == ["tak"])
    return Period(length, f"years:{first}-{last}", f"{first}–{last}", first, last)


def _open(words: Sequence[str]) -> Period | None:
    if len(words) < 2:
        return None
    said = year(words[1])
    if said is not None:
        if words[0] in AFTER:
            return _since(2, said + 1)
        if words[0] in FROM:
            following = _follows(words[2:4], ONWARDS)
            return _since(2 + following, said) if following or words[0] == "since" else None
        if words[0] in BEFORE:
            return _up_to(2, said - 1)
        return _up_to(2, said) if words[0] in UNTIL else None
    said = year(words[0])
    if said is None:
        return None
    for endings, made in ((ONWARDS, 0), (LATER, 1)):
        length = _follows(words[1:4], endings)
        if length:
            return _since(1 + length, said + made)
    length = _follows(words[1:4], EARLIER)
    return _up_to(1 + length, said - 1) if length else None


def _year(words: Sequence[str]) -> Period | None:
    said = year(words[0])
    if said is None or (words[1:2] and words[1] in NOT_OF_FILMS):
        return None
    return Period(1, f"year:{said}", str(said), said, said)


def year(word: str) -> int | None:
    """Return the year that a word is, Indian endings aside (`2015க்கு`)."""
    digits, rest = _digits(word)
    if len(digits) != 4 or not digits.isascii() or (rest and rest.isascii()):
        return None
    return value if FIRST_YEAR <= (value := int(digits)) <= LAST_YEAR else None


def _digits(word: str) -> tuple[str, str]:
    count = next((at for at, letter in enumerate(word) if not letter.isdecimal()), len(word))
    return word[:count], word[count:]


def _since(length: int, first: int) -> Period:
    return Period(length, f"years:{first}-", f"{first} and later", first, None)


def _up_to(length: int, last: int) -> Period:
    return Period(length, f"years:-{last}", f"Up to {last}", None, last)


def _follows(words: Sequence[str], endings: Sequence[tuple[str, ...]]) -> int:
    """Return how many words the longest of the endings takes that these words begin with."""
    fitting = [len(each) for each in endings if tuple(words[: len(each)]) == each]
    return max(fitting, default=0)
