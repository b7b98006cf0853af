"""From what the queries of a feed found to the list that is shown.

A candidate is worth the blended score of the query that found it, what the person leans to in it
(languages, genres, people, eras, lengths), what he says he prefers, and a little for the hour. All
of these are terms of its score and add up to it. Places are dealt out by the shares of the sorts of
slots, within a sort by the weights of its queries; each place takes the best that its query found
and that is unlike what stands above (`recommend.diversity`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index.query import Hit
from recommend import moods
from recommend.diversity import DEFAULT_CAPS, MOOD_CAPS, Candidate, Scores, diversify
from recommend.feed_context import SLOT_SHARES, FeedContext, Slot, ViewerPreferences
from recommend.feed_plan import CandidateQuery, FeedPlan
from recommend.time_of_day import TimeOfDay
from vocabulary.arrays import Matrix
from vocabulary.ids import TitleId

# What the strongest leaning adds, on the scale of a cosine.
AFFINITY_WEIGHTS = {"language": 0.12, "genre": 0.10, "person": 0.15, "era": 0.03, "length": 0.03}
PREFERRED_LANGUAGE_BONUS, PREFERRED_GENRE_BONUS = 0.08, 0.05
MOOD_GENRE_BONUS = 0.40
AFFINITY_SHARE_IN_MOOD = (
    0.5  # of a leaning; who asks for peace does not mean the murders he usually likes
)

SHARE_DECIMALS = (
    4  # decimals of a share; what is undone leaves a rounding behind, which deals no place
)


@dataclass(frozen=True, slots=True)
class RankingFeatures:
    """What ranking knows of a title; `traits` are the names of its features."""

    title_id: TitleId
    language: str  # the original one, or nothing
    genres: tuple[str, ...]
    directors: tuple[str, ...]
    franchise: str
    traits: frozenset[str]


@dataclass(frozen=True, slots=True)
class PersonalTerms:
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
class FeedItem:
    """A place of a feed: a hit, the query that it was taken for, and its further terms."""

    hit: Hit
    candidate_query: CandidateQuery
    personal_terms: PersonalTerms

    @property
    def score(self) -> float:
        """The sum of the terms."""
        return self.hit.score + self.personal_terms.total


def rank_feed(
    context: FeedContext,
    plan: FeedPlan,
    results: Sequence[Sequence[Hit]],
    *,
    features_of: Callable[[TitleId], RankingFeatures | None],
    vectors: Callable[[Sequence[TitleId]], Matrix],
) -> list[FeedItem]:
    """Return the feed of what each query of a plan found, best places first.

    `about` knows nothing of a title that has gone since; `vectors` (n, d) are content vectors, zero
    where one is missing.
    """
    seen = dict.fromkeys(hit.title_id for hits in results for hit in hits)
    told = [known for title_id in seen if (known := features_of(title_id)) is not None]
    if not told:
        return []
    hour = TimeOfDay.at(context.now)
    further = [_personal_terms(context, each, hour) for each in told]
    gathered = _CandidatePool(plan, told, further, results)
    turns = _assign_places(plan.candidate_queries, context.k)
    taken = diversify(
        [
            _to_candidate(each, worth)
            for each, worth in zip(told, gathered.best_scores.tolist(), strict=True)
        ],
        vectors([each.title_id for each in told]),
        k=context.k,
        caps=DEFAULT_CAPS if context.mood is None else MOOD_CAPS,
        place_scores=[
            (gathered.scores[turn], gathered.scores_by_slot[plan.candidate_queries[turn].slot])
            for turn in turns
        ],
    )
    items = []
    for place, position in enumerate(taken):
        ask, hit = gathered.best_hit(position, turns[place] if place < len(turns) else None)
        items.append(FeedItem(hit, ask, further[position]))
    return items


def backfill_items(
    context: FeedContext,
    candidate_query: CandidateQuery,
    results: Sequence[Hit],
    *,
    features_of: Callable[[TitleId], RankingFeatures | None],
) -> list[FeedItem]:
    """Return what one query found as places of a feed, in its order."""
    hour = TimeOfDay.at(context.now)
    told = ((hit, features_of(hit.title_id)) for hit in results)
    return [
        FeedItem(hit, candidate_query, _personal_terms(context, known, hour))
        for hit, known in told
        if known
    ]


class _CandidatePool:
    """Titles, and what each query that found them makes of them."""

    def __init__(
        self,
        plan: FeedPlan,
        titles: Sequence[RankingFeatures],
        personal_terms: Sequence[PersonalTerms],
        results: Sequence[Sequence[Hit]],
    ) -> None:
        positions = {each.title_id: position for position, each in enumerate(titles)}
        totals = [each.total for each in personal_terms]
        self._hits: list[dict[int, Hit]] = []  # by query and position
        self.scores: list[Scores] = []  # (n,) by query, minus infinity for what it did not find
        for hits in results:
            own = {positions[hit.title_id]: hit for hit in hits if hit.title_id in positions}
            worth = np.full(len(titles), -np.inf)
            for position, hit in own.items():
                worth[position] = hit.score + totals[position]
            self._hits.append(own)
            self.scores.append(worth)
        self._candidate_queries = plan.candidate_queries
        self.best_scores: Scores = np.maximum.reduce(self.scores)
        self.scores_by_slot: dict[Slot, Scores] = {
            slot: np.maximum.reduce(
                [self.scores[n] for n, ask in enumerate(plan.candidate_queries) if ask.slot == slot]
            )
            for slot in {ask.slot for ask in plan.candidate_queries}
        }

    def best_hit(self, position: int, turn: int | None) -> tuple[CandidateQuery, Hit]:
        """Return a title as the query of a turn found it.

        Else as the one of the same slot, or of all, that likes it best.
        """
        among: Sequence[int] = range(len(self._candidate_queries))
        if turn is None:
            pass
        elif position in self._hits[turn]:
            among = range(turn, turn + 1)
        else:
            slot = self._candidate_queries[turn].slot
            same = [n for n, ask in enumerate(self._candidate_queries) if ask.slot == slot]
            found = [n for n in same if position in self._hits[n]]
            among = found or range(len(self._candidate_queries))
        best = max(among, key=lambda n: float(self.scores[n][position]))
        return self._candidate_queries[best], self._hits[best][position]


def _personal_terms(
    context: FeedContext, title: RankingFeatures, time_of_day: TimeOfDay
) -> PersonalTerms:
    mood, share = 0.0, 1.0
    if context.mood is not None:
        mood = MOOD_GENRE_BONUS * moods.genre_mood_weight(context.mood.rasa, title.genres)
        share = AFFINITY_SHARE_IN_MOOD
    return PersonalTerms(
        share * context.taste.combined_affinity(title.traits, AFFINITY_WEIGHTS),
        _preference_bonus(context.preferences, title),
        mood,
        time_of_day.bonus(title.genres, title.traits),
    )


def _preference_bonus(preferences: ViewerPreferences, title: RankingFeatures) -> float:
    liked = not preferences.favourite_genres.isdisjoint(title.genres)
    return (
        PREFERRED_LANGUAGE_BONUS * preferences.languages.get(title.language, 0.0)
        + PREFERRED_GENRE_BONUS * liked
    )


def _assign_places(candidate_queries: Sequence[CandidateQuery], k: int) -> list[int]:
    """Return, for each place, the number of the query that fills it.

    Each place goes to the sort of slot, and there to the query, that is furthest behind its share.
    """
    present = {ask.slot for ask in candidate_queries}
    shares = {slot: SLOT_SHARES[slot] for slot in Slot if slot in present}
    whole = sum(shares.values())
    by_slot = {
        slot: [n for n, ask in enumerate(candidate_queries) if ask.slot == slot] for slot in shares
    }
    weights = {
        slot: sum(candidate_queries[number].weight for number in numbers)
        for slot, numbers in by_slot.items()
    }
    filled = dict.fromkeys(shares, 0)
    given = [0] * len(candidate_queries)
    turns = []
    for place in range(1, k + 1):
        if not shares:
            break
        slot = max(shares, key=lambda each: shares[each] / whole * place - filled[each])
        filled[slot] += 1
        ask = max(
            by_slot[slot],
            key=lambda number: (
                round(
                    candidate_queries[number].weight / weights[slot] * filled[slot] - given[number],
                    SHARE_DECIMALS,
                ),
                -number,
            ),
        )
        given[ask] += 1
        turns.append(ask)
    return turns


def _to_candidate(title: RankingFeatures, score: float) -> Candidate:
    return Candidate(
        title_id=title.title_id,
        score=score,
        directors=title.directors,
        franchise=title.franchise,
        language=title.language,
        genre=title.genres[0] if title.genres else "",
    )
