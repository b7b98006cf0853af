"""The titles and people that can be suggested, in columns: row i of each is one title."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from search.suggestions.prefix_matching import PrefixTable, Scores
from search.suggestions.suggestion import SuggestedPerson, Suggestion, SuggestionRequest
from vocabulary.ids import Region
from vocabulary.title_summary import TitleSummary

POPULARITY_WEIGHT = 0.3  # of popularity (0..1), among names that fit equally well
REGIONAL_SHARE = 0.65  # of popularity that is regional; the rest is global
PREFERRED_LANGUAGE_BOOST = 0.02  # of titles in a preferred language: decides near ties only
STAR_SATURATION_TITLES = 1.5  # titles of popularity 1 that make half a star

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class SuggesterState:
    """Everything that suggestions are made from; replaced as a whole."""

    title_prefixes: PrefixTable = field(default_factory=lambda: PrefixTable.build([]))
    person_prefixes: PrefixTable = field(default_factory=lambda: PrefixTable.build([]))
    title_summaries: list[TitleSummary] = field(default_factory=list)
    suggested_people: list[SuggestedPerson] = field(default_factory=list)
    is_active: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    language_numbers: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    popularity: Scores = field(default_factory=lambda: np.zeros(0, np.float32))
    regional: dict[Region, Scores] = field(default_factory=dict)
    credits: NDArray[np.int32] = field(  # (c, 2): title row, person row
        default_factory=lambda: np.zeros((0, 2), np.int32)
    )
    number_of_language: dict[str, int] = field(default_factory=dict)
    boosts: dict[Region, tuple[Scores, Scores]] = field(default_factory=dict)  # cached

    def suggest_titles(self, request: SuggestionRequest, limit: int) -> list[Suggestion]:
        """Return the titles whose names begin with a text, best first."""
        boosts = self._region_boosts(request.region)[0]
        language_boosts = self._language_boosts(request.languages)
        if language_boosts is not None:
            boosts = boosts + language_boosts[self.language_numbers]
        matches = self.title_prefixes.search(
            request.text, boosts, lambda row: self.title_summaries[row].names, limit=limit
        )
        return [Suggestion(self.title_summaries[row], quality) for row, quality in matches]

    def suggest_people(self, request: SuggestionRequest, limit: int) -> list[Suggestion]:
        """Return the people whose names begin with a text, best first."""
        people, boosts = self.suggested_people, self._region_boosts(request.region)[1]
        matches = self.person_prefixes.search(
            request.text, boosts, lambda row: [people[row].folded], limit=limit
        )
        return [Suggestion(people[row], quality) for row, quality in matches]

    def _region_boosts(self, region: Region) -> tuple[Scores, Scores]:
        """Return the boosts of titles and of people for a region, computed once."""
        if region not in self.boosts:
            self.boosts[region] = self._compute_boosts(region)
        return self.boosts[region]

    def _language_boosts(self, languages: Mapping[str, float]) -> Scores | None:
        """Return the boost of each language, by its number."""
        if not languages:
            return None
        boosts = np.zeros(len(self.number_of_language), np.float32)
        for language, weight in languages.items():
            if language in self.number_of_language:
                boost = PREFERRED_LANGUAGE_BOOST * min(max(weight, 0.0), 1.0)
                boosts[self.number_of_language[language]] = boost
        return boosts

    def _compute_boosts(self, region: Region) -> tuple[Scores, Scores]:
        popularity = self.popularity * (1 - REGIONAL_SHARE)
        if region in self.regional:
            popularity = popularity + self.regional[region] * REGIONAL_SHARE
        popularity = np.where(self.is_active, popularity, 0).astype(np.float32)
        titles, people = self.credits.T
        n = len(self.suggested_people)
        sums = np.bincount(people, weights=popularity[titles], minlength=n)
        has_titles = np.bincount(people, weights=self.is_active[titles], minlength=n) > 0
        stardom = sums / (sums + STAR_SATURATION_TITLES)
        return (
            np.where(self.is_active, POPULARITY_WEIGHT * popularity, -np.inf).astype(np.float32),
            np.where(has_titles, POPULARITY_WEIGHT * stardom, -np.inf).astype(np.float32),
        )


def remaining_credits(pairs: NDArray[np.int32], new_rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the credits of the titles that stay, by their new rows; -1 is removed."""
    remaining = pairs[new_rows[pairs[:, 0]] >= 0]
    remaining[:, 0] = new_rows[remaining[:, 0]]
    return remaining


def pad(column: NDArray[Scalar], more: int) -> NDArray[Scalar]:
    """Return a copy of a column with zeros for more rows."""
    return np.concatenate([column, np.zeros(more, column.dtype)])


def number_languages(state: SuggesterState, summaries: Sequence[TitleSummary]) -> None:
    """Give a number to every language that has none."""
    for summary in summaries:
        state.number_of_language.setdefault(summary.language or "", len(state.number_of_language))
