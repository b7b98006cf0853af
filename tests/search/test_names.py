import threading
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.names import fold
from search.names import NameIndex, trigrams


def index(*names: str) -> NameIndex:
    """Titles are numbered from 1 in the order of their names."""
    made = NameIndex()
    for title_id, name in enumerate(names, 1):
        made.update(title_id, [fold(name)])
    return made


def found(names: NameIndex, text: str) -> list[int]:
    return [match.title_id for match in names.match(fold(text))]


def test_a_whole_name_comes_first_and_at_full_strength() -> None:
    names = index("Drishyam 2", "Drishyam", "Drishya")
    best = names.match(fold("DRISHYAM"))[0]
    assert (best.title_id, best.strength) == (2, 1.0)


def test_titles_of_the_same_name_are_all_found() -> None:
    assert found(index("Devdas", "Pather Panchali", "Devdas"), "devdas") == [1, 3]


def test_a_native_name_is_found() -> None:
    assert found(index("Eega", "ఈగ"), "ఈగ") == [2]


@pytest.mark.parametrize("typed", ["baa", "baahu", "Baahubali", "baahubali the b"])
def test_a_long_name_is_found_from_three_letters_on(typed: str) -> None:
    names = index("Baahubali: The Beginning", "Magadheera")
    assert found(names, typed) == [1]


def test_a_longer_name_never_ties_with_the_very_name() -> None:
    names = index("Ha ha", "Ha")  # the same trigrams
    assert next(iter(names.match("ha"))).strength == 1.0
    assert found(names, "ha")[0] == 2


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("magadhera", "Magadheera"),
        ("nayagan", "Nayakan"),
        ("kantaara", "Kantara"),
        ("shole", "Sholay"),
        ("full house", "House Full"),
    ],
)
def test_a_name_is_found_in_another_spelling(typed: str, meant: str) -> None:
    names = index("Arjun Reddy", meant, "Super Deluxe", "Bangalore Days")
    matches = names.match(fold(typed))
    assert [match.title_id for match in matches] == [2]
    assert matches[0].strength < 1


def test_names_that_share_little_are_not_found() -> None:
    assert found(index("The Lunchbox", "The Godfather"), "the shining") == []


@pytest.mark.parametrize(
    "text", ["", "   ", "\0", "!!!", "\u200f", "🎬", "'; DROP TABLE title; --"]
)
def test_odd_texts_find_nothing_and_harm_nothing(text: str) -> None:
    names = index("Eega")
    assert names.match(text) == []
    assert found(names, "eega") == [1]


def test_a_title_is_found_by_each_of_its_names_once() -> None:
    names = NameIndex()
    names.update(7, ["eega", "makkhi", "naan ee", "ఈగ"])
    assert [[match.title_id for match in names.match(name)] for name in ("makkhi", "ఈగ")] == [
        [7],
        [7],
    ]


def test_an_update_replaces_names() -> None:
    names = index("Robot")
    names.update(1, ["enthiran"])
    assert (found(names, "robot"), found(names, "enthiran")) == ([], [1])


def test_a_title_without_names_is_forgotten() -> None:
    names = index("Eega", "Eega")
    names.update(1, ())
    assert found(names, "eega") == [2]
    assert found(names, "eeg") == [2]


def test_the_same_names_again_change_nothing() -> None:
    names = index("Eega")
    for _ in range(100):
        names.update(1, ["eega", "eega"])
    assert len(names._slots) == 1
    assert found(names, "eega") == [1]


def test_the_most_alike_come_first_within_the_limit() -> None:
    names = index(*(f"Singam {number}" for number in range(100)), "Singam")
    matches = names.match("singam", limit=10)
    assert len(matches) == 10
    assert matches[0].title_id == 101
    assert [match.strength for match in matches] == sorted(
        (match.strength for match in matches), reverse=True
    )


def test_readers_and_writers_do_not_disturb_each_other() -> None:
    names = index("Sholay")
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert found(names, "sholay") == [1]
                names.match("title")
        except BaseException as error:
            wrong.append(error)
            raise

    def write(start: int) -> None:
        for number in range(start, start + 300):
            names.update(number, [f"title {number}"])
            names.update(number, [f"title {number} again"])

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
    assert found(names, "title 1299 again")[0] == 1299


words = st.text("abcde", min_size=1, max_size=6)
phrases = st.lists(words, min_size=1, max_size=4).map(" ".join)


@given(st.lists(st.tuples(st.integers(1, 8), st.lists(phrases, max_size=3)), max_size=30), phrases)
def test_a_history_of_updates_is_as_its_last_state(
    history: list[tuple[int, list[str]]], asked: str
) -> None:
    lived = NameIndex()
    for title_id, given_names in history:
        lived.update(title_id, given_names)
    fresh = NameIndex()
    for title_id, given_names in dict(history).items():
        fresh.update(title_id, given_names)
    assert lived.match(asked) == fresh.match(asked)


@given(st.lists(phrases, min_size=1, max_size=20), st.data())
def test_every_name_and_every_beginning_of_it_is_found(
    given_names: list[str], data: st.DataObject
) -> None:
    names = index(*given_names)
    chosen = data.draw(st.sampled_from(range(len(given_names))))
    name = fold(given_names[chosen])
    assert {match.title_id: match.strength for match in names.match(name)}[chosen + 1] == 1.0
    beginning = name[: data.draw(st.integers(3, max(3, len(name))))].strip()
    if len(beginning) >= 3:
        assert chosen + 1 in found_ids(names, beginning)


def found_ids(names: NameIndex, folded: str) -> Iterable[int]:
    return {match.title_id for match in names.match(folded)}


@given(st.lists(phrases, max_size=20), phrases)
def test_strengths_are_shares_of_a_name(given_names: list[str], asked: str) -> None:
    folded = fold(asked)
    for match in index(*given_names).match(folded):
        assert 0 < match.strength <= 1
        assert (match.strength == 1) == (fold(given_names[match.title_id - 1]) == folded)


def test_trigrams_are_padded_by_word() -> None:
    assert trigrams("ab c") == ["  a", " ab", "ab ", "  c", " c "]
