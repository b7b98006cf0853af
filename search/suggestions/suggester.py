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

from db.title_summaries import TitleSummary
from index.query import IndexEntry, Region
from search.suggestions.prefix_index import Rows
from search.suggestions.prefix_matching import START, SURE, WORDS, Scores, Table

LONGEST = 64  # letters; whoever types more describes a plot

FAME = 0.3  # popularity, 0..1, within what fits equally well
REGIONAL_SHARE = 0.65  # of that; the rest is known everywhere
PREFERRED = 0.02  # a language that the person prefers: near ties alone
ORDER = 0.02  # of topics, among those that fit equally well
STAR = 1.5  # titles of popularity 1 that make half a star

MOST_PEOPLE, MOST_TOPICS, MOST_QUERIES = 3, 2, 2
SHORTEST_GUESSED = 3  # letters of a topic
GARBAGE = 0.25  # share of rows; above it they are numbered anew


Scalar = TypeVar("Scalar", bound=np.generic)


class What(StrEnum):
    """What is suggested, in the order in which equally good groups are shown."""

    TITLE = "title"
    PERSON = "person"
    LANGUAGE = "language"
    GENRE = "genre"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Topic:
    """A genre, a language or a useful query; `names` are folded."""

    what: What
    id: str
    text: str
    names: tuple[str, ...]


class Topics:
    """Topics in the order of their use, ready to be suggested; none of them changes."""

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        self._topics = list(topics)
        self._table = Table.of([(row, topic.names) for row, topic in enumerate(self._topics)])
        self._boosts = np.linspace(ORDER, 0, len(self._topics), dtype=np.float32)

    def suggest(self, text: str) -> "list[Suggestion]":
        """Return the topics that fit, best first, in their order where they fit alike."""
        topics = self._topics
        found = self._table.search(
            text, self._boosts, lambda row: topics[row].names, limit=len(topics)
        )
        suggestions = [Suggestion(topics[row], quality) for row, quality in found]
        return [each for each in suggestions if _of_use(each, text)]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the catalogue."""

    name: str
    folded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed, folded, by whom; `languages` are weights of 0..1."""

    folded: str
    region: Region
    languages: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What is compared with names."""
        return self.folded[:LONGEST].strip()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may be meant, and how well its name fits, 0..1."""

    of: TitleSummary | Person | Topic
    quality: float

    @property
    def what(self) -> What:
        """What is suggested."""
        if isinstance(self.of, Topic):
            return self.of.what
        return What.TITLE if isinstance(self.of, TitleSummary) else What.PERSON


@dataclass(frozen=True, slots=True)
class State:
    """Everything that answers; replaced as a whole. Row i of the columns is one title."""

    titles: Table
    people: Table
    listings: list[TitleSummary]
    persons: list[Person]
    served: NDArray[np.bool_]
    language: NDArray[np.int16]
    popularity: Scores
    regional: dict[Region, Scores]
    credits: NDArray[np.int32]  # (c, 2): title, person
    codes: dict[str, int]  # language to its number
    boosts: dict[Region, tuple[Scores, Scores]] = field(default_factory=dict)

    def boosts_of(self, region: Region) -> tuple[Scores, Scores]:
        """Return what titles and people gain by being known in a region, worked out once."""
        if region not in self.boosts:
            self.boosts[region] = self._boosts(region)
        return self.boosts[region]

    def preferred(self, languages: Mapping[str, float]) -> Scores | None:
        """Return what titles gain by their language, by its number."""
        if not languages:
            return None
        gained = np.zeros(len(self.codes), np.float32)
        for language, weight in languages.items():
            if language in self.codes:
                gained[self.codes[language]] = PREFERRED * min(max(weight, 0.0), 1.0)
        return gained

    def _boosts(self, region: Region) -> tuple[Scores, Scores]:
        known = self.popularity * (1 - REGIONAL_SHARE)
        if region in self.regional:
            known = known + self.regional[region] * REGIONAL_SHARE
        known = np.where(self.served, known, 0).astype(np.float32)
        titles, persons = self.credits.T
        n = len(self.persons)
        sums = np.bincount(persons, weights=known[titles], minlength=n)
        seen = np.bincount(persons, weights=self.served[titles], minlength=n) > 0
        stars = sums / (sums + STAR)
        return (
            np.where(self.served, FAME * known, -np.inf).astype(np.float32),
            np.where(seen, FAME * stars, -np.inf).astype(np.float32),
        )


