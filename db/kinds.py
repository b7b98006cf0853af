"""The closed vocabularies that tables, indexes and interfaces share."""

from enum import StrEnum


class Kind(StrEnum):
    """What sort of work a title is; an anime film and an anime series are both `anime`."""

    MOVIE = "movie"
    SERIES = "series"
    ANIME = "anime"


class Space(StrEnum):
    """Where a vector lives; vectors of different spaces are never compared."""

    CONTENT = "content"
    COLLAB = "collab"
    SEQUENCE = "sequence"


class NameKind(StrEnum):
    """Why a name belongs to a title."""

    PRIMARY = "primary"
    ORIGINAL = "original"
    TRANSLATED = "translated"
    ALIAS = "alias"


class ScopeKind(StrEnum):
    """Whom a popularity is counted among; a global scope's name is empty."""

    GLOBAL = "global"
    COUNTRY = "country"
    LANGUAGE = "language"
