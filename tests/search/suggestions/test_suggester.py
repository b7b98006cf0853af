import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.catalogue_row import CatalogueRow
from index.query import Attributes, IndexEntry
from search.suggestions.suggester import Suggester
from search.suggestions.suggestion import (
    SuggestedPerson,
    Suggestion,
    SuggestionKind,
    SuggestionRequest,
    Topic,
)
from search.suggestions.topic_index import TopicIndex
from vocabulary.kinds import Kind, ScopeKind
from vocabulary.title_summary import TitleSummary

COMEDY = Topic(SuggestionKind.GENRE, "comedy", "Comedy", ("comedy", "comedies"))
TAMIL = Topic(SuggestionKind.LANGUAGE, "ta", "Tamil", ("tamil", "தமிழ்", "kollywood"))
TAMIL_COMEDIES = Topic(
    SuggestionKind.QUERY, "Tamil comedies", "Tamil comedies", ("tamil comedies",)
)
TOPICS = TopicIndex([COMEDY, TAMIL, TAMIL_COMEDIES])


def title_summary(number: int, *names: str, people: str = "", **fields: object) -> TitleSummary:
    """Return a summary with folded names; people are comma-separated."""
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
    pairs = [each if isinstance(each, tuple) else (each, entry(each.id)) for each in titles]
    suggester.load([CatalogueRow(*pair, "") for pair in pairs])
    return suggester


def suggest(suggester: Suggester, text: str, **typed: object) -> list[Suggestion]:
    limit = int(str(typed.pop("limit", 8)))
    typed = {"region": "IN", **typed}
    return suggester.suggest(SuggestionRequest(folded=text, **typed), topics=TOPICS, limit=limit)  # type: ignore[arg-type]  # as above


def suggestion_texts(suggestions: list[Suggestion]) -> list[str]:
    return [
        each.subject.title
        if isinstance(each.subject, TitleSummary)
        else each.subject.name
        if isinstance(each.subject, SuggestedPerson)
        else each.subject.text
        for each in suggestions
    ]


def suggested_titles(suggester: Suggester, text: str, **typed: object) -> list[str]:
    return suggestion_texts(
        [each for each in suggest(suggester, text, **typed) if each.kind is SuggestionKind.TITLE]
    )


def test_a_name_is_suggested_from_its_first_letter_on() -> None:
    suggester = build_suggester(title_summary(1, "magadheera"), title_summary(2, "eega"))
    for end in range(1, 11):
        assert suggested_titles(suggester, "magadheera"[:end]) == ["magadheera"]


def test_a_prefix_in_another_spelling_or_script_matches() -> None:
    suggester = build_suggester(title_summary(1, "baahubali the beginning"))
    for text in ("bahub", "bāhuba", "బాహుబ", "बाहुब", "ಬಾಹು", "ബാഹു", "பாகுபலி"):
        assert suggested_titles(suggester, text) == ["baahubali the beginning"], text


def test_two_letters_match_by_spelling_only() -> None:
    suggester = build_suggester(
        title_summary(1, "sholay", "शोले"), (title_summary(2, "something else"), entry(2, 1.0))
    )
    assert suggested_titles(suggester, "शो") == ["sholay"]
    assert suggested_titles(suggester, "sh") == ["sholay"]
    assert suggested_titles(suggester, "సో") == ["something else", "sholay"]


def test_name_starts_come_before_inner_words() -> None:
    suggester = build_suggester(
        title_summary(1, "aag ke sholay"), title_summary(2, "sholay aur shabnam")
    )
    assert suggested_titles(suggester, "shol") == ["sholay aur shabnam", "aag ke sholay"]


def test_a_leading_article_is_skipped() -> None:
    suggester = build_suggester(
        title_summary(1, "black godfather"), title_summary(2, "the godfather")
    )
    assert suggested_titles(suggester, "godf") == ["the godfather", "black godfather"]


def test_an_identical_name_comes_first() -> None:
    suggester = build_suggester(
        (title_summary(1, "dilwale dulhania"), entry(1, 0.6)), title_summary(2, "dilwale")
    )
    assert suggested_titles(suggester, "dilwale") == ["dilwale", "dilwale dulhania"]


def test_a_popular_title_comes_before_an_unknown_one() -> None:
    suggester = build_suggester(
        title_summary(1, "raja"), (title_summary(2, "rajinimurugan"), entry(2, 0.9))
    )
    assert suggested_titles(suggester, "raj") == ["rajinimurugan", "raja"]


def test_order_depends_on_the_region() -> None:
    suggester = build_suggester(
        (title_summary(1, "vikram"), entry(1, 0.5, IN_TN=0.9)),
        (title_summary(2, "vikramarkudu"), entry(2, 0.5, IN_TG=0.9)),
    )
    assert suggested_titles(suggester, "vik", region="IN-TN")[0] == "vikram"
    assert suggested_titles(suggester, "vik", region="IN-TG")[0] == "vikramarkudu"


