import random
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query import Attributes, IndexEntry
from search.suggestions.prefix_index import (
    PrefixIndex,
    has_similar_word_prefix,
    has_word_prefix,
    one_letter_edits,
    space_edits,
)
from search.suggestions.prefix_matching import PrefixTable, partial_phonetic_key
from search.suggestions.suggester import (
    SuggestedPerson,
    Suggester,
    Suggestion,
    SuggestionKind,
    SuggestionRequest,
    Topic,
    TopicIndex,
)
from vocabulary.kinds import Kind, ScopeKind
from vocabulary.title_summary import TitleSummary

COMEDY = Topic(SuggestionKind.GENRE, "comedy", "Comedy", ("comedy", "comedies"))
TAMIL = Topic(SuggestionKind.LANGUAGE, "ta", "Tamil", ("tamil", "தமிழ்", "kollywood"))
TAMIL_COMEDIES = Topic(
    SuggestionKind.QUERY, "Tamil comedies", "Tamil comedies", ("tamil comedies",)
)
TOPICS = TopicIndex([COMEDY, TAMIL, TAMIL_COMEDIES])


def title_summary(number: int, *names: str, people: str = "", **fields: object) -> TitleSummary:
    """Return a listing whose names are folded already; people are parted by commas."""
    folded = tuple(people.lower().split(",")) if people else ()
    plain: dict[str, object] = {
        **dict.fromkeys(("original_title", "year", "release_date", "minimum_age", "rating")),
        **dict.fromkeys(("runtime_minutes", "poster_url")),
        "kind": Kind.MOVIE,
        "language": "te",
        "adult": False,
        "votes": 0,
        "genres": (),
        "languages": (),
        "providers": (),
    }
    return TitleSummary(
        id=number,
        title=names[0],
        names=names,
        people=folded,
        people_names=tuple(people.split(",")) if people else (),
        popularity={(ScopeKind.GLOBAL, ""): 0.0},
        **{**plain, **fields},  # type: ignore[arg-type]  # the types of the fields above
    )


def entry(number: int, popularity: float = 0.0, **regional: float) -> IndexEntry:
    return IndexEntry(
        title_id=number,
        attributes=Attributes(kind=Kind.MOVIE),
        vectors={},
        popularity=popularity,
        regional={name.replace("_", "-"): value for name, value in regional.items()},
    )


def build_suggester(*titles: TitleSummary | tuple[TitleSummary, IndexEntry]) -> Suggester:
    suggester = Suggester()
    suggester.update(
        [each if isinstance(each, tuple) else (each, entry(each.id)) for each in titles]
    )
    return suggester


def suggest(suggester: Suggester, text: str, **typed: object) -> list[Suggestion]:
    limit = int(str(typed.pop("limit", 8)))
    typed = {"region": "IN", **typed}
    return suggester.suggest(SuggestionRequest(folded=text, **typed), topics=TOPICS, limit=limit)  # type: ignore[arg-type]  # as above


def suggestion_texts(found: list[Suggestion]) -> list[str]:
    return [
        each.subject.title
        if isinstance(each.subject, TitleSummary)
        else each.subject.name
        if isinstance(each.subject, SuggestedPerson)
        else each.subject.text
        for each in found
    ]


def suggested_titles(suggester: Suggester, text: str, **typed: object) -> list[str]:
    return suggestion_texts(
        [each for each in suggest(suggester, text, **typed) if each.kind is SuggestionKind.TITLE]
    )


def test_a_name_is_suggested_from_its_first_letter_on() -> None:
    suggester = build_suggester(title_summary(1, "magadheera"), title_summary(2, "eega"))
    for end in range(1, 11):
        assert suggested_titles(suggester, "magadheera"[:end]) == ["magadheera"]


def test_a_prefix_in_another_spelling_or_script_meets_the_name() -> None:
    suggester = build_suggester(title_summary(1, "baahubali the beginning"))
    for text in ("bahub", "bāhuba", "బాహుబ", "बाहुब", "ಬಾಹು", "ബാഹു", "பாகுபலி"):
        assert suggested_titles(suggester, text) == ["baahubali the beginning"], text


def test_two_letters_say_little_by_their_sound() -> None:
    suggester = build_suggester(
        title_summary(1, "sholay", "शोले"), (title_summary(2, "something else"), entry(2, 1.0))
    )
    assert suggested_titles(suggester, "शो") == ["sholay"]
    assert suggested_titles(suggester, "sh") == ["sholay"]
    assert suggested_titles(suggester, "సో") == ["something else", "sholay"]


