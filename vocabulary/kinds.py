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


class Role(StrEnum):
    """What somebody with an account may do; each may do all that those before it may."""

    USER = "user"
    CURATOR = "curator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Tell whether who has this role may do what those of another one may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Event(StrEnum):
    """What a person did with a title, or was shown."""

    IMPRESSION = "impression"  # was shown it in a list
    VIEW = "view"  # opened its page
    SEARCH_CLICK = "search_click"  # opened it from a search
    WATCH = "watch"  # watched some of it, up to `progress`
    COMPLETE = "complete"
    LIKE = "like"
    DISLIKE = "dislike"
    DISMISS = "dismiss"  # not for me: do not show it again
    UNDISMISS = "undismiss"
    RATE = "rate"  # `value`, 0.5 to 5
    FAVORITE = "favorite"
    UNFAVORITE = "unfavorite"
    WATCHLIST = "watchlist"
    UNWATCHLIST = "unwatchlist"
    SHARE = "share"


class ReviewState(StrEnum):
    """Whether others see a review."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
