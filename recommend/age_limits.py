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

OF_AGE = 18
GROWN_UP_GENRES = frozenset({"erotic", "hentai", "ecchi", "harem", "yaoi", "yuri"})
FRIGHTENING_GENRES = frozenset({"horror"})
FRIGHTENING_FROM = 13  # years; where boards draw their line for fear (UA 13+, PG-13, 12A)
EVERY_AGE = 0


@dataclass(frozen=True, slots=True)
class Admits:
    """Whether adult titles may be asked for, and the age that a certificate may ask for at most."""

    adult: bool = False
    max_age: int | None = None  # years; none: any

    def narrowed(self, wanted: Filter) -> Filter:
        """Return a filter that leaves out what this age is not admitted to."""
        if self.max_age is None:
            return replace(wanted, adult=wanted.adult and self.adult)
        kept_away = GROWN_UP_GENRES
        if self.max_age < FRIGHTENING_FROM:
            kept_away |= FRIGHTENING_GENRES
        asked = self.max_age if wanted.max_age is None else min(self.max_age, wanted.max_age)
        return replace(
            wanted,
            adult=False,
            max_age=asked,
            unrated=wanted.max_age is None or wanted.unrated,
            genres_none=wanted.genres_none | kept_away,
        )


ANYBODY = Admits()


def admits(birth_year: int | None, today: date) -> Admits:
    """Return what a year of birth admits to; the birthday counts as the last day of the year.

    >>> admits(2012, date(2026, 7, 1)), admits(1980, date(2026, 7, 1)), admits(None, date.today())
    (Admits(adult=False, max_age=13), Admits(adult=True, max_age=None), \
Admits(adult=False, max_age=None))
    """
    if birth_year is None:
        return ANYBODY
    surely = today.year - birth_year - 1
    if surely >= OF_AGE:
        return Admits(adult=True)
    return Admits(max_age=max(surely, EVERY_AGE))