def test_a_name_that_begins_so_comes_before_one_with_such_a_word() -> None:
    suggester = build_suggester(
        title_summary(1, "aag ke sholay"), title_summary(2, "sholay aur shabnam")
    )
    assert suggested_titles(suggester, "shol") == ["sholay aur shabnam", "aag ke sholay"]


def test_an_article_does_not_count_as_the_beginning() -> None:
    suggester = build_suggester(
        title_summary(1, "black godfather"), title_summary(2, "the godfather")
    )
    assert suggested_titles(suggester, "godf") == ["the godfather", "black godfather"]


def test_the_very_name_comes_first() -> None:
    suggester = build_suggester(
        (title_summary(1, "dilwale dulhania"), entry(1, 0.6)), title_summary(2, "dilwale")
    )
    assert suggested_titles(suggester, "dilwale") == ["dilwale", "dilwale dulhania"]


def test_a_popular_title_comes_before_an_unknown_one() -> None:
    suggester = build_suggester(
        title_summary(1, "raja"), (title_summary(2, "rajinimurugan"), entry(2, 0.9))
    )
    assert suggested_titles(suggester, "raj") == ["rajinimurugan", "raja"]


def test_each_region_has_its_own_order() -> None:
    suggester = build_suggester(
        (title_summary(1, "vikram"), entry(1, 0.5, IN_TN=0.9)),
        (title_summary(2, "vikramarkudu"), entry(2, 0.5, IN_TG=0.9)),
    )
    assert suggested_titles(suggester, "vik", region="IN-TN")[0] == "vikram"
    assert suggested_titles(suggester, "vik", region="IN-TG")[0] == "vikramarkudu"


def test_a_preferred_language_breaks_near_ties_alone() -> None:
    suggester = build_suggester(
        (title_summary(1, "vikram", language="ta"), entry(1, 0.50)),
        (title_summary(2, "vikramarkudu"), entry(2, 0.45)),
        (title_summary(3, "vikram vedha", language="hi"), entry(3, 0.1)),
    )
    assert suggested_titles(suggester, "vik") == ["vikram", "vikramarkudu", "vikram vedha"]
    preferring = suggested_titles(suggester, "vik", languages={"te": 1.0, "hi": 1000.0})
    assert preferring == ["vikramarkudu", "vikram", "vikram vedha"]


@pytest.mark.parametrize(
    "text",
    [
        "magadhira",
        "mgadheera",
        "magadheear",
        "magadhxera",
        "maagadheera",
        "magadheerz",
        "xagadheera",
    ],
)
def test_one_wrong_letter_is_forgiven(text: str) -> None:
    suggester = build_suggester(
        title_summary(1, "magadheera"), title_summary(2, "eega"), title_summary(3, "maya bazaar")
    )
    assert suggested_titles(suggester, text) == ["magadheera"]


def test_two_letters_may_miss_one_between_them() -> None:
    suggester = build_suggester(title_summary(1, "raja"), title_summary(2, "jaya"))
    assert suggested_titles(suggester, "rj") == ["raja"]


def test_guesses_are_made_only_where_nothing_fits() -> None:
    suggester = build_suggester(
        title_summary(1, "sholay"), (title_summary(2, "shalay"), entry(2, 1.0))
    )
    assert suggested_titles(suggester, "shola") == ["sholay"]


@pytest.mark.parametrize("text", ["bahu bali", "bahubalithe", "bahubali the"])
def test_words_may_be_joined_and_parted(text: str) -> None:
    assert suggested_titles(build_suggester(title_summary(1, "bahubali the beginning")), text) == [
        "bahubali the beginning"
    ]


@pytest.mark.parametrize("text", ["kgf 2", "chapter kgf", "kgf chpater 2", "2 chap"])
def test_words_may_miss_or_change_places(text: str) -> None:
    assert (
        suggested_titles(
            build_suggester(title_summary(1, "kgf chapter 2"), title_summary(2, "kgf")), text
        )[0]
        == "kgf chapter 2"
    )


def test_a_long_text_must_fit_in_all_its_length() -> None:
    suggester = build_suggester(title_summary(1, "dilwale dulhania le jayenge"))
    assert suggested_titles(suggester, "dilwale dulhania le") == ["dilwale dulhania le jayenge"]
    assert suggested_titles(suggester, "dilwale dulhania lr") == ["dilwale dulhania le jayenge"]
    assert suggested_titles(suggester, "dilwale dulhania tha") == []


def test_people_are_suggested_by_any_of_their_names() -> None:
    suggester = build_suggester(title_summary(1, "roja", people="Mani Ratnam,A R Rahman"))
    for text in ("mani", "ratnam", "ratnam mani", "mani ratn", "maniratnam", "மணி"):
        assert suggestion_texts(suggest(suggester, text)) == ["Mani Ratnam"], text


