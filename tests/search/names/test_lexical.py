import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.names.lexical import NO_LABELS, LexicalIndex, NameField, NameLabels
from vocabulary.name_folding import fold

MIN_NAME_STRENGTH = 0.6
"""What a text has to reach to pass for a name."""


def lexical_index(*names: str) -> LexicalIndex:
    """Titles are numbered from 1 in the order of their names."""
    built = LexicalIndex()
    for title_id, name in enumerate(names, 1):
        built.set_labels(title_id, NameLabels(names=[fold(name)]))
    return built


def matched_ids(lexical: LexicalIndex, text: str) -> list[int]:
    return [match.title_id for match in lexical.match(fold(text))]


OTHERS = ["Arjun Reddy", "Super Deluxe", "Bangalore Days", "Love", "Robot", "96", "Don", "Kali"]


def test_a_whole_name_comes_first_with_full_strength() -> None:
    best = lexical_index("Drishyam 2", "Drishyam", "Drishya").match(fold("DRISHYAM"))[0]
    assert (best.title_id, best.strength, best.covers_query) == (2, 1.0, True)


@pytest.mark.parametrize(
    "name", ["K.G.F: Chapter 2", "Ocean’s 8", "Léon", "सी.आई.डी.", "2.0", "!!!"]
)
def test_an_unfolded_name_is_an_exact_match(name: str) -> None:
    assert [match.strength for match in lexical_index(name).match(f" {name} ")] == [1.0]


def test_titles_of_the_same_name_are_all_found() -> None:
    assert matched_ids(lexical_index("Devdas", "Pather Panchali", "Devdas"), "devdas") == [1, 3]


def test_the_more_popular_of_equal_names_comes_first() -> None:
    lexical = LexicalIndex()
    lexical.set_labels(1, NameLabels(names=["devdas"], popularity=0.2))
    lexical.set_labels(2, NameLabels(names=["devdas"], popularity=0.9))
    assert matched_ids(lexical, "Devdas") == [2, 1]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("magadhera", "Magadheera"),
        ("nayagan", "Nayakan"),
        ("kantaara", "Kantara"),
        ("shole", "Sholay"),
        ("full house", "House Full"),
        ("fullhouse", "Full House"),
        ("bahu bali", "Baahubali: The Beginning"),
        ("beginning baahubali", "Baahubali: The Beginning"),
        ("jimy", "Jimmy"),
        ("vzana", "Vaana"),
        ("kazbaa", "Kabzaa"),
        ("spuari", "Supari"),
        ("jindagi na milagi dobra", "Zindagi Na Milegi Dobara"),
        ("kgf 2", "K.G.F: Chapter 2"),
        ("kgf2", "K.G.F: Chapter 2"),
        ("three idiots", "3 Idiots"),
        ("3 idiots", "Three Idiots"),
        ("ninety six", "96"),
        ("2.0", "2.0"),
        ("bahubali ii", "Baahubali 2: The Conclusion"),
        ("బాహుబలి", "Baahubali: The Beginning"),
        ("பாகுபலி", "Baahubali: The Beginning"),
        ("ബാഹുബലി", "Baahubali: The Beginning"),
        ("थ्री इडियट्स", "3 Idiots"),
        ("మిస్టర్ పర్ఫెక్ట్", "Mr. Perfect"),
        ("जेलर", "Jailer"),
        ("మజిలీ", "Majili"),
        ("சூரரைப் போற்று", "Soorarai Pottru"),
    ],
)
def test_a_name_is_found_in_another_spelling(typed: str, meant: str) -> None:
    matches = lexical_index(*OTHERS[:5], meant).match(fold(typed))
    assert matches[0].title_id == 6
    assert matches[0].strength > MIN_NAME_STRENGTH
    assert [match.title_id for match in matches if match.strength > MIN_NAME_STRENGTH] == [6]


@pytest.mark.parametrize("typed", ["baa", "baahu", "Baahubali", "baahubali the b", "బాహు"])
def test_a_long_name_is_found_by_its_first_three_letters(typed: str) -> None:
    assert matched_ids(lexical_index("Baahubali: The Beginning", "Magadheera"), typed) == [1]


@pytest.mark.parametrize(
    "described",
    [
        "a man reborn as a housefly",
        "love story of two dogs",
        "a robot falls in love with a girl",
        "sad movies like 96",
        "don who kills the man that killed his father",
        "prema katha lo oka ammayi",
        "एक आदमी जो मक्खी बन जाता है",
    ],
)
def test_a_description_does_not_match_names(described: str) -> None:
    lexical = lexical_index(
        *OTHERS, "Reborn", "Man", "A", "I", "House", "Two", "Kill", "Prema Katha Chitram"
    )
    assert [
        match for match in lexical.match(fold(described)) if match.strength > MIN_NAME_STRENGTH
    ] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("Love", "Lava"), ("Don", "Dan"), ("96", "69"), ("I", "Oy"), ("Drishyam 2", "Drishyam 3")],
)
def test_short_names_and_numbers_must_match_exactly(one: str, other: str) -> None:
    assert [
        each.strength for each in lexical_index(one).match(fold(other)) if each.strength > 0.75
    ] == []


