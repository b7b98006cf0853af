"""A feed over a small catalogue: what it asks, which places it fills, and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from index.memory import MemoryIndex
from index.query import Attributes, Filter, Hit, IndexEntry
from recommend.explanations import LikedTitles, explain, liked_title_ids, reaction_code
from recommend.feed_context import CandidateSource, Fallback, FeedContext, Slot, ViewerPreferences
from recommend.feed_plan import FeedPlan, plan_feed
from recommend.moods import MoodTarget, Rasa
from recommend.ranking import FeedItem, PersonalTerms, RankingFeatures, rank_feed
from recommend.taste import EMPTY_TASTE, Taste, TasteFeatures, unit_vector
from recommend.taste_update import OpinionChange, update_taste
from recommend.time_of_day import TIME_OF_DAY_BONUS, TimeOfDay
from recommend.title_state import TitleState, opinion_score
from vocabulary.arrays import Matrix, Vector
from vocabulary.ids import TitleId
from vocabulary.kinds import Kind, Space

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)  # a Wednesday afternoon: no hour's favourites
LANGUAGES = ("te", "ta", "hi", "en")
GENRES = ("action", "comedy", "drama", "horror", "romance", "thriller")
TITLE_COUNT = 400
TOPIC_COUNT = 8


class TopicCatalogue:
    """Titles around a few topics, each in a language, of a genre and by a director."""

    def __init__(self) -> None:
        rng = np.random.default_rng(11)
        topics = [
            unit_vector(rng.standard_normal(32).astype(np.float32)) for _ in range(TOPIC_COUNT)
        ]
        self.vectors: dict[TitleId, Vector] = {}
        self.taste_features: dict[TitleId, TasteFeatures] = {}
        self.features_by_id: dict[TitleId, RankingFeatures] = {}
        entries = []
        for title_id in range(1, TITLE_COUNT + 1):
            topic = title_id % TOPIC_COUNT
            noise = 0.1 * rng.standard_normal(32).astype(np.float32)
            vector = unit_vector(topics[topic] + noise)
            language = LANGUAGES[title_id // TOPIC_COUNT % len(LANGUAGES)]
            genre = GENRES[topic % len(GENRES)]
            features = TasteFeatures(
                languages=(language,),
                genres=(genre,),
                people=(f"Director {title_id % 40}",),
                year=1980 + title_id % 45,
                runtime_minutes=90 + title_id % 80,
            )
            self.taste_features[title_id] = features
            about = RankingFeatures(
                title_id=title_id,
                language=language,
                genres=(genre,),
                directors=(f"Director {title_id % 40}",),
                franchise=f"title {title_id}",
                traits=features.traits(),
            )
            self.vectors[title_id], self.features_by_id[title_id] = vector, about
            entries.append(
                IndexEntry(
                    title_id=title_id,
                    attributes=Attributes(
                        kind=Kind.MOVIE,
                        languages=frozenset({language}),
                        genres=frozenset({genre}),
                        minimum_age=18 if title_id % 10 == 0 else 0,
                        adult=title_id % 50 == 0,
                    ),
                    vectors={Space.CONTENT: vector},
                    popularity=float(rng.random()),
                    regional={"IN": float(rng.random())},
                    freshness=float(rng.random()) / 2,
                )
            )
        self.index = MemoryIndex(entries)

    def content_vectors(self, ids: Sequence[TitleId]) -> Matrix:
        return np.stack([self.vectors[title_id] for title_id in ids])

    def feed(self, context: FeedContext) -> list[FeedItem]:
        return self.rank(context, plan_feed(context))

    def rank(self, context: FeedContext, feed_plan: FeedPlan) -> list[FeedItem]:
        found = self.index.search_many([ask.query for ask in feed_plan.candidate_queries])
        return rank_feed(
            context,
            feed_plan,
            found,
            features_of=self.features_by_id.get,
            vectors=self.content_vectors,
        )

    def taste_of_likes(self, *ids: TitleId) -> tuple[Taste, dict[TitleId, TitleState]]:
        taste, standings = EMPTY_TASTE, {}
        for title_id in ids:
            standings[title_id] = TitleState(liked_at=NOW)
            heard = OpinionChange(
                before=0.0,
                after=opinion_score(standings[title_id]),
                at=NOW,
                vector=self.vectors[title_id],
                features=self.taste_features[title_id],
            )
            taste = update_taste(taste, heard)
        return taste, standings


@pytest.fixture(scope="module")
def catalogue() -> TopicCatalogue:
    return TopicCatalogue()


def make_context(shelf: TopicCatalogue, *liked: TitleId, **given: object) -> FeedContext:
    taste, standings = shelf.taste_of_likes(*liked)
    asked = FeedContext(
        taste=taste,
        title_states=standings,
        preferences=ViewerPreferences(),
        region="IN",
        region_languages={"hi": 0.5, "te": 0.3, "ta": 0.2},
        catalogue_languages=frozenset(LANGUAGES),
        base_filter=Filter(),
        now=NOW,
        seed=3,
        k=20,
    )
    return replace(asked, **given)  # type: ignore[arg-type]  # fields by name


def title_ids(items: Sequence[FeedItem]) -> list[TitleId]:
    return [item.hit.title_id for item in items]


def test_half_of_a_feed_is_close_to_the_taste_and_a_fifth_is_trending(
    catalogue: TopicCatalogue,
) -> None:
    slots = Counter(
        item.candidate_query.slot for item in catalogue.feed(make_context(catalogue, 8, 16, 9))
    )
    assert slots == {Slot.CLOSE: 10, Slot.STRETCH: 6, Slot.TRENDING: 4}


def test_a_feed_has_no_duplicate_known_dismissed_or_forbidden_titles(
    catalogue: TopicCatalogue,
) -> None:
    asked = make_context(catalogue, 8, 16, base_filter=Filter(max_age=12))
    first = title_ids(catalogue.feed(asked))
    gone = {**asked.title_states, first[0]: TitleState(dismissed_at=NOW)}
    second = title_ids(catalogue.feed(replace(asked, title_states=gone)))
    for found in (first, second):
        assert len(set(found)) == len(found) == 20
        assert not {8, 16} & set(found)
        assert not [title_id for title_id in found if title_id % 10 == 0]
    assert first[0] not in second


def test_disliked_genres_are_excluded(catalogue: TopicCatalogue) -> None:
    said = ViewerPreferences(disliked_genres=frozenset({"comedy", "action"}))
    items = catalogue.feed(make_context(catalogue, 10, 18, preferences=said))
    genres = {catalogue.features_by_id[title_id].genres[0] for title_id in title_ids(items)}
    assert not genres & {"comedy", "action"}


def test_close_slots_are_about_liked_topics(catalogue: TopicCatalogue) -> None:
    items = catalogue.feed(make_context(catalogue, 9, 17, 11, 19))  # topics 1 and 3
    close = [item for item in items if item.candidate_query.source is CandidateSource.INTEREST]
    fitting = [item for item in close if item.hit.title_id % TOPIC_COUNT in {1, 3}]
    assert len(fitting) >= 0.8 * len(close) > 0


def test_terms_add_up_to_the_score(catalogue: TopicCatalogue) -> None:
    for item in catalogue.feed(make_context(catalogue, 9, 17, 11)):
        more = item.personal_terms
        terms = (more.leaning, more.preference, more.mood, more.context)
        assert item.score == pytest.approx(item.hit.score + sum(terms))


def test_a_director_has_at_most_two_of_twenty_places(catalogue: TopicCatalogue) -> None:
    items = catalogue.feed(make_context(catalogue, 9, 49, 89, 129))  # all by one director
    directors = Counter(
        catalogue.features_by_id[title_id].directors[0] for title_id in title_ids(items)
    )
    assert max(directors.values()) <= 2


def test_a_feed_is_the_same_all_day_and_explores_differently_tomorrow(
    catalogue: TopicCatalogue,
) -> None:
    asked = make_context(catalogue, 9, 11)
    assert title_ids(catalogue.feed(asked)) == title_ids(catalogue.feed(asked))
    assert title_ids(catalogue.feed(asked)) != title_ids(catalogue.feed(replace(asked, seed=4)))


def test_rounding_errors_of_undone_events_change_no_place(
    catalogue: TopicCatalogue,
) -> None:
    asked = make_context(catalogue, 9, 11)
    planned = plan_feed(asked)
    rounded = (
        replace(ask, weight=ask.weight * (1 + 1e-8 * place))
        for place, ask in enumerate(planned.candidate_queries)
    )
    again = catalogue.rank(asked, replace(planned, candidate_queries=tuple(rounded)))
    assert title_ids(again) == title_ids(catalogue.rank(asked, planned))


def test_new_viewers_get_fallbacks(catalogue: TopicCatalogue) -> None:
    nobody = make_context(catalogue)
    items = catalogue.feed(nobody)
    assert plan_feed(nobody).fallbacks == (Fallback.REGION, Fallback.POPULARITY)
    assert len(items) == 20
    assert {item.candidate_query.slot for item in items} == {Slot.TRENDING}
    telugu = replace(nobody, preferences=ViewerPreferences(languages={"te": 1.0}))
    assert plan_feed(telugu).fallbacks == (
        Fallback.PREFERENCES,
        Fallback.REGION,
        Fallback.POPULARITY,
    )
    languages = Counter(
        catalogue.features_by_id[title_id].language
        for title_id in title_ids(catalogue.feed(telugu))
    )
    assert languages.most_common(1)[0][0] == "te"
    assert plan_feed(make_context(catalogue, 9)).fallbacks == (Fallback.TASTE, Fallback.REGION)
    assert plan_feed(make_context(catalogue, 9, picks_only=True)).fallbacks == (
        Fallback.PICKS,
        Fallback.REGION,
    )


def test_a_mood_moves_the_close_slots_towards_it(catalogue: TopicCatalogue) -> None:
    horror = MoodTarget(Rasa.FEAR, catalogue.vectors[3])  # topic 3 is horror

    def horrors(asked: FeedContext) -> int:
        found = title_ids(catalogue.feed(asked))
        return sum(catalogue.features_by_id[title_id].genres[0] == "horror" for title_id in found)

    plain = make_context(catalogue, 9, 17)
    assert horrors(replace(plain, mood=horror)) > horrors(plain) + 4
    assert horrors(make_context(catalogue, mood=horror)) > 10  # of a taste nothing is known


def test_every_hit_matches_the_filter_of_the_caller(catalogue: TopicCatalogue) -> None:
    items = catalogue.feed(
        make_context(catalogue, 9, 17, base_filter=Filter(languages=frozenset({"ta"})))
    )
    assert {catalogue.features_by_id[title_id].language for title_id in title_ids(items)} == {"ta"}


def test_a_small_catalogue_gives_a_short_feed(catalogue: TopicCatalogue) -> None:
    few = Filter(include=frozenset(range(1, 8)))
    assert sorted(title_ids(catalogue.feed(make_context(catalogue, 9, base_filter=few)))) == list(
        range(1, 8)
    )


def test_every_reason_is_true(catalogue: TopicCatalogue) -> None:
    asked = make_context(catalogue, 9, 17, 11, 19)
    liked = liked_title_ids(asked.title_states)
    named = LikedTitles(liked, catalogue.content_vectors(liked))
    codes = Counter[str]()
    for item in catalogue.feed(asked):
        about, vector = (
            catalogue.features_by_id[item.hit.title_id],
            catalogue.vectors[item.hit.title_id],
        )
        told = explain(item, about, asked, named, vector)
        codes[told.code] += 1
        if told.code == "liked":
            assert told.title_id in asked.title_states
            assert told.title_id == max(liked, key=lambda each: catalogue.vectors[each] @ vector)
        elif told.code == "more_from":
            assert told.name in about.directors
            assert asked.taste.affinity(f"person:{told.name}") > 0
        elif told.code == "different_language":
            assert told.name == about.language
            assert told.name not in asked.own_languages
        elif told.code == "different_genre":
            assert told.name in about.genres
            assert told.name not in asked.familiar_genres
        elif told.code in ("trending_language", "popular_language"):
            assert told.name == about.language
    assert codes["liked"] >= 3
    assert codes["different_language"]


def test_a_preferred_genre_is_not_called_different(catalogue: TopicCatalogue) -> None:
    said = ViewerPreferences(favourite_genres=frozenset({"thriller"}))
    asked = make_context(catalogue, *(topic + TOPIC_COUNT for topic in range(4)), preferences=said)
    assert {*asked.familiar_genres} == {*GENRES} - {"romance"}
    ask = next(
        each
        for each in plan_feed(asked).candidate_queries
        if each.source is CandidateSource.OTHER_GENRE
    )
    assert {
        catalogue.features_by_id[hit.title_id].genres[0]
        for hit in catalogue.index.search(ask.query)
    } == {"romance"}


def test_a_dubbed_film_of_an_own_language_is_not_foreign(
    catalogue: TopicCatalogue,
) -> None:
    asked = make_context(catalogue, 8, 16)
    abroad = [
        item
        for item in catalogue.feed(asked)
        if item.candidate_query.source is CandidateSource.OTHER_LANGUAGE
    ]
    dubbed = frozenset(item.hit.title_id for item in abroad)
    assert dubbed
    own = asked.own_languages[0]
    again = replace(asked, titles_dubbed_from=lambda code: dubbed if code == own else frozenset())
    found = [
        item
        for item in catalogue.feed(again)
        if item.candidate_query.source is CandidateSource.OTHER_LANGUAGE
    ]
    assert found
    assert not dubbed & {item.hit.title_id for item in found}


@pytest.mark.parametrize(
    ("regional", "freshness", "expected"),
    [(0.5, 0.2, "loved_in"), (0.2, 0.2, "trending_region"), (0.2, 0.01, "regional")],
)
def test_an_old_film_is_loved_or_popular_but_not_trending(
    catalogue: TopicCatalogue, regional: float, freshness: float, expected: str
) -> None:
    asked = make_context(catalogue)
    ask = next(
        each
        for each in plan_feed(asked).candidate_queries
        if each.source is CandidateSource.TRENDING_REGION
    )
    hit = Hit(9, 0.0, 0.1, regional, freshness)
    item = FeedItem(hit, ask, PersonalTerms(0.0, 0.0, 0.0, 0.0))
    nothing = LikedTitles([], np.zeros((0, 32), np.float32))
    assert explain(item, catalogue.features_by_id[9], asked, nothing, None).code == expected


def test_an_abandoned_title_is_not_called_watched() -> None:
    later = NOW + timedelta(days=1)
    wanted = TitleState(watched_at=NOW, progress=0.05, watchlist_at=later)
    assert opinion_score(wanted) > 0
    assert reaction_code(wanted) == "watchlisted"
    assert reaction_code(replace(wanted, progress=0.5)) == "watched"


@pytest.mark.parametrize("known", [True, False])
def test_a_mood_is_named_only_for_titles_that_carry_it(
    catalogue: TopicCatalogue, known: bool
) -> None:
    mood = MoodTarget(Rasa.FEAR, catalogue.vectors[3])
    asked = make_context(catalogue, mood=mood)
    ask = next(
        each for each in plan_feed(asked).candidate_queries if each.source is CandidateSource.MOOD
    )
    nothing = LikedTitles([], np.zeros((0, 32), np.float32))

    def code(title_id: TitleId) -> str:
        item = FeedItem(Hit(title_id, 0.3, 0, 0, 0), ask, PersonalTerms(0.0, 0.0, 0.0, 0.0))
        vector = catalogue.vectors[title_id] if known else None
        return explain(item, catalogue.features_by_id[title_id], asked, nothing, vector).code

    assert code(11) == "mood"  # horror
    assert code(9) != "mood"  # comedy


@pytest.mark.parametrize(
    ("genre", "suiting"),
    [
        ("thriller", NOW.replace(hour=23)),  # late on a Wednesday
        ("thriller", NOW.replace(day=19, hour=2)),
        ("family", NOW.replace(day=21, hour=19)),  # the evening of a Saturday
        ("family", NOW.replace(day=20, hour=18)),  # and of a Friday
        ("devotional", NOW.replace(hour=6)),
    ],
)
def test_the_hour_breaks_ties(genre: str, suiting: datetime) -> None:
    title = RankingFeatures(
        title_id=1,
        language="te",
        genres=(genre,),
        directors=(),
        franchise="",
        traits=TasteFeatures(runtime_minutes=95).traits(),
    )
    assert 0 < TimeOfDay.at(suiting).bonus(title.genres, title.traits) <= TIME_OF_DAY_BONUS
    for plain in (NOW, NOW.replace(hour=19)):  # the afternoon and evening of a Wednesday
        assert TimeOfDay.at(plain).bonus(title.genres, title.traits) == 0