def test_a_preferred_language_only_decides_near_ties() -> None:
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
def test_one_typo_is_tolerated(text: str) -> None:
    suggester = build_suggester(
        title_summary(1, "magadheera"), title_summary(2, "eega"), title_summary(3, "maya bazaar")
    )
    assert suggested_titles(suggester, text) == ["magadheera"]


def test_a_letter_may_be_missing_between_two() -> None:
    suggester = build_suggester(title_summary(1, "raja"), title_summary(2, "jaya"))
    assert suggested_titles(suggester, "rj") == ["raja"]


def test_guesses_are_made_only_without_a_match() -> None:
    suggester = build_suggester(
        title_summary(1, "sholay"), (title_summary(2, "shalay"), entry(2, 1.0))
    )
    assert suggested_titles(suggester, "shola") == ["sholay"]


@pytest.mark.parametrize("text", ["bahu bali", "bahubalithe", "bahubali the"])
def test_words_may_be_joined_or_split(text: str) -> None:
    assert suggested_titles(build_suggester(title_summary(1, "bahubali the beginning")), text) == [
        "bahubali the beginning"
    ]


@pytest.mark.parametrize("text", ["kgf 2", "chapter kgf", "kgf chpater 2", "2 chap"])
def test_words_may_be_missing_or_reordered(text: str) -> None:
    assert (
        suggested_titles(
            build_suggester(title_summary(1, "kgf chapter 2"), title_summary(2, "kgf")), text
        )[0]
        == "kgf chapter 2"
    )


def test_a_long_text_must_match_in_full() -> None:
    suggester = build_suggester(title_summary(1, "dilwale dulhania le jayenge"))
    assert suggested_titles(suggester, "dilwale dulhania le") == ["dilwale dulhania le jayenge"]
    assert suggested_titles(suggester, "dilwale dulhania lr") == ["dilwale dulhania le jayenge"]
    assert suggested_titles(suggester, "dilwale dulhania tha") == []


def test_people_are_suggested_by_any_of_their_names() -> None:
    suggester = build_suggester(title_summary(1, "roja", people="Mani Ratnam,A R Rahman"))
    for text in ("mani", "ratnam", "ratnam mani", "mani ratn", "maniratnam", "மணி"):
        assert suggestion_texts(suggest(suggester, text)) == ["Mani Ratnam"], text


def test_people_with_popular_titles_come_first() -> None:
    suggester = build_suggester(
        (title_summary(1, "a", people="Vijay Kumar"), entry(1, 0.1)),
        (title_summary(2, "b", people="Vijay Sethupathi"), entry(2, 0.9)),
    )
    assert suggestion_texts(suggest(suggester, "vijay")) == ["Vijay Sethupathi", "Vijay Kumar"]


def test_titles_come_first_and_leave_room_for_other_kinds() -> None:
    many = [title_summary(number, f"tamilan {number}") for number in range(1, 20)]
    people = title_summary(90, "eega", people="Tamilselvan,Tamil Mani,Tamil Raja,Tamil Kumar")
    suggestions = suggest(build_suggester(*many, people), "tamil", limit=10)
    counts = [sum(each.kind is kind for each in suggestions) for kind in SuggestionKind]
    assert counts == [5, 3, 1, 0, 1]
    assert all(each.kind is SuggestionKind.TITLE for each in suggestions[:5])


def test_no_group_guesses_when_another_matches() -> None:
    suggester = build_suggester(title_summary(1, "rajinimurugan", people="Rajinikanth"))
    assert suggestion_texts(suggest(suggester, "rajinik")) == ["Rajinikanth"]
    assert suggestion_texts(suggest(suggester, "rajinim")) == ["rajinimurugan"]


def test_a_better_group_comes_first() -> None:
    suggester = build_suggester(title_summary(1, "khan the great shah", people="Shah Khan"))
    assert suggestion_texts(suggest(suggester, "shah khan")) == ["Shah Khan", "khan the great shah"]


def test_topics_are_suggested_by_any_of_their_names() -> None:
    assert suggestion_texts(suggest(build_suggester(), "kolly")) == ["Tamil"]
    assert suggestion_texts(suggest(build_suggester(), "tamil")) == ["Tamil", "Tamil comedies"]
    assert suggestion_texts(suggest(build_suggester(), "com")) == ["Comedy", "Tamil comedies"]
    assert suggestion_texts(suggest(build_suggester(), "comdey")) == ["Comedy"]
    assert suggestion_texts(suggest(build_suggester(), "தமி"))[0] == "Tamil"


def test_an_already_typed_query_is_not_suggested() -> None:
    assert suggestion_texts(suggest(build_suggester(), "tamil comedie")) == ["Tamil comedies"]
    assert suggestion_texts(suggest(build_suggester(), "tamil comedies")) == []