def test_a_person_and_a_character_find_their_titles() -> None:
    lexical = LexicalIndex()
    lexical.set_labels(
        1, NameLabels(names=["enthiran"], people=["rajinikanth"], characters=["chitti"])
    )
    lexical.set_labels(2, NameLabels(names=["petta"], people=["rajinikanth"]))
    assert {match.field for match in lexical.match("rajnikanth")} == {NameField.PERSON}
    assert matched_ids(lexical, "ரஜினிகாந்த்") == [1, 2]
    assert [(each.title_id, each.field) for each in lexical.match("chitti")] == [
        (1, NameField.CHARACTER)
    ]


def test_titles_outrank_people_and_people_outrank_characters() -> None:
    lexical = LexicalIndex()
    lexical.set_labels(1, NameLabels(names=["x"], characters=["chaplin"]))
    lexical.set_labels(2, NameLabels(names=["y"], people=["chaplin"]))
    lexical.set_labels(3, NameLabels(names=["chaplin"]))
    assert matched_ids(lexical, "Chaplin") == [3, 2, 1]


def test_a_title_is_found_by_each_of_its_names_once() -> None:
    lexical = LexicalIndex()
    lexical.set_labels(7, NameLabels(names=["eega", "makkhi", "naan ee", "ఈగ"]))
    assert [matched_ids(lexical, name) for name in ("makkhi", "ఈగ")] == [[7], [7]]


def test_an_update_replaces_names() -> None:
    lexical = lexical_index("Robot")
    lexical.set_labels(1, NameLabels(names=["enthiran"]))
    assert (matched_ids(lexical, "robot"), matched_ids(lexical, "enthiran")) == ([], [1])


def test_a_title_without_labels_is_removed() -> None:
    lexical = lexical_index("Eega", "Eega")
    lexical.set_labels(1, NO_LABELS)
    assert (matched_ids(lexical, "eega"), matched_ids(lexical, "eeg")) == ([2], [2])


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\0", "!!!", "\u200f", "🎬", "'; DROP TABLE title; --", "\ud800", "்", "9" * 99],
)
def test_unusual_texts_find_nothing(text: str) -> None:
    lexical = lexical_index("Eega")
    assert lexical.match(text) == []
    assert matched_ids(lexical, "eega") == [1]


@pytest.mark.parametrize("text", ["a" * 10_000, "eega " * 2_000, "క్" * 5_000, "(((" * 3_000])
def test_only_the_beginning_of_a_huge_text_is_matched(text: str) -> None:
    lexical = lexical_index("Eega")
    lexical.set_labels(2, NameLabels(names=[text]))
    assert all(0 < match.strength <= 1 for match in lexical.match(text))


def test_the_rows_that_share_most_come_first() -> None:
    lexical = lexical_index(*(f"Singam {number}" for number in range(100)), "Singam")
    matches = lexical.match("singam", limit=10)
    assert len(matches) == 10
    assert matches[0].title_id == 101
    strengths = [match.strength for match in matches]
    assert strengths == sorted(strengths, reverse=True)


def test_reads_and_writes_may_be_concurrent() -> None:
    lexical = lexical_index("Sholay")
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert matched_ids(lexical, "sholay") == [1]
                lexical.match("title")
        except BaseException as error:
            wrong.append(error)
            raise

    def write(start: int) -> None:
        for number in range(start, start + 200):
            lexical.set_labels(number, NameLabels(names=[f"title {number}"]))
            lexical.set_labels(number, NameLabels(names=[f"title {number} again"]))

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(start,)) for start in (1000, 2000)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert matched_ids(lexical, "title 1199 again")[0] == 1199


words = st.text("abcdeé ഈగ", min_size=1, max_size=6)
phrases = st.lists(words, min_size=1, max_size=4).map(" ".join).map(fold).filter(bool)


@given(st.lists(st.tuples(st.integers(1, 8), st.lists(phrases, max_size=3)), max_size=20), phrases)
def test_updates_give_the_same_state_as_a_fresh_index(
    history: list[tuple[int, list[str]]], query: str
) -> None:
    updated, last = LexicalIndex(), dict(history)
    for title_id, names in history:
        updated.set_labels(title_id, NameLabels(names=names))
    fresh = LexicalIndex()
    for title_id, names in last.items():
        fresh.set_labels(title_id, NameLabels(names=names))
    assert exact_match_ids(updated, query) == exact_match_ids(fresh, query)
    assert {match.title_id for match in updated.match(query)} <= {
        title_id for title_id, names in last.items() if names
    }


def exact_match_ids(lexical: LexicalIndex, query: str) -> Sequence[int]:
    return [match.title_id for match in lexical.match(query) if match.strength == 1]


@given(st.lists(phrases, min_size=1, max_size=20), st.data())
def test_every_name_is_found_as_the_strongest_match(names: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names))
    for match in lexical_index(*names).match(name):
        assert 0 < match.strength <= 1
        assert (match.strength == 1) == (fold(names[match.title_id - 1]) == name)
