"""The enumerations that tables, indexes and interfaces share."""

from enum import StrEnum


class Kind(StrEnum):
    """The kind of a title; anime films and anime series are both `anime`."""

    MOVIE = "movie"
    SERIES = "series"
    ANIME = "anime"


class Space(StrEnum):
    """The space of a vector; vectors of different spaces are never compared."""

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
    """The audience that a popularity is counted in; a global scope has an empty name."""

    GLOBAL = "global"
    COUNTRY = "country"
    LANGUAGE = "language"


class Role(StrEnum):
    """The role of an account; each role includes those before it."""

    USER = "user"
    CURATOR = "curator"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Return whether this role has all rights of another one."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Event(StrEnum):
    """What a viewer did with a title, or saw of it."""

    IMPRESSION = "impression"  # saw it in a list
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
    """Whether other viewers see a review."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
