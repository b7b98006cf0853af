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
from recommend import moods
from recommend.diversity import CAPS, MOOD_CAPS, Candidate, Worth, diversified
from recommend.feed_plan import SHARES, Ask, Asking, Plan, Preferences, Slot

# What the strongest leaning adds, on the scale of a cosine.
LEANING = {"language": 0.12, "genre": 0.10, "person": 0.15, "era": 0.03, "length": 0.03}
PREFERRED_LANGUAGE, PREFERRED_GENRE = 0.08, 0.05
MOOD_GENRE = 0.40
LEANING_IN_MOOD = 0.5  # of a leaning; who asks for peace does not mean the murders he usually likes

# Mild: the hour breaks ties, it does not choose.
CONTEXT = 0.03
WEEKEND = (4, 5, 6)  # Friday's evening, Saturday and Sunday
EVENING, NIGHT, MORNING = range(17, 22), (22, 23, 0, 1, 2, 3), range(4, 9)
SUITS: Mapping[str, frozenset[str]] = {
    "morning": frozenset({"devotional", "mythology", "slice-of-life", "music"}),
    "weekend": frozenset({"family", "action", "adventure", "comedy"}),
    "night": frozenset({"thriller", "horror", "mystery", "psychological"}),
}
STEADY = 4  # decimals of a share; what is undone leaves a rounding behind, which deals no place
LATE_LENGTHS = frozenset({"length:episode", "length:short"})  # what can still be seen to its end


@dataclass(frozen=True, slots=True)
class About:
    """What ranking knows of a title; `traits` are the names of its features."""

    title_id: TitleId
    language: str  # the original one, or nothing
    genres: tuple[str, ...]
    directors: tuple[str, ...]
    franchise: str
    traits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Further:
    """What a person and the hour add to what an index makes of a title."""

    leaning: float
    preference: float
    mood: float
    context: float

    @property
    def total(self) -> float:
        """The sum of the terms."""
        return self.leaning + self.preference + self.mood + self.context


@dataclass(frozen=True, slots=True)
class Item:
    """A place of a feed: a hit, the query that it was taken for, and its further terms."""

    hit: Hit
    ask: Ask
    further: Further

    @property
    def score(self) -> float:
        """The sum of the terms."""
        return self.hit.score + self.further.total


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
    seen = dict.fromkeys(hit.title_id for hits in found for hit in hits)
    told = [known for title_id in seen if (known := about(title_id)) is not None]
    if not told:
        return []
    hour = Hour.of(asking.now)
    further = [_further(asking, each, hour) for each in told]
    gathered = _Gathered(plan, told, further, found)
    turns = _turns(plan.asks, asking.k)
    taken = diversified(
        [_candidate(each, worth) for each, worth in zip(told, gathered.best.tolist(), strict=True)],
        vectors([each.title_id for each in told]),
        k=asking.k,
        caps=CAPS if asking.mood is None else MOOD_CAPS,
        places=[(gathered.worth[turn], gathered.of_slot[plan.asks[turn].slot]) for turn in turns],
    )
    items = []
    for place, position in enumerate(taken):
        ask, hit = gathered.hit(position, turns[place] if place < len(turns) else None)
        items.append(Item(hit, ask, further[position]))
    return items


def filled(
    asking: Asking, ask: Ask, found: Sequence[Hit], *, about: Callable[[TitleId], About | None]
) -> list[Item]:
    """Return what one query found as places of a feed, in its order."""
    hour = Hour.of(asking.now)
    told = ((hit, about(hit.title_id)) for hit in found)
    return [Item(hit, ask, _further(asking, known, hour)) for hit, known in told if known]


@dataclass(frozen=True, slots=True)
class Hour:
    """What an hour of a day suits, in the time of where one watches: genres and lengths."""

    genres: frozenset[str] = frozenset()
    lengths: frozenset[str] = frozenset()

    @classmethod
    def of(cls, now: datetime) -> "Hour":
        """Return what a moment suits; most suit nothing in particular."""
        if now.hour in NIGHT:
            return cls(SUITS["night"], LATE_LENGTHS)
        if now.hour in MORNING:
            return cls(SUITS["morning"])
        weekend = now.weekday() in WEEKEND and now.hour in EVENING
        return cls(SUITS["weekend"]) if weekend else cls()

    def adds(self, about: About) -> float:
        """Return what it adds to a title."""
        if not self.genres:
            return 0.0
        fits = not self.genres.isdisjoint(about.genres)
        if not self.lengths:
            return CONTEXT * fits
        short = not self.lengths.isdisjoint(about.traits)
        return CONTEXT * (fits + short) / 2


class _Gathered:
    """Titles, and what each query that found them makes of them."""

    def __init__(
        self,
        plan: Plan,
        told: Sequence[About],
        further: Sequence[Further],
        found: Sequence[Sequence[Hit]],
    ) -> None:
        positions = {each.title_id: position for position, each in enumerate(told)}
        totals = [each.total for each in further]
        self._hits: list[dict[int, Hit]] = []  # by query and position
        self.worth: list[Worth] = []  # (n,) by query, minus infinity for what it did not find
        for hits in found:
            own = {positions[hit.title_id]: hit for hit in hits if hit.title_id in positions}
            worth = np.full(len(told), -np.inf)
            for position, hit in own.items():
                worth[position] = hit.score + totals[position]
            self._hits.append(own)
            self.worth.append(worth)
        self._asks = plan.asks
        self.best: Worth = np.maximum.reduce(self.worth)
        self.of_slot: dict[Slot, Worth] = {
            slot: np.maximum.reduce(
                [self.worth[n] for n, ask in enumerate(plan.asks) if ask.slot == slot]
            )
            for slot in {ask.slot for ask in plan.asks}
        }

    def hit(self, position: int, turn: int | None) -> tuple[Ask, Hit]:
        """Return a title as the query of a turn found it.

        Else as the one of the same slot, or of all, that likes it best.
        """
        among: Sequence[int] = range(len(self._asks))
        if turn is None:
            pass
        elif position in self._hits[turn]:
            among = range(turn, turn + 1)
        else:
            slot = self._asks[turn].slot
            same = [n for n, ask in enumerate(self._asks) if ask.slot == slot]
            found = [n for n in same if position in self._hits[n]]
            among = found or range(len(self._asks))
        best = max(among, key=lambda n: float(self.worth[n][position]))
        return self._asks[best], self._hits[best][position]


def _further(asking: Asking, about: About, hour: Hour) -> Further:
    mood, share = 0.0, 1.0
    if asking.mood is not None:
        mood = MOOD_GENRE * moods.carried(asking.mood.rasa, about.genres)
        share = LEANING_IN_MOOD
    return Further(
        share * asking.taste.leaning(about.traits, LEANING),
        _preferred(asking.preferences, about),
        mood,
        hour.adds(about),
    )


def _preferred(said: Preferences, about: About) -> float:
    liked = not said.favourite_genres.isdisjoint(about.genres)
    return PREFERRED_LANGUAGE * said.languages.get(about.language, 0.0) + PREFERRED_GENRE * liked


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
                round(asks[number].weight / weights[slot] * filled[slot] - given[number], STEADY),
                -number,
            ),
        )
        given[ask] += 1
        turns.append(ask)
    return turns


def _candidate(about: About, score: float) -> Candidate:
    return Candidate(
        title_id=about.title_id,
        score=score,
        directors=about.directors,
        franchise=about.franchise,
        language=about.language,
        genre=about.genres[0] if about.genres else "",
    )
