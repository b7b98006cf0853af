"""Suggestions while typing: titles, people and topics whose names begin as what was typed does.

Better matches first, and among equal ones what is better known in the region. Held in process,
kept in step by the change log.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.query import IndexEntry
from search.suggestions.prefix_index import Rows
from search.suggestions.prefix_matching import (
    ALL_WORDS_QUALITY,
    MIN_CERTAIN_QUALITY,
    NAME_START_QUALITY,
    PrefixTable,
    Scores,
)
from vocabulary.ids import Region
from vocabulary.title_summary import TitleSummary

MAX_TYPED_LETTERS = 64  # letters; whoever types more describes a plot

POPULARITY_WEIGHT = 0.3  # popularity, 0..1, within what fits equally well
REGIONAL_SHARE = 0.65  # of that; the rest is known everywhere
PREFERRED_LANGUAGE_BOOST = 0.02  # a language that the person prefers: near ties alone
MAX_TOPIC_ORDER_BOOST = 0.02  # of topics, among those that fit equally well
STAR_SATURATION_TITLES = 1.5  # titles of popularity 1 that make half a star

MAX_PEOPLE, MAX_TOPICS, MAX_QUERIES = 3, 2, 2
MIN_GUESSED_TOPIC_LETTERS = 3  # letters of a topic
MAX_REMOVED_ROW_SHARE = 0.25  # share of rows; above it they are numbered anew


Scalar = TypeVar("Scalar", bound=np.generic)


class SuggestionKind(StrEnum):
    """What is suggested, in the order in which equally good groups are shown."""

    TITLE = "title"
    PERSON = "person"
    LANGUAGE = "language"
    GENRE = "genre"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Topic:
    """A genre, a language or a useful query; `names` are folded."""

    kind: SuggestionKind
    id: str
    text: str
    names: tuple[str, ...]


class TopicIndex:
    """Topics in the order of their use, ready to be suggested; none of them changes."""

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        self._topics = list(topics)
        self._table = PrefixTable.build(
            [(row, topic.names) for row, topic in enumerate(self._topics)]
        )
        self._boosts = np.linspace(MAX_TOPIC_ORDER_BOOST, 0, len(self._topics), dtype=np.float32)

    def suggest(self, text: str) -> "list[Suggestion]":
        """Return the topics that fit, best first, in their order where they fit alike."""
        topics = self._topics
        found = self._table.search(
            text, self._boosts, lambda row: topics[row].names, limit=len(topics)
        )
        suggestions = [Suggestion(topics[row], quality) for row, quality in found]
        return [each for each in suggestions if _is_useful(each, text)]


@dataclass(frozen=True, slots=True)
class SuggestedPerson:
    """Somebody of the catalogue."""

    name: str
    folded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRequest:
    """What was typed, folded, by whom; `languages` are weights of 0..1."""

    folded: str
    region: Region
    languages: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What is compared with names."""
        return self.folded[:MAX_TYPED_LETTERS].strip()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may be meant, and how well its name fits, 0..1."""

    subject: TitleSummary | SuggestedPerson | Topic
    quality: float

    @property
    def kind(self) -> SuggestionKind:
        """What is suggested."""
        if isinstance(self.subject, Topic):
            return self.subject.kind
        return (
            SuggestionKind.TITLE
            if isinstance(self.subject, TitleSummary)
            else SuggestionKind.PERSON
        )


@dataclass(frozen=True, slots=True)
class SuggesterState:
    """Everything that answers; replaced as a whole. Row i of the columns is one title."""

    title_prefixes: PrefixTable
    person_prefixes: PrefixTable
    title_summaries: list[TitleSummary]
    suggested_people: list[SuggestedPerson]
    is_active: NDArray[np.bool_]
    language_numbers: NDArray[np.int16]
    popularity: Scores
    regional: dict[Region, Scores]
    credits: NDArray[np.int32]  # (c, 2): title, person
    number_of_language: dict[str, int]  # language to its number
    boosts: dict[Region, tuple[Scores, Scores]] = field(default_factory=dict)

    def boosts_of(self, region: Region) -> tuple[Scores, Scores]:
        """Return what titles and people gain by being known in a region, worked out once."""
        if region not in self.boosts:
            self.boosts[region] = self._compute_boosts(region)
        return self.boosts[region]

    def language_boosts(self, languages: Mapping[str, float]) -> Scores | None:
        """Return what titles gain by their language, by its number."""
        if not languages:
            return None
        gained = np.zeros(len(self.number_of_language), np.float32)
        for language, weight in languages.items():
            if language in self.number_of_language:
                gained[self.number_of_language[language]] = PREFERRED_LANGUAGE_BOOST * min(
                    max(weight, 0.0), 1.0
                )
        return gained

    def _compute_boosts(self, region: Region) -> tuple[Scores, Scores]:
        known = self.popularity * (1 - REGIONAL_SHARE)
        if region in self.regional:
            known = known + self.regional[region] * REGIONAL_SHARE
        known = np.where(self.is_active, known, 0).astype(np.float32)
        titles, persons = self.credits.T
        n = len(self.suggested_people)
        sums = np.bincount(persons, weights=known[titles], minlength=n)
        seen = np.bincount(persons, weights=self.is_active[titles], minlength=n) > 0
        stars = sums / (sums + STAR_SATURATION_TITLES)
        return (
            np.where(self.is_active, POPULARITY_WEIGHT * known, -np.inf).astype(np.float32),
            np.where(seen, POPULARITY_WEIGHT * stars, -np.inf).astype(np.float32),
        )


class Suggester:
    """The names of titles and people, and what to suggest of them; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._row_of: dict[int, int] = {}
        self._person_of: dict[str, int] = {}
        self._state = SuggesterState(
            title_prefixes=PrefixTable.build([]),
            person_prefixes=PrefixTable.build([]),
            title_summaries=[],
            suggested_people=[],
            is_active=np.zeros(0, bool),
            language_numbers=np.zeros(0, np.int16),
            popularity=np.zeros(0, np.float32),
            regional={},
            credits=np.zeros((0, 2), np.int32),
            number_of_language={},
        )

    def suggest(
        self, request: SuggestionRequest, *, topics: TopicIndex | None = None, limit: int = 8
    ) -> list[Suggestion]:
        """Return what may be meant, titles first unless only others fit, nothing twice."""
        if not request.text or limit < 1:
            return []
        state = self._state
        boosts = state.boosts_of(request.region)
        titles = _suggest_titles(state, boosts[0], request, limit)
        people = _suggest_people(state, boosts[1], request, min(limit, MAX_PEOPLE))
        others = topics.suggest(request.text) if topics else []
        return _mix(titles, people, others, limit)

    def update(
        self, titles: Iterable[tuple[TitleSummary, IndexEntry]], removed_ids: Iterable[int] = ()
    ) -> None:
        """Set the titles that changed and forget those that went; adult ones are not suggested."""
        with self._lock:
            state = self._state
            wanted = list(titles)
            removed = [*removed_ids, *(listing.id for listing, _ in wanted if listing.adult)]
            kept = [(listing, entry) for listing, entry in wanted if not listing.adult]
            new = [each for each in kept if not self._has_same_names(state, each[0])]
            dead = [self._row_of.pop(title_id, -1) for title_id in removed]
            dead += [self._row_of.pop(listing.id, -1) for listing, _ in new]
            state = self._with_new_rows(state, [listing for listing, _ in new])
            state.is_active[[row for row in dead if row >= 0]] = False
            for listing, entry in kept:
                self._set_row(state, self._row_of[listing.id], listing, entry)
            self._state = self._without_removed_rows(state)

    def _has_same_names(self, state: SuggesterState, listing: TitleSummary) -> bool:
        row = self._row_of.get(listing.id)
        if row is None:
            return False
        known = state.title_summaries[row]
        return (known.names, known.people) == (listing.names, listing.people)

    def _with_new_rows(
        self, state: SuggesterState, new_titles: Sequence[TitleSummary]
    ) -> SuggesterState:
        """Return a state of its own with rows for new titles, their numbers still empty."""
        n, more = len(state.title_summaries), len(new_titles)
        self._row_of.update((listing.id, n + place) for place, listing in enumerate(new_titles))
        pairs, persons = self._credits(new_titles, n, len(state.suggested_people))
        for listing in new_titles:
            state.number_of_language.setdefault(
                listing.language or "", len(state.number_of_language)
            )
        grown = replace(
            state,
            title_summaries=[*state.title_summaries, *new_titles],
            is_active=_pad(state.is_active, more),
            language_numbers=_pad(state.language_numbers, more),
            popularity=_pad(state.popularity, more),
            regional={region: _pad(each, more) for region, each in state.regional.items()},
            boosts={},
        )
        if not new_titles:
            return grown
        named = [(n + place, listing.names) for place, listing in enumerate(new_titles)]
        called = [
            (len(state.suggested_people) + place, [each.folded])
            for place, each in enumerate(persons)
        ]
        return replace(
            grown,
            title_prefixes=state.title_prefixes.merge(PrefixTable.build(named)),
            person_prefixes=state.person_prefixes.merge(PrefixTable.build(called)),
            suggested_people=[*state.suggested_people, *persons],
            credits=np.concatenate([state.credits, pairs]),
        )

    def _credits(
        self, new_titles: Sequence[TitleSummary], first_title: int, first_person: int
    ) -> tuple[NDArray[np.int32], list[SuggestedPerson]]:
        """Return the (title, person) rows of new titles, and who was not known before."""
        pairs: list[tuple[int, int]] = []
        persons: list[SuggestedPerson] = []
        for row, listing in enumerate(new_titles, start=first_title):
            for folded, name in zip(listing.people, listing.people_names, strict=True):
                person = self._person_of.setdefault(folded, first_person + len(persons))
                if person == first_person + len(persons):
                    persons.append(SuggestedPerson(name, folded))
                pairs.append((row, person))
        return np.array(pairs, np.int32).reshape(-1, 2), persons

    def _set_row(
        self, state: SuggesterState, row: int, listing: TitleSummary, entry: IndexEntry
    ) -> None:
        state.title_summaries[row] = listing
        state.is_active[row] = True
        state.language_numbers[row] = state.number_of_language.setdefault(
            listing.language or "", len(state.number_of_language)
        )
        state.popularity[row] = entry.popularity
        for region, value in {**dict.fromkeys(state.regional, 0.0), **entry.regional}.items():
            column = state.regional.get(region)
            if column is None:
                column = state.regional[region] = np.zeros(len(state.title_summaries), np.float32)
            column[row] = value

    def _without_removed_rows(self, state: SuggesterState) -> SuggesterState:
        """Return the state without the rows of titles that went, once they are many."""
        stay = np.flatnonzero(state.is_active)
        if len(stay) >= (1 - MAX_REMOVED_ROW_SHARE) * len(state.is_active):
            return state
        rows = np.full(len(state.is_active), -1, np.int32)
        rows[stay] = np.arange(len(stay))
        self._row_of = {title_id: int(rows[row]) for title_id, row in self._row_of.items()}
        return replace(
            state,
            title_prefixes=state.title_prefixes.renumber(rows),
            title_summaries=[state.title_summaries[row] for row in stay.tolist()],
            is_active=state.is_active[stay],
            language_numbers=state.language_numbers[stay],
            popularity=state.popularity[stay],
            regional={region: each[stay] for region, each in state.regional.items()},
            credits=_remaining_credits(state.credits, rows),
        )


