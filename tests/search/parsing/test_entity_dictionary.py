import threading

from hypothesis import given
from hypothesis import strategies as st

from search.names.tokenizer import tokenize
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.person_index import NameMatchLevel
from vocabulary.name_folding import fold


def dictionary_of_titles(*names: str) -> EntityDictionary:
    """Titles are numbered from 1 in the order of their names."""
    made = EntityDictionary()
    for title_id, name in enumerate(names, 1):
        made.set_names(title_id, [fold(name)])
    return made


def dictionary_of_people(**people: int) -> EntityDictionary:
    """People, `_` for a space, and the number of their titles."""
    made = EntityDictionary()
    for person, count in people.items():
        for _ in range(count):
            made.set_names(len(made) + 1, ["name"], [person.replace("_", " ")])
    return made


def find_title(vocabulary: EntityDictionary, text: str) -> int | None:
    return vocabulary.find_title(tokenize(text))


def test_a_title_is_known_in_every_script_and_spelling() -> None:
    known = dictionary_of_titles("Baahubali", "The Family Man")
    assert [find_title(known, text) for text in ("bahubali", "బాహుబలి", "family man", "eega")] == [
        1,
        1,
        2,
        None,
    ]


def test_a_long_name_may_be_parted_otherwise_and_a_short_one_not() -> None:
    known = dictionary_of_titles("Lovestory", "Naan Ee")
    assert find_title(known, "love story") == 1
    assert find_title(known, "nani") is None


def test_the_best_known_of_equal_names_is_meant_and_the_one_written_so_before_it() -> None:
    known = EntityDictionary()
    known.set_names(1, ["kadal"], popularity=0.9)
    known.set_names(2, ["kadhal"], popularity=0.1)
    known.set_names(3, ["kadhal"], popularity=0.2)
    assert find_title(known, "kadhal") == 3


def test_the_beginning_before_a_subtitle_is_enough_for_a_likeness() -> None:
    known = EntityDictionary()
    known.set_names(1, [fold("K.G.F: Chapter 1")], popularity=0.7)
    known.set_names(2, [fold("K.G.F: Chapter 2")], popularity=0.8)
    assert known.find_title_loosely(tokenize("kgf")) == 2
    assert find_title(known, "kgf") is None


def test_a_name_with_a_letter_amiss_is_nearly_a_title() -> None:
    known = dictionary_of_titles("Thevar Magan")
    assert known.has_similar_title(tokenize("thevar makan"))
    assert not known.has_similar_title(tokenize("rajinikanth"))


def test_the_less_alike_a_name_the_better_known_it_has_to_be() -> None:
    known = dictionary_of_people(amitabh_bachchan=3, mani_ratnam=3, rakshit_shetty=1)
    likenesses = {
        text: [person.level for person in known.find_people(tokenize(text))]
        for text in (
            "amitabh bachchan",
            "amitab bachan",
            "maniratnam",
            "amitabh bachhen",
            "rakshit shetty",
            "rakshith shetti",
        )
    }
    assert likenesses == {
        "amitabh bachchan": [NameMatchLevel.EXACT],
        "amitab bachan": [NameMatchLevel.SAME_SOUND],
        "maniratnam": [NameMatchLevel.RESPACED],
        "amitabh bachhen": [NameMatchLevel.NEAR],
        "rakshit shetty": [NameMatchLevel.EXACT],
        "rakshith shetti": [],
    }


def test_an_update_replaces_names_and_people() -> None:
    known = EntityDictionary()
    known.set_names(1, ["enthiran"], ["rajinikanth"])
    known.set_names(1, ["robot"], ["aishwarya rai"])
    assert (find_title(known, "enthiran"), find_title(known, "robot")) == (None, 1)
    assert known.find_person("rajinikanth") is None
    assert [each.name for each in known.people_with_name_part(tokenize("rai")[0])] == [
        "aishwarya rai"
    ]


def test_a_title_without_names_leaves_nothing_behind() -> None:
    known = EntityDictionary()
    known.set_names(1, ["kgf chapter 1", "ಕೆಜಿಎಫ್"], ["yash", "srinidhi shetty"])
    known.set_names(1, ())
    known.set_names(2, ())
    assert len(known) == 0
    assert known.find_title_loosely(tokenize("kgf")) is None
    assert known.find_person("yash") is None
    assert known.count_titles_with_word(tokenize("chapter")[0]) == 0


def test_the_popularity_of_a_title_can_change_alone() -> None:
    known = dictionary_of_titles("Devdas", "Devdas")
    known.set_names(2, ["devdas"], popularity=0.5)
    assert find_title(known, "devdas") == 2
    known.set_names(1, ["devdas"], popularity=0.6)
    assert find_title(known, "devdas") == 1


names = st.lists(
    st.lists(st.text("aeikmnr", min_size=1, max_size=5), min_size=1, max_size=3).map(" ".join),
    max_size=3,
)


@given(st.lists(st.tuples(st.integers(1, 5), names, names), max_size=20), names)
def test_a_history_of_updates_is_as_its_last_state(
    history: list[tuple[int, list[str], list[str]]], asked: list[str]
) -> None:
    lived, fresh = EntityDictionary(), EntityDictionary()
    for title_id, titles, people in history:
        lived.set_names(title_id, titles, people)
    for title_id, (titles, people) in {each[0]: each[1:] for each in history}.items():
        fresh.set_names(title_id, titles, people)
    assert len(lived) == len(fresh)
    for text in [*asked, *(name for each in history for name in each[1] + each[2])]:
        words = tokenize(text)
        assert lived.find_title(words) == fresh.find_title(words)
        assert lived.find_title_loosely(words) == fresh.find_title_loosely(words)
        assert {each.name: each.title_ids for each in lived.find_people(words)} == {
            each.name: each.title_ids for each in fresh.find_people(words)
        }
        assert [lived.count_titles_with_word(word) for word in words] == [
            fresh.count_titles_with_word(word) for word in words
        ]


def test_readers_and_writers_do_not_disturb_each_other() -> None:
    known = dictionary_of_titles("Sholay")
    wrong: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert find_title(known, "sholay") == 1
                known.find_people(tokenize("amitabh bachchan"))
        except BaseException as error:
            wrong.append(error)
            raise

    def write() -> None:
        for number in range(2, 300):
            known.set_names(number, [f"title {number}"], ["amitabh bachchan", f"person {number}"])
            known.set_names(number, ())

    reader, writer = threading.Thread(target=read), threading.Thread(target=write)
    reader.start()
    writer.start()
    writer.join()
    done.set()
    reader.join()
    assert wrong == []
    assert len(known) == 1