def test_nothing_is_suggested_twice() -> None:
    twice = title_summary(1, "eega", "ఈగ", "iga", "eega eega", people="Eega Eega")
    texts = suggestion_texts(
        suggest(build_suggester(twice, title_summary(2, "tamil comedies")), "e")
    )
    assert sorted(texts) == ["Eega Eega", "eega"]
    assert suggestion_texts(
        suggest(build_suggester(title_summary(2, "tamil comedies")), "tamil c")
    ) == ["tamil comedies"]


def test_adult_titles_and_their_people_are_not_suggested() -> None:
    suggester = build_suggester(title_summary(1, "eega", adult=True, people="Nani"))
    assert suggest(suggester, "ee") == []
    assert suggest(suggester, "na") == []


def test_a_changed_title_loses_its_old_names() -> None:
    suggester = build_suggester(title_summary(1, "eega", people="Nani"))
    suggester.update([CatalogueRow(title_summary(1, "makkhi", people="Sudeep"), entry(1), "")])
    assert suggested_titles(suggester, "eeg") == []
    assert suggestion_texts(suggest(suggester, "nan")) == []
    assert suggested_titles(suggester, "makk") == ["makkhi"]
    assert suggestion_texts(suggest(suggester, "sud")) == ["Sudeep"]


def test_a_title_with_the_same_names_gets_its_new_popularity() -> None:
    suggester = build_suggester(
        (title_summary(1, "vikram"), entry(1, 0.9)), (title_summary(2, "vikrant"), entry(2, 0.5))
    )
    assert suggested_titles(suggester, "vik") == ["vikram", "vikrant"]
    summary = replace(title_summary(1, "vikram"), year=1986)
    suggester.update([CatalogueRow(summary, entry(1, 0.1, IN=0.0), "")])
    assert suggested_titles(suggester, "vik") == ["vikrant", "vikram"]
    assert summary in [each.subject for each in suggest(suggester, "vik")]


def test_a_removed_title_is_not_suggested() -> None:
    suggester = build_suggester(
        title_summary(1, "eega", people="Nani"), title_summary(2, "eeram", people="Nani")
    )
    suggester.remove([1, 77])
    assert suggested_titles(suggester, "ee") == ["eeram"]
    suggester.remove([2])
    assert suggest(suggester, "ee") == []
    assert suggest(suggester, "nani") == []


def test_many_updates_give_the_same_state_as_a_fresh_load() -> None:
    rng = random.Random(5)
    words = ["raja", "rani", "prema", "katha", "bahu", "sholay", "the", "godfather", "vijay"]
    titles: dict[int, tuple[TitleSummary, IndexEntry]] = {}
    updated = Suggester()
    for _ in range(60):
        changed: dict[int, tuple[TitleSummary, IndexEntry]] = {}
        for _ in range(rng.randint(0, 5)):
            number = rng.randint(1, 40)
            name = " ".join(rng.choices(words, k=rng.randint(1, 3)))
            people = ",".join(dict.fromkeys(rng.choices(words, k=2)))
            changed[number] = (
                title_summary(number, name, people=people),
                entry(number, rng.random()),
            )
        removed = [number for number in rng.sample(range(1, 41), 3) if number not in changed]
        titles.update(changed)
        for number in removed:
            titles.pop(number, None)
        updated.update([CatalogueRow(*pair, "") for pair in changed.values()])
        updated.remove(removed)
    loaded = build_suggester(*titles.values())
    for text in [word[:end] for word in words for end in (1, 3, 5)]:
        by_update, by_load = suggested_titles(updated, text), suggested_titles(loaded, text)
        assert sorted(by_update) == sorted(by_load), text
        all_by_update = set(suggestion_texts(suggest(updated, text)))
        assert all_by_update == set(suggestion_texts(suggest(loaded, text))), text


def test_a_load_replaces_all_titles() -> None:
    suggester = build_suggester(title_summary(1, "eega", people="Nani"))
    suggester.load([CatalogueRow(title_summary(2, "makkhi"), entry(2), "")])
    assert suggest(suggester, "eeg") == []
    assert suggest(suggester, "nan") == []
    assert suggested_titles(suggester, "makk") == ["makkhi"]


@given(st.text(max_size=80), st.integers(1, 5))
def test_any_text_is_answered(text: str, limit: int) -> None:
    suggester = build_suggester(
        title_summary(1, "eega", people="Nani"), title_summary(2, text or "x", people="Mani")
    )
    assert len(suggest(suggester, text, limit=limit)) <= limit


def test_unusual_texts_are_answered() -> None:
    suggester = build_suggester(
        title_summary(1, "eega"), title_summary(2, "\ud800"), title_summary(3, "😀 film")
    )
    for text in ("\ud800", "😀", "\x00", "ee\x00", "‮", "a" * 10_000, " ".join("ab" * 50), "", " "):
        suggest(suggester, text)
    assert suggested_titles(suggester, "fil") == ["😀 film"]