def test_whose_titles_are_known_comes_first() -> None:
    suggester = build_suggester(
        (title_summary(1, "a", people="Vijay Kumar"), entry(1, 0.1)),
        (title_summary(2, "b", people="Vijay Sethupathi"), entry(2, 0.9)),
    )
    assert suggestion_texts(suggest(suggester, "vijay")) == ["Vijay Sethupathi", "Vijay Kumar"]


def test_titles_come_first_and_leave_room_for_others() -> None:
    many = [title_summary(number, f"tamilan {number}") for number in range(1, 20)]
    people = title_summary(90, "eega", people="Tamilselvan,Tamil Mani,Tamil Raja,Tamil Kumar")
    found = suggest(build_suggester(*many, people), "tamil", limit=10)
    counts = [sum(each.kind is what for each in found) for what in SuggestionKind]
    assert counts == [5, 3, 1, 0, 1]
    assert all(each.kind is SuggestionKind.TITLE for each in found[:5])


def test_nothing_is_guessed_where_something_else_fits() -> None:
    suggester = build_suggester(title_summary(1, "rajinimurugan", people="Rajinikanth"))
    assert suggestion_texts(suggest(suggester, "rajinik")) == ["Rajinikanth"]
    assert suggestion_texts(suggest(suggester, "rajinim")) == ["rajinimurugan"]


def test_a_better_group_comes_first() -> None:
    suggester = build_suggester(title_summary(1, "khan the great shah", people="Shah Khan"))
    assert suggestion_texts(suggest(suggester, "shah khan")) == ["Shah Khan", "khan the great shah"]


def test_topics_are_suggested_in_any_of_their_names() -> None:
    assert suggestion_texts(suggest(build_suggester(), "kolly")) == ["Tamil"]
    assert suggestion_texts(suggest(build_suggester(), "tamil")) == ["Tamil", "Tamil comedies"]
    assert suggestion_texts(suggest(build_suggester(), "com")) == ["Comedy", "Tamil comedies"]
    assert suggestion_texts(suggest(build_suggester(), "comdey")) == ["Comedy"]
    assert suggestion_texts(suggest(build_suggester(), "தமி"))[0] == "Tamil"


def test_a_query_that_was_typed_already_is_not_suggested() -> None:
    assert suggestion_texts(suggest(build_suggester(), "tamil comedie")) == ["Tamil comedies"]
    assert suggestion_texts(suggest(build_suggester(), "tamil comedies")) == []


def test_nothing_is_suggested_twice() -> None:
    twice = title_summary(1, "eega", "ఈగ", "iga", "eega eega", people="Eega Eega")
    found = suggestion_texts(
        suggest(build_suggester(twice, title_summary(2, "tamil comedies")), "e")
    )
    assert sorted(found) == ["Eega Eega", "eega"]
    assert suggestion_texts(
        suggest(build_suggester(title_summary(2, "tamil comedies")), "tamil c")
    ) == ["tamil comedies"]


def test_adult_titles_and_their_people_are_not_suggested() -> None:
    suggester = build_suggester(title_summary(1, "eega", adult=True, people="Nani"))
    assert suggest(suggester, "ee") == []
    assert suggest(suggester, "na") == []


def test_a_changed_title_goes_by_its_new_names_alone() -> None:
    suggester = build_suggester(title_summary(1, "eega", people="Nani"))
    suggester.update([(title_summary(1, "makkhi", people="Sudeep"), entry(1))])
    assert suggested_titles(suggester, "eeg") == []
    assert suggestion_texts(suggest(suggester, "nan")) == []
    assert suggested_titles(suggester, "makk") == ["makkhi"]
    assert suggestion_texts(suggest(suggester, "sud")) == ["Sudeep"]


def test_a_title_whose_names_stay_takes_its_new_popularity() -> None:
    suggester = build_suggester(
        (title_summary(1, "vikram"), entry(1, 0.9)), (title_summary(2, "vikrant"), entry(2, 0.5))
    )
    assert suggested_titles(suggester, "vik") == ["vikram", "vikrant"]
    known = replace(title_summary(1, "vikram"), year=1986)
    suggester.update([(known, entry(1, 0.1, IN=0.0))])
    assert suggested_titles(suggester, "vik") == ["vikrant", "vikram"]
    assert known in [each.subject for each in suggest(suggester, "vik")]


def test_a_title_that_went_is_not_suggested() -> None:
    suggester = build_suggester(
        title_summary(1, "eega", people="Nani"), title_summary(2, "eeram", people="Nani")
    )
    suggester.update([], removed_ids=[1, 77])
    assert suggested_titles(suggester, "ee") == ["eeram"]
    suggester.update([], removed_ids=[2])
    assert suggest(suggester, "ee") == []
    assert suggest(suggester, "nani") == []


