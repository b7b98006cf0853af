"""A feed over a small catalogue: what it asks, which places it fills, and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from index.memory import MemoryIndex
from index.query import Attributes, Entry, Filter, Hit, Matrix, TitleId, Vector
from recommend.explanations import Liked, liked_ids, said_of, why
from recommend.feed_plan import Asking, Mood, Plan, Preferences, Rung, Slot, Source, plan
from recommend.moods import Rasa
from recommend.ranking import CONTEXT, About, Further, Hour, Item, ranked
from recommend.taste import NOTHING, Features, Heard, Taste, unit, updated
from recommend.title_state import Standing, opinion
from vocabulary.kinds import Kind, Space

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)  # a Wednesday afternoon: no hour's favourites
LANGUAGES = ("te", "ta", "hi", "en")
GENRES = ("action", "comedy", "drama", "horror", "romance", "thriller")
TITLES = 400
TOPICS = 8


class Shelf:
    """Titles around a few topics, each in a language, of a genre and by a director."""

    def __init__(self) -> None:
        rng = np.random.default_rng(11)
        topics = [unit(rng.standard_normal(32).astype(np.float32)) for _ in range(TOPICS)]
        self.vectors: dict[TitleId, Vector] = {}
        self.features: dict[TitleId, Features] = {}
        self.known: dict[TitleId, About] = {}
        entries = []
        for title_id in range(1, TITLES + 1):
            topic = title_id % TOPICS
            noise = 0.1 * rng.standard_normal(32).astype(np.float32)
            vector = unit(topics[topic] + noise)
            language = LANGUAGES[title_id // TOPICS % len(LANGUAGES)]
            genre = GENRES[topic % len(GENRES)]
            features = Features(
                languages=(language,),
                genres=(genre,),
                people=(f"Director {title_id % 40}",),
                year=1980 + title_id % 45,
                runtime_minutes=90 + title_id % 80,
            )
            self.features[title_id] = features
            about = About(
                title_id=title_id,
                language=language,
                genres=(genre,),
                directors=(f"Director {title_id % 40}",),
                franchise=f"title {title_id}",
                traits=features.traits(),
            )
            self.vectors[title_id], self.known[title_id] = vector, about
            entries.append(
                Entry(
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

    def matrix(self, ids: Sequence[TitleId]) -> Matrix:
        return np.stack([self.vectors[title_id] for title_id in ids])

    def feed(self, asking: Asking) -> list[Item]:
        return self.of(asking, plan(asking))

    def of(self, asking: Asking, planned: Plan) -> list[Item]:
        found = self.index.search_many([ask.query for ask in planned.asks])
        return ranked(asking, planned, found, about=self.known.get, vectors=self.matrix)

    def liking(self, *ids: TitleId) -> tuple[Taste, dict[TitleId, Standing]]:
        taste, standings = NOTHING, {}
        for title_id in ids:
            standings[title_id] = Standing(liked_at=NOW)
            heard = Heard(
                before=0.0,
                after=opinion(standings[title_id]),
                at=NOW,
                vector=self.vectors[title_id],
                features=self.features[title_id],
            )
            taste = updated(taste, heard)
        return taste, standings


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf()


def asking(shelf: Shelf, *liked: TitleId, **given: object) -> Asking:
    taste, standings = shelf.liking(*liked)
    asked = Asking(
        taste=taste,
        standings=standings,
        preferences=Preferences(),
        region="IN",
        watched={"hi": 0.5, "te": 0.3, "ta": 0.2},
        every_language=frozenset(LANGUAGES),
        wanted=Filter(),
        now=NOW,
        seed=3,
        k=20,
    )
    return replace(asked, **given)  # type: ignore[arg-type]  # fields by name


def ids(items: Sequence[Item]) -> list[TitleId]:
    return [item.hit.title_id for item in items]


def test_half_of_a_feed_is_close_to_the_taste_and_a_fifth_is_what_everybody_watches(
    shelf: Shelf,
) -> None:
    slots = Counter(item.ask.slot for item in shelf.feed(asking(shelf, 8, 16, 9)))
    assert slots == {Slot.CLOSE: 10, Slot.STRETCH: 6, Slot.TRENDING: 4}


def test_a_feed_has_no_title_twice_and_none_that_is_known_dismissed_or_forbidden(
    shelf: Shelf,
) -> None:
    asked = asking(shelf, 8, 16, wanted=Filter(max_age=12))
    first = ids(shelf.feed(asked))
    gone = {**asked.standings, first[0]: Standing(dismissed_at=NOW)}
    second = ids(shelf.feed(replace(asked, standings=gone)))
    for found in (first, second):
        assert len(set(found)) == len(found) == 20
        assert not {8, 16} & set(found)
        assert not [title_id for title_id in found if title_id % 10 == 0]
    assert first[0] not in second


def test_genres_that_one_dislikes_never_come(shelf: Shelf) -> None:
    said = Preferences(disliked_genres=frozenset({"comedy", "action"}))
    items = shelf.feed(asking(shelf, 10, 18, preferences=said))
    genres = {shelf.known[title_id].genres[0] for title_id in ids(items)}
    assert not genres & {"comedy", "action"}


def test_what_is_close_is_of_the_topics_that_one_likes(shelf: Shelf) -> None:
    items = shelf.feed(asking(shelf, 9, 17, 11, 19))  # topics 1 and 3
    close = [item for item in items if item.ask.source is Source.INTEREST]
    fitting = [item for item in close if item.hit.title_id % TOPICS in {1, 3}]
    assert len(fitting) >= 0.8 * len(close) > 0


def test_terms_add_up_to_the_score(shelf: Shelf) -> None:
    for item in shelf.feed(asking(shelf, 9, 17, 11)):
        more = item.further
        terms = (more.leaning, more.preference, more.mood, more.context)
        assert item.score == pytest.approx(item.hit.score + sum(terms))


def test_a_director_has_two_of_twenty_places(shelf: Shelf) -> None:
    items = shelf.feed(asking(shelf, 9, 49, 89, 129))  # all by one director
    directors = Counter(shelf.known[title_id].directors[0] for title_id in ids(items))
    assert max(directors.values()) <= 2


def test_the_same_day_gives_the_same_feed_and_another_day_explores_elsewhere(shelf: Shelf) -> None:
    asked = asking(shelf, 9, 11)
    assert ids(shelf.feed(asked)) == ids(shelf.feed(asked))
    assert ids(shelf.feed(asked)) != ids(shelf.feed(replace(asked, seed=4)))


def test_what_rounding_leaves_of_something_undone_changes_no_place(shelf: Shelf) -> None:
    asked = asking(shelf, 9, 11)
    planned = plan(asked)
    rounded = (
        replace(ask, weight=ask.weight * (1 + 1e-8 * place))
        for place, ask in enumerate(planned.asks)
    )
    again = shelf.of(asked, replace(planned, asks=tuple(rounded)))
    assert ids(again) == ids(shelf.of(asked, planned))


def test_who_is_new_steps_down_the_ladder(shelf: Shelf) -> None:
    nobody = asking(shelf)
    items = shelf.feed(nobody)
    assert plan(nobody).rungs == (Rung.REGION, Rung.POPULARITY)
    assert len(items) == 20
    assert {item.ask.slot for item in items} == {Slot.TRENDING}
    telugu = replace(nobody, preferences=Preferences(languages={"te": 1.0}))
    assert plan(telugu).rungs == (Rung.PREFERENCES, Rung.REGION, Rung.POPULARITY)
    languages = Counter(shelf.known[title_id].language for title_id in ids(shelf.feed(telugu)))
    assert languages.most_common(1)[0][0] == "te"
    assert plan(asking(shelf, 9)).rungs == (Rung.TASTE, Rung.REGION)
    assert plan(asking(shelf, 9, picked_only=True)).rungs == (Rung.PICKS, Rung.REGION)


def test_a_mood_bends_the_close_half_towards_it(shelf: Shelf) -> None:
    horror = Mood(Rasa.FEAR, shelf.vectors[3])  # topic 3 is horror

    def horrors(asked: Asking) -> int:
        found = ids(shelf.feed(asked))
        return sum(shelf.known[title_id].genres[0] == "horror" for title_id in found)

    plain = asking(shelf, 9, 17)
    assert horrors(replace(plain, mood=horror)) > horrors(plain) + 4
    assert horrors(asking(shelf, mood=horror)) > 10  # of a taste nothing is known


def test_a_filter_of_the_caller_is_never_left(shelf: Shelf) -> None:
    items = shelf.feed(asking(shelf, 9, 17, wanted=Filter(languages=frozenset({"ta"}))))
    assert {shelf.known[title_id].language for title_id in ids(items)} == {"ta"}


def test_a_small_catalogue_gives_what_it_has(shelf: Shelf) -> None:
    few = Filter(include=frozenset(range(1, 8)))
    assert sorted(ids(shelf.feed(asking(shelf, 9, wanted=few)))) == list(range(1, 8))


def test_reasons_hold(shelf: Shelf) -> None:
    asked = asking(shelf, 9, 17, 11, 19)
    liked = liked_ids(asked.standings)
    named = Liked(liked, shelf.matrix(liked))
    codes = Counter[str]()
    for item in shelf.feed(asked):
        about, vector = shelf.known[item.hit.title_id], shelf.vectors[item.hit.title_id]
        told = why(item, about, asked, named, vector)
        codes[told.code] += 1
        if told.code == "liked":
            assert told.title_id in asked.standings
            assert told.title_id == max(liked, key=lambda each: shelf.vectors[each] @ vector)
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


def test_a_genre_that_one_says_or_shows_to_love_is_not_different(shelf: Shelf) -> None:
    said = Preferences(favourite_genres=frozenset({"thriller"}))
    asked = asking(shelf, *(topic + TOPICS for topic in range(4)), preferences=said)
    assert {*asked.familiar_genres} == {*GENRES} - {"romance"}
    ask = next(each for each in plan(asked).asks if each.source is Source.OTHER_GENRE)
    assert {shelf.known[hit.title_id].genres[0] for hit in shelf.index.search(ask.query)} == {
        "romance"
    }


def test_a_film_of_ones_own_language_is_not_abroad_for_being_dubbed(shelf: Shelf) -> None:
    asked = asking(shelf, 8, 16)
    abroad = [item for item in shelf.feed(asked) if item.ask.source is Source.OTHER_LANGUAGE]
    dubbed = frozenset(item.hit.title_id for item in abroad)
    assert dubbed
    own = asked.own_languages[0]
    again = replace(asked, dubbed=lambda code: dubbed if code == own else frozenset())
    found = [item for item in shelf.feed(again) if item.ask.source is Source.OTHER_LANGUAGE]
    assert found
    assert not dubbed & {item.hit.title_id for item in found}


@pytest.mark.parametrize(
    ("regional", "freshness", "expected"),
    [(0.5, 0.2, "loved_in"), (0.2, 0.2, "trending_region"), (0.2, 0.01, "regional")],
)
def test_an_old_film_is_loved_or_known_and_not_trending(
    shelf: Shelf, regional: float, freshness: float, expected: str
) -> None:
    asked = asking(shelf)
    ask = next(each for each in plan(asked).asks if each.source is Source.TRENDING_REGION)
    hit = Hit(9, 0.0, 0.1, regional, freshness)
    item = Item(hit, ask, Further(0.0, 0.0, 0.0, 0.0))
    nothing = Liked([], np.zeros((0, 32), np.float32))
    assert why(item, shelf.known[9], asked, nothing, None).code == expected


def test_nobody_is_told_that_he_watched_what_he_gave_up_at_once() -> None:
    later = NOW + timedelta(days=1)
    wanted = Standing(watched_at=NOW, progress=0.05, watchlist_at=later)
    assert opinion(wanted) > 0
    assert said_of(wanted) == "watchlisted"
    assert said_of(replace(wanted, progress=0.5)) == "watched"


@pytest.mark.parametrize("known", [True, False])
def test_a_mood_is_named_of_what_carries_it_alone(shelf: Shelf, known: bool) -> None:
    mood = Mood(Rasa.FEAR, shelf.vectors[3])
    asked = asking(shelf, mood=mood)
    ask = next(each for each in plan(asked).asks if each.source is Source.MOOD)
    nothing = Liked([], np.zeros((0, 32), np.float32))

    def code(title_id: TitleId) -> str:
        item = Item(Hit(title_id, 0.3, 0, 0, 0), ask, Further(0.0, 0.0, 0.0, 0.0))
        vector = shelf.vectors[title_id] if known else None
        return why(item, shelf.known[title_id], asked, nothing, vector).code

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
    title = About(
        title_id=1,
        language="te",
        genres=(genre,),
        directors=(),
        franchise="",
        traits=Features(runtime_minutes=95).traits(),
    )
    assert 0 < Hour.of(suiting).adds(title) <= CONTEXT
    for plain in (NOW, NOW.replace(hour=19)):  # the afternoon and evening of a Wednesday
        assert Hour.of(plain).adds(title) == 0
