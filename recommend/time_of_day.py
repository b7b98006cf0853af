"""Genres and lengths that suit a time of day: a small bonus in ranking."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

# Small: the hour breaks ties, it does not decide.
TIME_OF_DAY_BONUS = 0.03
WEEKEND_DAYS = (4, 5, 6)  # Friday, Saturday and Sunday
EVENING_HOURS, NIGHT_HOURS, MORNING_HOURS = range(17, 22), (22, 23, 0, 1, 2, 3), range(4, 9)
GENRES_BY_TIME_OF_DAY: Mapping[str, frozenset[str]] = {
    "morning": frozenset({"devotional", "mythology", "slice-of-life", "music"}),
    "weekend": frozenset({"family", "action", "adventure", "comedy"}),
    "night": frozenset({"thriller", "horror", "mystery", "psychological"}),
}
NIGHT_LENGTHS = frozenset({"length:episode", "length:short"})  # can still be watched to the end


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """Genres and lengths that suit an hour of the day, in the region's time zone."""

    genres: frozenset[str] = frozenset()
    lengths: frozenset[str] = frozenset()

    @classmethod
    def at(cls, now: datetime) -> "TimeOfDay":
        """Return what suits a moment; nothing in particular for most."""
        if now.hour in NIGHT_HOURS:
            return cls(GENRES_BY_TIME_OF_DAY["night"], NIGHT_LENGTHS)
        if now.hour in MORNING_HOURS:
            return cls(GENRES_BY_TIME_OF_DAY["morning"])
        weekend = now.weekday() in WEEKEND_DAYS and now.hour in EVENING_HOURS
        return cls(GENRES_BY_TIME_OF_DAY["weekend"]) if weekend else cls()

    def bonus(self, genres: Iterable[str], traits: Iterable[str]) -> float:
        """Return what the time of day adds to the score of a title."""
        if not self.genres:
            return 0.0
        fits = not self.genres.isdisjoint(genres)
        if not self.lengths:
            return TIME_OF_DAY_BONUS * fits
        short = not self.lengths.isdisjoint(traits)
        return TIME_OF_DAY_BONUS * (fits + short) / 2
