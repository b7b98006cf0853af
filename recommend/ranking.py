"""From what the queries of a feed found to the list that is shown.

A candidate is worth the blended score of the query that found it, what the person leans to in it
(languages, genres, people, eras, lengths), what he says he prefers, and a little for the hour. All
of these are terms of its score and add up to it. Places are dealt out by the shares of the sorts of
slots, within a sort by the weights of its queries; each place takes the best that its query found
and that is unlike what stands above (`recommend.diversity`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from index.query import Hit, Matrix, TitleId
from recommend.diversity import Candidate, Worth, diversified
from recommend.feed import SHARES, Ask, Asking, Plan, Preferences, Slot
from recommend.taste import Features

# What the strongest leaning adds, on the scale of a cosine.
LEANING = {"language": 0.12, "genre": 0.10, "person": 0.15, "era": 0.03, "length": 0.03}
PREFERRED_LANGUAGE, PREFERRED_GENRE = 0.08, 0.05
MOOD_GENRE = 0.15

# Mild: the hour breaks ties, it does not choose.
CONTEXT = 0.03
WEEKEND = (4, 5, 6)  # Friday's evening, Saturday and Sunday
EVENING, NIGHT, MORNING = range(17, 22), (22, 23, 0, 1, 2, 3), range(4, 9)
SUITS: Mapping[str, frozenset[str]] = {
    "morning": frozenset({"devotional", "mythology", "slice-of-life", "music"}),
    "weekend": frozenset({"family", "action", "adventure", "comedy"}),
    "night": frozenset({"thriller", "horror", "mystery", "psychological"}),
}
LATE_LENGTHS = frozenset({"episode", "short"})  # what can still be seen to its end


@dataclass(frozen=True, slots=True)
class About:
    """What ranking knows of a title."""

    title_id: TitleId
    language: str  # the original one, or nothing
    genres: tuple[str, ...]
    directors: tuple[str, ...]
    franchise: str
    features: Features


@dataclass(frozen=True, slots=True)
class Item:
    """A place of a feed: a hit, the query that it was taken for, and its further terms."""

    hit: Hit
    ask: Ask
    leaning: float
    preference: float
    mood: float
    context: float

    @property
    def score(self) -> float:
        """The sum of the terms."""
        return self.hit.score + self.leaning + self.preference + self.mood + self.context


def ranked(
    asking: Asking,
    plan: Plan,
    found: Sequence[Sequence[Hit]],
    *,
    about: Callable[[TitleId], About | None],
    vectors: Callable[[Sequence[TitleId]], Matrix],
) -> list[Item]:
    """Return the feed of what each query of a plan found, best places first.

    `about` knows nothing of a title that has gone since; `vectors` (n, d) are content vectors, zero
    where one is missing.
    """
    told: dict[TitleId, About] = {}
    for title_id in dict.fromkeys(hit.title_id for hits in found for hit in hits):
        known = about(title_id)
        if known is not None:
            told[title_id] = known
    items = _best_of_each(asking, plan, found, told)
    turns = _turns(plan.asks, asking.k)
    return _dealt(items, turns, told, vectors, k=asking.k)


def context(about: About, now: datetime) -> float:
    """Return what the hour and the day add to a title, in the time of where it is watched."""
    genres = set(about.genres)
    suits = 0.0
    if now.hour in MORNING and genres & SUITS["morning"]:
        suits += CONTEXT
    if now.weekday() in WEEKEND and now.hour in EVENING and genres & SUITS["weekend"]:
        suits += CONTEXT
    if now.hour in NIGHT:
        lengths = {name for name in about.features.names() if name.startswith("length:")}
        short = any(name.removeprefix("length:") in LATE_LENGTHS for name in lengths)
        suits += CONTEXT * (bool(genres & SUITS["night"]) + short) / 2
    return suits


@dataclass(frozen=True, slots=True)
class _Placed:
    """A title and, for each query that found it, the item that it would be."""

    title_id: TitleId
    items: Mapping[int, Item]  # by the number of the ask

    @property
    def best(self) -> Item:
        return max(self.items.values(), key=lambda item: item.score)


def _best_of_each(
    asking: Asking, plan: Plan, found: Sequence[Sequence[Hit]], told: Mapping[TitleId, About]
) -> list[_Placed]:
    further = {title_id: _further(asking, each) for title_id, each in told.items()}
    items: dict[TitleId, dict[int, Item]] = {}
    for number, (ask, hits) in enumerate(zip(plan.asks, found, strict=True)):
        for hit in hits:
            if hit.title_id in told:
                item = Item(hit, ask, *further[hit.title_id])
                items.setdefault(hit.title_id, {})[number] = item
    return [_Placed(title_id, each) for title_id, each in items.items()]


def _further(asking: Asking, about: About) -> tuple[float, float, float, float]:
    mood = 0.0
    if asking.mood is not None:
        fits = (asking.mood.genres.get(genre, 0.0) for genre in about.genres)
        mood = MOOD_GENRE * max(fits, default=0.0)
    return (
        asking.taste.leaning(about.features, LEANING),
        _preferred(asking.preferences, about),
        mood,
        context(about, asking.now),
    )


def _preferred(said: Preferences, about: About) -> float:
    languages = (said.languages.get(code, 0.0) for code in about.features.languages)
    liked = bool(said.favourite_genres.intersection(about.genres))
    return PREFERRED_LANGUAGE * max(languages, default=0.0) + PREFERRED_GENRE * liked


def _turns(asks: Sequence[Ask], k: int) -> list[int]:
    """Return, for each place, the number of the query that fills it.

    Each place goes to the sort of slot, and there to the query, that is furthest behind its share.
    """
    present = {ask.slot for ask in asks}
    shares = {slot: SHARES[slot] for slot in Slot if slot in present}
    whole = sum(shares.values())
    by_slot = {slot: [n for n, ask in enumerate(asks) if ask.slot == slot] for slot in shares}
    weights = {
        slot: sum(asks[number].weight for number in numbers) for slot, numbers in by_slot.items()
    }
    filled = dict.fromkeys(shares, 0)
    given = [0] * len(asks)
    turns = []
    for place in range(1, k + 1):
        if not shares:
            break
        slot = max(shares, key=lambda each: shares[each] / whole * place - filled[each])
        filled[slot] += 1
        ask = max(
            by_slot[slot],
            key=lambda number: (
                asks[number].weight / weights[slot] * filled[slot] - given[number],
                -number,
            ),
        )
        given[ask] += 1
        turns.append(ask)
    return turns


def _dealt(
    placed: Sequence[_Placed],
    turns: Sequence[int],
    told: Mapping[TitleId, About],
    vectors: Callable[[Sequence[TitleId]], Matrix],
    *,
    k: int,
) -> list[Item]:
    if not placed:
        return []
    candidates = [_candidate(told[each.title_id], each.best.score) for each in placed]
    matrix = vectors([each.title_id for each in placed])
    taken = diversified(candidates, matrix, k=k, places=_places(placed, turns))
    return [
        _item(placed[position], turns[place] if place < len(turns) else None)
        for place, position in enumerate(taken)
    ]


def _item(placed: _Placed, turn: int | None) -> Item:
    """Return the title as the query of the place found it, else as the best one did."""
    found = None if turn is None else placed.items.get(turn)
    return found or placed.best


def _places(placed: Sequence[_Placed], turns: Sequence[int]) -> list[Worth]:
    worth: dict[int, Worth] = {}
    for turn in turns:
        if turn not in worth:
            items = (each.items.get(turn) for each in placed)
            worth[turn] = np.array([item.score if item else -np.inf for item in items])
    return [worth[turn] for turn in turns]


def _candidate(about: About, score: float) -> Candidate:
    return Candidate(
        title_id=about.title_id,
        score=score,
        directors=about.directors,
        franchise=about.franchise,
        language=about.language,
        genre=about.genres[0] if about.genres else "",
    )
