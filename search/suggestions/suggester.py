"""Suggestions while typing: titles, people and topics whose names begin with the text.

Better matches come first, and among equal ones what is more popular in the region.
"""

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index.catalogue_row import CatalogueRow
from search.suggestions.mixing import mix
from search.suggestions.prefix_matching import PrefixTable
from search.suggestions.suggester_state import (
    SuggesterState,
    number_languages,
    pad,
    remaining_credits,
)
from search.suggestions.suggestion import SuggestedPerson, Suggestion, SuggestionRequest
from search.suggestions.topic_index import TopicIndex
from vocabulary.ids import TitleId
from vocabulary.title_summary import TitleSummary

MAX_PEOPLE = 3
MAX_REMOVED_ROW_SHARE = 0.25  # of all rows; beyond it rows are renumbered


class Suggester:
    """The names of titles and people; thread-safe. Adult titles are not suggested."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._row_of: dict[TitleId, int] = {}
        self._person_of: dict[str, int] = {}  # row by folded name
        self._state = SuggesterState()

    def suggest(
        self, request: SuggestionRequest, *, topics: TopicIndex | None = None, limit: int = 8
    ) -> list[Suggestion]:
        """Return suggestions without repetitions, titles first unless only others fit."""
        if not request.text or limit < 1:
            return []
        state = self._state
        titles = state.suggest_titles(request, limit)
        people = state.suggest_people(request, min(limit, MAX_PEOPLE))
        return mix(titles, people, topics.suggest(request.text) if topics else [], limit)

    def load(self, rows: Iterable[CatalogueRow]) -> None:
        """Replace all titles."""
        fresh = Suggester()
        fresh.update(rows)
        with self._lock:
            self._row_of, self._person_of = fresh._row_of, fresh._person_of
            self._state = fresh._state

    def update(self, rows: Iterable[CatalogueRow]) -> None:
        """Add titles, or replace those that changed."""
        changes = list(rows)
        self._apply(
            [row for row in changes if not row.summary.adult],
            [row.summary.id for row in changes if row.summary.adult],
        )

    def remove(self, title_ids: Iterable[TitleId]) -> None:
        """Remove titles."""
        self._apply([], list(title_ids))

    def _apply(self, changes: Sequence[CatalogueRow], removed_ids: Collection[TitleId]) -> None:
        with self._lock:
            state = self._state
            renamed = [row.summary for row in changes if not self._has_same_names(row.summary)]
            old_rows = [self._row_of.pop(title_id, -1) for title_id in removed_ids]
            old_rows += [self._row_of.pop(summary.id, -1) for summary in renamed]
            state = self._with_new_rows(state, renamed)
            state.is_active[[row for row in old_rows if row >= 0]] = False
            for row in changes:
                self._set_row(state, self._row_of[row.summary.id], row)
            self._state = self._without_removed_rows(state)

    def _has_same_names(self, summary: TitleSummary) -> bool:
        row = self._row_of.get(summary.id)
        if row is None:
            return False
        current = self._state.title_summaries[row]
        return (current.names, current.people) == (summary.names, summary.people)

    def _with_new_rows(
        self, state: SuggesterState, summaries: Sequence[TitleSummary]
    ) -> SuggesterState:
        """Return a copy of the state with rows for new titles, whose numbers are still zero."""
        n, more = len(state.title_summaries), len(summaries)
        self._row_of.update((summary.id, n + place) for place, summary in enumerate(summaries))
        pairs, people = self._credits(summaries, n, len(state.suggested_people))
        number_languages(state, summaries)
        grown = replace(
            state,
            title_summaries=[*state.title_summaries, *summaries],
            is_active=pad(state.is_active, more),
            language_numbers=pad(state.language_numbers, more),
            popularity=pad(state.popularity, more),
            regional={region: pad(each, more) for region, each in state.regional.items()},
            boosts={},
        )
        if not summaries:
            return grown
        title_names = [(row, summary.names) for row, summary in enumerate(summaries, n)]
        person_names = [
            (row, [person.folded]) for row, person in enumerate(people, len(state.suggested_people))
        ]
        return replace(
            grown,
            title_prefixes=state.title_prefixes.merge(PrefixTable.build(title_names)),
            person_prefixes=state.person_prefixes.merge(PrefixTable.build(person_names)),
            suggested_people=[*state.suggested_people, *people],
            credits=np.concatenate([state.credits, pairs]),
        )

    def _credits(
        self, summaries: Sequence[TitleSummary], first_title: int, first_person: int
    ) -> tuple[NDArray[np.int32], list[SuggestedPerson]]:
        """Return the (title row, person row) pairs of new titles, and the new people."""
        pairs: list[tuple[int, int]] = []
        people: list[SuggestedPerson] = []
        for title_row, summary in enumerate(summaries, start=first_title):
            for folded, name in zip(summary.people, summary.people_names, strict=True):
                next_row = first_person + len(people)
                person_row = self._person_of.setdefault(folded, next_row)
                if person_row == next_row:
                    people.append(SuggestedPerson(name, folded))
                pairs.append((title_row, person_row))
        return np.array(pairs, np.int32).reshape(-1, 2), people

    def _set_row(self, state: SuggesterState, row: int, change: CatalogueRow) -> None:
        summary, entry = change.summary, change.entry
        number_languages(state, [summary])
        state.title_summaries[row] = summary
        state.is_active[row] = True
        state.language_numbers[row] = state.number_of_language[summary.language or ""]
        state.popularity[row] = entry.popularity
        for region, value in {**dict.fromkeys(state.regional, 0.0), **entry.regional}.items():
            column = state.regional.get(region)
            if column is None:
                column = state.regional[region] = np.zeros(len(state.title_summaries), np.float32)
            column[row] = value

    def _without_removed_rows(self, state: SuggesterState) -> SuggesterState:
        """Return the state without inactive rows, once they are many."""
        active = np.flatnonzero(state.is_active)
        if len(active) >= (1 - MAX_REMOVED_ROW_SHARE) * len(state.is_active):
            return state
        new_rows = np.full(len(state.is_active), -1, np.int32)
        new_rows[active] = np.arange(len(active))
        self._row_of = {title_id: int(new_rows[row]) for title_id, row in self._row_of.items()}
        return replace(
            state,
            title_prefixes=state.title_prefixes.renumber(new_rows),
            title_summaries=[state.title_summaries[row] for row in active.tolist()],
            is_active=state.is_active[active],
            language_numbers=state.language_numbers[active],
            popularity=state.popularity[active],
            regional={region: each[active] for region, each in state.regional.items()},
            credits=remaining_credits(state.credits, new_rows),
        )