class Suggester:
    """The names of titles and people, and what to suggest of them; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._row_of: dict[int, int] = {}
        self._person_of: dict[str, int] = {}
        self._state = State(
            titles=Table.of([]),
            people=Table.of([]),
            listings=[],
            persons=[],
            served=np.zeros(0, bool),
            language=np.zeros(0, np.int16),
            popularity=np.zeros(0, np.float32),
            regional={},
            credits=np.zeros((0, 2), np.int32),
            codes={},
        )

    def suggest(
        self, typed: Typed, *, topics: Topics | None = None, limit: int = 8
    ) -> list[Suggestion]:
        """Return what may be meant, titles first unless only others fit, nothing twice."""
        if not typed.text or limit < 1:
            return []
        state = self._state
        boosts = state.boosts_of(typed.region)
        titles = _titles(state, boosts[0], typed, limit)
        people = _people(state, boosts[1], typed, min(limit, MOST_PEOPLE))
        others = topics.suggest(typed.text) if topics else []
        return _mixed(titles, people, others, limit)

    def update(
        self, changed: Iterable[tuple[TitleSummary, IndexEntry]], gone: Iterable[int] = ()
    ) -> None:
        """Set the titles that changed and forget those that went; adult ones are not suggested."""
        with self._lock:
            state = self._state
            wanted = list(changed)
            removed = [*gone, *(listing.id for listing, _ in wanted if listing.adult)]
            kept = [(listing, entry) for listing, entry in wanted if not listing.adult]
            new = [each for each in kept if not self._same_names(state, each[0])]
            dead = [self._row_of.pop(title_id, -1) for title_id in removed]
            dead += [self._row_of.pop(listing.id, -1) for listing, _ in new]
            state = self._grown(state, [listing for listing, _ in new])
            state.served[[row for row in dead if row >= 0]] = False
            for listing, entry in kept:
                self._set(state, self._row_of[listing.id], listing, entry)
            self._state = self._tidied(state)

    def _same_names(self, state: State, listing: TitleSummary) -> bool:
        row = self._row_of.get(listing.id)
        if row is None:
            return False
        known = state.listings[row]
        return (known.names, known.people) == (listing.names, listing.people)

    def _grown(self, state: State, new: Sequence[TitleSummary]) -> State:
        """Return a state of its own with rows for new titles, their numbers still empty."""
        n, more = len(state.listings), len(new)
        self._row_of.update((listing.id, n + place) for place, listing in enumerate(new))
        pairs, persons = self._credits(new, n, len(state.persons))
        for listing in new:
            state.codes.setdefault(listing.language or "", len(state.codes))
        grown = replace(
            state,
            listings=[*state.listings, *new],
            served=_padded(state.served, more),
            language=_padded(state.language, more),
            popularity=_padded(state.popularity, more),
            regional={region: _padded(each, more) for region, each in state.regional.items()},
            boosts={},
        )
        if not new:
            return grown
        named = [(n + place, listing.names) for place, listing in enumerate(new)]
        called = [(len(state.persons) + place, [each.folded]) for place, each in enumerate(persons)]
        return replace(
            grown,
            titles=state.titles.merged(Table.of(named)),
            people=state.people.merged(Table.of(called)),
            persons=[*state.persons, *persons],
            credits=np.concatenate([state.credits, pairs]),
        )

    def _credits(
        self, new: Sequence[TitleSummary], first_title: int, first_person: int
    ) -> tuple[NDArray[np.int32], list[Person]]:
        """Return the (title, person) rows of new titles, and who was not known before."""
        pairs: list[tuple[int, int]] = []
        persons: list[Person] = []
        for row, listing in enumerate(new, start=first_title):
            for folded, name in zip(listing.people, listing.people_names, strict=True):
                person = self._person_of.setdefault(folded, first_person + len(persons))
                if person == first_person + len(persons):
                    persons.append(Person(name, folded))
                pairs.append((row, person))
        return np.array(pairs, np.int32).reshape(-1, 2), persons

    def _set(self, state: State, row: int, listing: TitleSummary, entry: IndexEntry) -> None:
        state.listings[row] = listing
        state.served[row] = True
        state.language[row] = state.codes.setdefault(listing.language or "", len(state.codes))
        state.popularity[row] = entry.popularity
        for region, value in {**dict.fromkeys(state.regional, 0.0), **entry.regional}.items():
            column = state.regional.get(region)
            if column is None:
                column = state.regional[region] = np.zeros(len(state.listings), np.float32)
            column[row] = value

    def _tidied(self, state: State) -> State:
        """Return the state without the rows of titles that went, once they are many."""
        stay = np.flatnonzero(state.served)
        if len(stay) >= (1 - GARBAGE) * len(state.served):
            return state
        rows = np.full(len(state.served), -1, np.int32)
        rows[stay] = np.arange(len(stay))
        self._row_of = {title_id: int(rows[row]) for title_id, row in self._row_of.items()}
        return replace(
            state,
            titles=state.titles.renumbered(rows),
            listings=[state.listings[row] for row in stay.tolist()],
            served=state.served[stay],
            language=state.language[stay],
            popularity=state.popularity[stay],
            regional={region: each[stay] for region, each in state.regional.items()},
            credits=_kept(state.credits, rows),
        )


def _titles(state: State, boosts: Scores, typed: Typed, limit: int) -> list[Suggestion]:
    gained = state.preferred(typed.languages)
    if gained is not None:
        boosts = boosts + gained[state.language]
    listings = state.listings
    found = state.titles.search(typed.text, boosts, lambda row: listings[row].names, limit=limit)
    return [Suggestion(listings[row], quality) for row, quality in found]


def _people(state: State, boosts: Scores, typed: Typed, limit: int) -> list[Suggestion]:
    persons = state.persons
    found = state.people.search(typed.text, boosts, lambda row: [persons[row].folded], limit=limit)
    return [Suggestion(persons[row], quality) for row, quality in found]


def _kept(pairs: NDArray[np.int32], rows: Rows) -> NDArray[np.int32]:
    """Return the credits of the titles that stay, by their new rows."""
    kept = pairs[rows[pairs[:, 0]] >= 0]
    kept[:, 0] = rows[kept[:, 0]]
    return kept


def _padded(column: NDArray[Scalar], more: int) -> NDArray[Scalar]:
    """Return a copy with room at its end, empty."""
    return np.concatenate([column, np.zeros(more, column.dtype)])


def _mixed(
    titles: list[Suggestion],
    people: list[Suggestion],
    topics: list[Suggestion],
    limit: int,
) -> list[Suggestion]:
    """Return a few others beside titles; a group that was not guessed goes before one that was."""
    if any(map(_sure, [*titles, *people, *topics])):
        people, topics = list(filter(_sure, people)), list(filter(_sure, topics))
    if any(each.quality >= START for each in [*people, *topics]):
        titles = [each for each in titles if each.quality >= WORDS]
    named = {name for each in [*titles, *people] for name in _names(each)}
    queries = [each for each in topics if each.what is What.QUERY and not named & _names(each)]
    groups = [
        people,
        [each for each in topics if each.what is not What.QUERY][:MOST_TOPICS],
        queries[:MOST_QUERIES],
    ]
    room = limit - min(len(titles), max(limit - sum(map(len, groups)), (limit + 1) // 2))
    others = _in_turns(groups)[:room]
    split = [[each for each in group if each in others] for group in groups]
    ordered = sorted([titles[: limit - len(others)], *split], key=_place)
    return [each for group in ordered for each in group]


def _in_turns(groups: Sequence[Sequence[Suggestion]]) -> list[Suggestion]:
    """Return the first of each group, then the second, the better ones of a turn before."""
    turns = [(turn, -each.quality, each) for group in groups for turn, each in enumerate(group)]
    return [each for _, _, each in sorted(turns, key=lambda turn: turn[:2])]


def _sure(suggestion: Suggestion) -> bool:
    return suggestion.quality > SURE


def _of_use(suggestion: Suggestion, text: str) -> bool:
    """Tell whether a topic adds to what was typed: no query is guessed, nor said again."""
    query = suggestion.what is What.QUERY
    if query and text in _names(suggestion):
        return False
    return _sure(suggestion) or (not query and len(text) >= SHORTEST_GUESSED)


def _place(group: Sequence[Suggestion]) -> tuple[int, bool, float]:
    """Return what orders groups: how much of a guess the best is, titles first, then its fit."""
    best = max((each.quality for each in group), default=0.0)
    titles = any(each.what is What.TITLE for each in group)
    return 0 if best > SURE else 1 if best >= WORDS else 2, not titles, -best


def _names(suggestion: Suggestion) -> set[str]:
    of = suggestion.of
    return {of.folded} if isinstance(of, Person) else set(of.names)