def _suggest_titles(
    state: SuggesterState, boosts: Scores, request: SuggestionRequest, limit: int
) -> list[Suggestion]:
    gained = state.language_boosts(request.languages)
    if gained is not None:
        boosts = boosts + gained[state.language_numbers]
    listings = state.title_summaries
    found = state.title_prefixes.search(
        request.text, boosts, lambda row: listings[row].names, limit=limit
    )
    return [Suggestion(listings[row], quality) for row, quality in found]


def _suggest_people(
    state: SuggesterState, boosts: Scores, request: SuggestionRequest, limit: int
) -> list[Suggestion]:
    persons = state.suggested_people
    found = state.person_prefixes.search(
        request.text, boosts, lambda row: [persons[row].folded], limit=limit
    )
    return [Suggestion(persons[row], quality) for row, quality in found]


def _remaining_credits(pairs: NDArray[np.int32], new_rows: Rows) -> NDArray[np.int32]:
    """Return the credits of the titles that stay, by their new rows."""
    kept = pairs[new_rows[pairs[:, 0]] >= 0]
    kept[:, 0] = new_rows[kept[:, 0]]
    return kept


def _pad(column: NDArray[Scalar], more: int) -> NDArray[Scalar]:
    """Return a copy with room at its end, empty."""
    return np.concatenate([column, np.zeros(more, column.dtype)])


