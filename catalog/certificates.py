"""Age certificates of many boards and their minimum ages."""

MINIMUM_AGE_YEARS: dict[str, int] = {
    # Central Board of Film Certification (India), and the OTT scheme of 2021
    "U": 0,
    "UA": 12,
    "A": 18,
    "S": 18,
    # Motion Picture Association
    "G": 0,
    "PG": 7,
    "PG-13": 13,
    "R": 17,
    "NC-17": 18,
    # TV Parental Guidelines (United States)
    "TV-Y": 0,
    "TV-Y7": 7,
    "TV-Y7-FV": 7,
    "TV-G": 0,
    "TV-PG": 10,
    "TV-14": 14,
    "TV-MA": 17,
    # streaming services
    "ALL": 0,
    "ALL-AGES": 0,
}

UNRATED_LABELS = frozenset({"NR", "UR", "TV-NR", "UNRATED", "NOT-RATE", "NOT-RATED", "N/A"})


def parse_certificate(text: str) -> tuple[str | None, int | None]:
    """Return a certificate as its board writes it and its minimum age in years.

    Other text (real files have `74 min` here) gives neither.

    >>> parse_certificate("U/A 13+"), parse_certificate("AGES_18_"), parse_certificate("74 min")
    (('UA 13+', 13), ('18+', 18), (None, None))
    """
    plain = text.strip().upper().replace("_", "-").strip("-").replace("U/A", "UA")
    if plain in UNRATED_LABELS:
        return None, None
    if plain in MINIMUM_AGE_YEARS:
        return plain, MINIMUM_AGE_YEARS[plain]
    age = plain.removeprefix("AGES-").removeprefix("UA").strip().removesuffix("+")
    if age.isascii() and age.isdecimal() and int(age) <= 21:
        board = "UA " if plain.startswith("UA") else ""
        return f"{board}{age}+", int(age)
    return None, None
