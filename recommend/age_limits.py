"""What a viewer's age admits him to.

Few titles outside the cinemas of one country carry a certificate that others can read: in the
catalogue that Rasika brings along it is one in fifty. A bound that asks for a certificate would
leave a child an empty shelf, and a parent the habit of lying about the year. So children see what
is not rated too, except for the genres that are never for them; what is rated above their age they
never see. Of whom we do not know the year, we ask what a public library asks: nothing adult.
"""

from dataclasses import dataclass, replace
from datetime import date

from index.query import Filter

ADULT_AGE_YEARS = 18
ADULT_GENRES = frozenset({"erotic", "hentai", "ecchi", "harem", "yaoi", "yuri"})
FRIGHTENING_GENRES = frozenset({"horror"})
FRIGHTENING_MIN_AGE_YEARS = 13  # years; where boards draw their line for fear (UA 13+, PG-13, 12A)
MIN_AGE_YEARS = 0


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """Whether adult titles may be asked for, and the age that a certificate may ask for at most."""

    adult: bool = False
    max_age: int | None = None  # years; none: any

    def restrict(self, filter: Filter) -> Filter:
        """Return a filter that leaves out what this age is not admitted to."""
        if self.max_age is None:
            return replace(filter, adult=filter.adult and self.adult)
        kept_away = ADULT_GENRES
        if self.max_age < FRIGHTENING_MIN_AGE_YEARS:
            kept_away |= FRIGHTENING_GENRES
        asked = self.max_age if filter.max_age is None else min(self.max_age, filter.max_age)
        return replace(
            filter,
            adult=False,
            max_age=asked,
            unrated=filter.max_age is None or filter.unrated,
            genres_none=filter.genres_none | kept_away,
        )


DEFAULT_AGE_LIMIT = AgeLimit()


def age_limit(birth_year: int | None, today: date) -> AgeLimit:
    """Return what a year of birth admits to; the birthday counts as the last day of the year.

    >>> admits(2012, date(2026, 7, 1)), admits(1980, date(2026, 7, 1)), admits(None, date.today())
    (Admits(adult=False, max_age=13), Admits(adult=True, max_age=None), \
Admits(adult=False, max_age=None))
    """
    if birth_year is None:
        return DEFAULT_AGE_LIMIT
    surely = today.year - birth_year - 1
    if surely >= ADULT_AGE_YEARS:
        return AgeLimit(adult=True)
    return AgeLimit(max_age=max(surely, MIN_AGE_YEARS))