def _mix(
    titles: list[Suggestion],
    people: list[Suggestion],
    topics: list[Suggestion],
    limit: int,
) -> list[Suggestion]:
    """Return a few others beside titles; a group that was not guessed goes before one that was."""
    if any(map(_is_certain, [*titles, *people, *topics])):
        people, topics = list(filter(_is_certain, people)), list(filter(_is_certain, topics))
    if any(each.quality >= NAME_START_QUALITY for each in [*people, *topics]):
        titles = [each for each in titles if each.quality >= ALL_WORDS_QUALITY]
    named = {name for each in [*titles, *people] for name in _folded_names(each)}
    queries = [
        each
        for each in topics
        if each.kind is SuggestionKind.QUERY and not named & _folded_names(each)
    ]
    groups = [
        people,
        [each for each in topics if each.kind is not SuggestionKind.QUERY][:MAX_TOPICS],
        queries[:MAX_QUERIES],
    ]
    room = limit - min(len(titles), max(limit - sum(map(len, groups)), (limit + 1) // 2))
    others = _interleave(groups)[:room]
    split = [[each for each in group if each in others] for group in groups]
    ordered = sorted([titles[: limit - len(others)], *split], key=_group_order)
    return [each for group in ordered for each in group]


def _interleave(groups: Sequence[Sequence[Suggestion]]) -> list[Suggestion]:
    """Return the first of each group, then the second, the better ones of a turn before."""
    turns = [(turn, -each.quality, each) for group in groups for turn, each in enumerate(group)]
    return [each for _, _, each in sorted(turns, key=lambda turn: turn[:2])]


def _is_certain(suggestion: Suggestion) -> bool:
    return suggestion.quality > MIN_CERTAIN_QUALITY


def _is_useful(suggestion: Suggestion, text: str) -> bool:
    """Tell whether a topic adds to what was typed: no query is guessed, nor said again."""
    query = suggestion.kind is SuggestionKind.QUERY
    if query and text in _folded_names(suggestion):
        return False
    return _is_certain(suggestion) or (not query and len(text) >= MIN_GUESSED_TOPIC_LETTERS)


def _group_order(group: Sequence[Suggestion]) -> tuple[int, bool, float]:
    """Return what orders groups: how much of a guess the best is, titles first, then its fit."""
    best = max((each.quality for each in group), default=0.0)
    titles = any(each.kind is SuggestionKind.TITLE for each in group)
    return (
        0 if best > MIN_CERTAIN_QUALITY else 1 if best >= ALL_WORDS_QUALITY else 2,
        not titles,
        -best,
    )


def _folded_names(suggestion: Suggestion) -> set[str]:
    of = suggestion.subject
    return {of.folded} if isinstance(of, SuggestedPerson) else set(of.names)
