"""What a viewer's age admits them to.

Few titles outside the cinemas of one country have a certificate that others can read: one in fifty
in the bundled catalogue. A limit that required a certificate would leave children an empty
catalogue, and parents would learn to enter a wrong year. So children also see unrated titles,
except for genres that are never for children; titles rated above their age they never see. Viewers
whose year of birth is unknown see nothing adult, as in a public library.
"""

from dataclasses import dataclass, replace
from datetime import date

from index.query import Filter

ADULT_AGE_YEARS = 18
ADULT_GENRES = frozenset({"erotic", "hentai", "ecchi", "harem", "yaoi", "yuri"})
FRIGHTENING_GENRES = frozenset({"horror"})
FRIGHTENING_MIN_AGE_YEARS = 13  # certificates with frightening scenes: UA 13+, PG-13, 12A
MIN_AGE_YEARS = 0


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """Whether adult titles may be requested, and the highest minimum age of a certificate."""

    adult: bool = False
    max_age: int | None = None  # none: no limit

    def restrict(self, filter: Filter) -> Filter:
        """Return the filter restricted to what this age may watch."""
        if self.max_age is None:
            return replace(filter, adult=filter.adult and self.adult)
        excluded = ADULT_GENRES
        if self.max_age < FRIGHTENING_MIN_AGE_YEARS:
            excluded |= FRIGHTENING_GENRES
        max_age = self.max_age if filter.max_age is None else min(self.max_age, filter.max_age)
        return replace(
            filter,
            adult=False,
            max_age=max_age,
            unrated=filter.max_age is None or filter.unrated,
            genres_none=filter.genres_none | excluded,
        )


DEFAULT_AGE_LIMIT = AgeLimit()


def age_limit(birth_year: int | None, today: date) -> AgeLimit:
    """Return the limit for a year of birth; the birthday counts as the last day of the year.

    >>> age_limit(2012, date(2026, 7, 1)), age_limit(1980, date(2026, 7, 1))
    (AgeLimit(adult=False, max_age=13), AgeLimit(adult=True, max_age=None))
    """
    if birth_year is None:
        return DEFAULT_AGE_LIMIT
    certain_age = today.year - birth_year - 1
    if certain_age >= ADULT_AGE_YEARS:
        return AgeLimit(adult=True)
    return AgeLimit(max_age=max(certain_age, MIN_AGE_YEARS))
