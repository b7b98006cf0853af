"""From the results of a feed's queries to the list that is shown.

The score of a candidate is the blended score of the query that found it, plus terms for the
viewer's affinities (languages, genres, people, eras, lengths), for their preferences, and a little
for the hour. Places are assigned to slots by their shares, and within a slot to its queries by
their weights; each place takes the best result of its query that is dissimilar to the titles above
(`recommend.diversity`).
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

# What the strongest affinity of a kind adds, on the scale of a cosine.
AFFINITY_WEIGHTS = {"language": 0.12, "genre": 0.10, "person": 0.15, "era": 0.03, "length": 0.03}
PREFERRED_LANGUAGE_BONUS, PREFERRED_GENRE_BONUS = 0.08, 0.05
MOOD_GENRE_BONUS = 0.40
AFFINITY_SHARE_IN_MOOD = 0.5  # a requested mood outweighs usual preferences

SHARE_DECIMALS = 4  # rounding errors of a taste must not change the order of places


@dataclass(frozen=True, slots=True)
class RankingFeatures:
    """What ranking knows about a title; `traits` are the names of its features."""

    title_id: TitleId
    language: str  # original language, or empty
    genres: tuple[str, ...]
    directors: tuple[str, ...]
    franchise: str
    traits: frozenset[str]


@dataclass(frozen=True, slots=True)
class PersonalTerms:
    """What the viewer and the hour add to the score of a hit."""

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
    """A place of a feed: a hit, the query it fills a place for, and the viewer's terms."""

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
    """Return the feed made of the results of each query of a plan, the best place first.

    `features_of` returns none for a deleted title; `vectors` (n, d) are content vectors, zero where
    one is missing.
    """
    title_ids = dict.fromkeys(hit.title_id for hits in results for hit in hits)
    titles = [known for title_id in title_ids if (known := features_of(title_id)) is not None]
    if not titles:
        return []
    time_of_day = TimeOfDay.at(context.now)
    personal_terms = [_personal_terms(context, each, time_of_day) for each in titles]
    pool = _CandidatePool(plan, titles, personal_terms, results)
    query_numbers = _assign_places(plan.candidate_queries, context.k)
    selected = diversify(
        [
            _to_candidate(each, scores)
            for each, scores in zip(titles, pool.best_scores.tolist(), strict=True)
        ],
        vectors([each.title_id for each in titles]),
        k=context.k,
        caps=DEFAULT_CAPS if context.mood is None else MOOD_CAPS,
        place_scores=[
            (
                pool.scores[query_number],
                pool.scores_by_slot[plan.candidate_queries[query_number].slot],
            )
            for query_number in query_numbers
        ],
    )
    items = []
    for place, position in enumerate(selected):
        candidate_query, hit = pool.best_hit(
            position, query_numbers[place] if place < len(query_numbers) else None
        )
        items.append(FeedItem(hit, candidate_query, personal_terms[position]))
    return items


def backfill_items(
    context: FeedContext,
    candidate_query: CandidateQuery,
    results: Sequence[Hit],
    *,
    features_of: Callable[[TitleId], RankingFeatures | None],
) -> list[FeedItem]:
    """Return the results of one query as places of a feed, in order."""
    time_of_day = TimeOfDay.at(context.now)
    titles = ((hit, features_of(hit.title_id)) for hit in results)
    return [
        FeedItem(hit, candidate_query, _personal_terms(context, known, time_of_day))
        for hit, known in titles
        if known
    ]


class _CandidatePool:
    """The candidates, and their scores in each query that found them."""

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
        self.scores: list[Scores] = []  # (n,) by query, minus infinity for titles it did not find
        for hits in results:
            own = {positions[hit.title_id]: hit for hit in hits if hit.title_id in positions}
            scores = np.full(len(titles), -np.inf)
            for position, hit in own.items():
                scores[position] = hit.score + totals[position]
            self._hits.append(own)
            self.scores.append(scores)
        self._candidate_queries = plan.candidate_queries
        self.best_scores: Scores = np.maximum.reduce(self.scores)
        self.scores_by_slot: dict[Slot, Scores] = {
            slot: np.maximum.reduce(
                [
                    self.scores[n]
                    for n, candidate_query in enumerate(plan.candidate_queries)
                    if candidate_query.slot == slot
                ]
            )
            for slot in {candidate_query.slot for candidate_query in plan.candidate_queries}
        }

    def best_hit(self, position: int, query_number: int | None) -> tuple[CandidateQuery, Hit]:
        """Return a title's hit in the query that its place belongs to.

        If that query did not find it, the best hit in the same slot counts, else the best of all.
        """
        numbers: Sequence[int] = range(len(self._candidate_queries))
        if query_number is None:
            pass
        elif position in self._hits[query_number]:
            numbers = range(query_number, query_number + 1)
        else:
            slot = self._candidate_queries[query_number].slot
            same = [
                n
                for n, candidate_query in enumerate(self._candidate_queries)
                if candidate_query.slot == slot
            ]
            found = [n for n in same if position in self._hits[n]]
            numbers = found or range(len(self._candidate_queries))
        best = max(numbers, key=lambda n: float(self.scores[n][position]))
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

    Each place goes to the slot, and in it to the query, that is furthest behind its share.
    """
    present = {candidate_query.slot for candidate_query in candidate_queries}
    shares = {slot: SLOT_SHARES[slot] for slot in Slot if slot in present}
    total_share = sum(shares.values())
    by_slot = {
        slot: [
            n for n, candidate_query in enumerate(candidate_queries) if candidate_query.slot == slot
        ]
        for slot in shares
    }
    weights = {
        slot: sum(candidate_queries[number].weight for number in numbers)
        for slot, numbers in by_slot.items()
    }
    filled = dict.fromkeys(shares, 0)
    assigned = [0] * len(candidate_queries)
    query_numbers = []
    for place in range(1, k + 1):
        if not shares:
            break
        slot = max(shares, key=lambda each: shares[each] / total_share * place - filled[each])
        filled[slot] += 1
        candidate_query = max(
            by_slot[slot],
            key=lambda number: (
                round(
                    candidate_queries[number].weight / weights[slot] * filled[slot]
                    - assigned[number],
                    SHARE_DECIMALS,
                ),
                -number,
            ),
        )
        assigned[candidate_query] += 1
        query_numbers.append(candidate_query)
    return query_numbers


def _to_candidate(title: RankingFeatures, score: float) -> Candidate:
    return Candidate(
        title_id=title.title_id,
        score=score,
        directors=title.directors,
        franchise=title.franchise,
        language=title.language,
        genre=title.genres[0] if title.genres else "",
    )