def test_many_changes_leave_what_a_fresh_start_would() -> None:
    rng = random.Random(5)
    words = ["raja", "rani", "prema", "katha", "bahu", "sholay", "the", "godfather", "vijay"]
    known: dict[int, tuple[TitleSummary, IndexEntry]] = {}
    followed = Suggester()
    for _ in range(60):
        changed: list[tuple[TitleSummary, IndexEntry]] = []
        for _ in range(rng.randint(0, 5)):
            number = rng.randint(1, 40)
            name = " ".join(rng.choices(words, k=rng.randint(1, 3)))
            people = ",".join(dict.fromkeys(rng.choices(words, k=2)))
            pair = title_summary(number, name, people=people), entry(number, rng.random())
            known[number] = pair
            changed = [each for each in changed if each[0].id != number] + [pair]
        gone = rng.sample(range(1, 41), 3)
        gone = [number for number in gone if number not in {each[0].id for each in changed}]
        for number in gone:
            known.pop(number, None)
        followed.update(changed, gone)
    fresh = build_suggester(*known.values())
    for text in [word[:end] for word in words for end in (1, 3, 5)]:
        assert sorted(suggested_titles(followed, text)) == sorted(suggested_titles(fresh, text)), (
            text
        )
        assert set(suggestion_texts(suggest(followed, text))) == set(
            suggestion_texts(suggest(fresh, text))
        ), text


@given(st.text(max_size=80), st.integers(1, 5))
def test_any_text_gets_an_answer(text: str, limit: int) -> None:
    suggester = build_suggester(
        title_summary(1, "eega", people="Nani"), title_summary(2, text or "x", people="Mani")
    )
    assert len(suggest(suggester, text, limit=limit)) <= limit


def test_odd_texts_get_an_answer() -> None:
    suggester = build_suggester(
        title_summary(1, "eega"), title_summary(2, "\ud800"), title_summary(3, "😀 film")
    )
    for text in ("\ud800", "😀", "\x00", "ee\x00", "‮", "a" * 10_000, " ".join("ab" * 50), "", " "):
        suggest(suggester, text)
    assert suggested_titles(suggester, "fil") == ["😀 film"]


def test_names_take_little_memory() -> None:
    rng = random.Random(1)
    named = [(row, [f"{rng.randrange(10**9)} {rng.randrange(10**6)}"]) for row in range(20_000)]
    tracemalloc.start()
    table = PrefixIndex.build(named)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(table.rows) == 40_000
    assert held < 1.2 * 21 * 40_000


@given(st.lists(st.text("ab ", min_size=1, max_size=24), max_size=12), st.text("ab ", max_size=20))
def test_a_slice_holds_exactly_the_words_that_begin_so(names: list[str], text: str) -> None:
    names = [" ".join(name.split()) or "a" for name in names]
    text = " ".join(text.split())[:15]
    found = PrefixIndex.build((row, [name]) for row, name in enumerate(names)).find(text)
    expected = (
        {row for row, name in enumerate(names) if has_word_prefix(name, text)} if text else set()
    )
    assert set(found.rows.tolist()) == expected


@given(st.text("abc", min_size=3, max_size=6), st.text("abcd", max_size=8))
def test_the_texts_an_edit_away_are_those_that_the_plain_test_accepts(
    typed: str, name: str
) -> None:
    near = PrefixIndex.build([(0, [name])]).find_misspelled(typed, exact_letters=0)
    if near.rows.size:
        assert has_similar_word_prefix(name, typed)
    if any(name.startswith(each) for each in one_letter_edits(typed, exact_letters=0)):
        assert near.rows.size


def test_tables_can_be_merged_in_any_order() -> None:
    first, second = (
        PrefixTable.build([(0, ["eega"])]),
        PrefixTable.build([(1, ["eeram", "magadheera"])]),
    )
    both, other = first.merge(second), second.merge(first)
    assert both.by_spelling.texts.tolist() == other.by_spelling.texts.tolist()
    found = both.search("ee", np.zeros(2, np.float32), [["eega"], ["eeram"]].__getitem__, limit=5)
    assert sorted(row for row, _ in found) == [0, 1]


def test_a_letter_that_waits_for_its_vowel_is_heard_as_it_is() -> None:
    assert [partial_phonetic_key(text) for text in ("బాహ", "bah", "மண", "🎬", "")] == [
        "bah",
        "bah",
        "man",
        "",
        "",
    ]
    assert space_edits("ab") == ["a b"]
